import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type Live, startLive } from '../server/api/live.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { launch, openPage, type Watched } from './browser.js';

const plan = (steps: string): string =>
  planFile(`
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
bake: 1h
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`);
const PAUSED = '[{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]';

describe('the page, in Chromium', function () {
  this.timeout(60_000);
  let browser: Browser;
  let sandbox: Sandbox;
  let shell: Shell;
  let live: Live;
  let watched: Watched;
  let page: Page;
  before(async () => {
    browser = await launch();
  });
  after(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    sandbox = await startSandbox();
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(async () => {
    await page.context().close();
    await live.stop();
    await sandbox.stop();
  });

  async function open(flags = '--anonymous-actions', path = '', options = {}, env = {}): Promise<void> {
    live = await startLive(sandbox, flags, env);
    watched = await openPage(browser, `${live.address}/${path}`, options);
    page = watched.page;
  }
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const phase = async (): Promise<string> => (await shell.json('status payments')).phase;
  /** Waits until the page shows it, without a reload. */
  const sees = (text: string | RegExp): Promise<void> => page.locator('.verdict').filter({ hasText: text }).waitFor();

  it('shows a ramp from its start to its revert, without a reload', async () => {
    await open();
    await page.getByText('No rollout yet').waitFor();
    await shell.run(`start ${plan('[{ weight: 10 }, { pause: 1h }, { weight: 100 }]')}`);
    const row = page.getByRole('link', { name: 'payments' });
    await row.click();
    await sees(/Progressing.*10% on green/s);
    await page.locator('[aria-current=step]', { hasText: /^pause 1h/ }).waitFor();
    await page.locator('.signals li', { hasText: /none of [1-9]\d* requests failed/ }).waitFor();
    await page.locator('.weights tr', { hasText: /green “3”10%10%\d/ }).waitFor();
    // The weights, the one signal of the plan, and the requests that nobody answered.
    await until('the charts are drawn', async () => (await page.locator('.chart canvas').count()) === 3);
    sandbox.setBehaviour('3', { errorRate: 0.5 });
    await sees(/Reverted/);
    await page.locator('.weights tr', { hasText: /green “3”0%0%/ }).waitFor();
    await page
      .locator('.decisions tr', { hasText: /Revert(?:ing|ed)\s*SignalFailed/ })
      .first()
      .waitFor();
    await page.locator('#alarm', { hasText: /payments: Revert/ }).waitFor({ state: 'attached' });
    expect(await page.locator('.verdict').innerText()).to.match(/SignalFailed/);
    expect(watched.errors).to.deep.equal([]);
  });

  it('draws a signal against its bound with its band, and tells the same as a table', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    const errors = page.locator('.signals li', { hasText: 'line: errors' });
    const chart = errors.locator('.chart');
    await chart.locator('canvas').waitFor();
    expect(await errors.locator('.key').innerText()).to.equal(
      'line: errors; dashed: its bound; shaded: where the truth lies, 99% sure',
    );
    await until('the band is drawn', async () => {
      const inked = await chart.evaluate((place) => {
        const canvas = (place as unknown as { querySelector(name: string): unknown }).querySelector('canvas') as {
          width: number;
          height: number;
          getContext(kind: string): { getImageData(...of: readonly number[]): { data: readonly number[] } };
        };
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        // The canary's colour, washed out as the band is: 181, 71, 8.
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i + 3]! > 10 && data[i + 3]! < 80 && data[i]! > data[i + 2]! + 80) count++;
        return count;
      });
      return inked > 100;
    });
    await page.keyboard.press('t');
    const row = page.locator('.signals .scrolls tbody tr').first();
    await row.waitFor();
    expect(await row.innerText()).to.match(/\d%\s+[\d.]+\.\.[\d.]+%\s+[1-9]\d*/);
    expect(await page.locator('canvas').count()).to.equal(0);
    expect(await button('Tables').getAttribute('aria-pressed')).to.equal('true');
    expect(watched.errors).to.deep.equal([]);
  });

  it('tries a reverted rollout again, after asking', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    await shell.run('abort payments');
    await sees('Reverted');
    const before = (await shell.json('status payments')).rollout;
    await button('Retry…').click();
    const dialog = page.getByRole('dialog', { name: 'Try payments again?' });
    expect(await dialog.innerText()).to.match(/green “3” is tried again from the first step.*aborted by dana/s);
    expect(await dialog.innerText()).to.include('splitter retry payments');
    await button('Retry now').click();
    await page.locator('.actions .done', { hasText: /Retry: begun anew by somebody/ }).waitFor();
    await sees(/Paused.*10% on green/s);
    const after = await shell.json('status payments');
    expect([after.rollout === before, after.by]).to.deep.equal([false, 'somebody (page)']);
    expect(watched.errors).to.deep.equal([]);
  });

  it('shows what Consul holds, as text whatever it is, and again after each write', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    const url = `${sandbox.consulAddress}/v1/config/service-defaults/payments`;
    const entry = (await (await fetch(url)).json()) as object;
    const evil = { ...entry, Meta: { note: '<img src=x onerror="window.ran=true">' } };
    await fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(evil) });
    expect(watched.urls.filter((one) => one.endsWith('/entries'))).to.deep.equal([]);
    await page.locator('.raw > summary').click();
    const part = (name: string): Locator => page.locator('.raw details', { hasText: name });
    await part('service-defaults').locator('summary').click();
    expect(await part('service-defaults').innerText()).to.include('<img src=x onerror=');
    expect(await page.evaluate('window.ran === true || document.querySelectorAll("main img").length > 0')).to.equal(false);
    await part('discovery chain').locator('summary').click();
    expect(await part('discovery chain').innerText()).to.match(/"ServiceName": "payments"/);
    expect(await page.locator('.raw', { hasText: 'service-router there is none' }).count()).to.equal(1);
    await part('service-splitter').locator('summary').click();
    expect(await part('service-splitter').innerText()).to.include('"Weight": 10');
    await button('Resume').click();
    await part('service-splitter').filter({ hasText: '"Weight": 50' }).waitFor();
    expect(watched.errors).to.deep.equal([]);
  });

  it('every button does what it says, and asks before it is grave', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    await button('Resume').click();
    await sees(/50% on green/);
    await sees('Paused');
    await button('Next step').click();
    await sees('Baking');
    await button('Pause').click();
    await sees('Paused');
    await button('Abort').click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).to.match(/blue “2” gets all traffic now; 100% moves back from green “3”/);
    await button('Cancel').click();
    expect(await phase()).to.equal('Paused');
    await button('Abort').click();
    await dialog.waitFor();
    await page.keyboard.press('Enter');
    await sees(/Reverted/);
    expect((await shell.json('status payments')).reason).to.equal('Aborted');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    await button('Promote all…').click();
    expect(await dialog.innerText()).to.match(/Skipped: pause until a person resumes; weight 50%/);
    const confirm = dialog.locator('input[name=confirm]');
    if (await confirm.isVisible()) await confirm.fill('payments');
    await button('Promote all').click();
    await sees('Promoted');
    await button('Undo…').click();
    expect(await dialog.innerText()).to.match(/from green “3” to blue “2”/);
    await button('Undo now').click();
    await sees(/Undone/);
    await until('it is undone', async () => (await phase()) === 'Reverted');
    expect(watched.errors).to.deep.equal([]);
  });

  it('weights that somebody else wrote are adopted or put back', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    const url = `${sandbox.consulAddress}/v1/config/service-splitter/payments`;
    for (const [name, stored] of [
      ['Put ours back', 10],
      ['Adopt their weights', 30],
    ] as const) {
      const entry = (await (await fetch(url)).json()) as { Splits: object };
      const Splits = [
        { Weight: 70, ServiceSubset: 'blue' },
        { Weight: 30, ServiceSubset: 'green' },
      ];
      await fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify({ ...entry, Splits }) });
      await sees('Drift');
      await button(name).click();
      await until(name, async () => (await shell.json('status payments')).canary.weight.stored === stored);
      await sees(/PauseStep/);
    }
  });

  it('without a token it reads only; with one it acts as its owner, and keeps it to itself', async () => {
    const [own, mine, reader] = ['controllers-own', 'dana-may-write', 'only-reads'];
    await shell.run(`ramp payments --to 10 --no-hold`);
    sandbox.faults.tokens = { [own]: 'write', [mine]: 'write', [reader]: 'read' };
    await open('', '#/rollouts/payments', {}, { CONSUL_HTTP_TOKEN: own });
    await sees('Paused');
    await page.getByText('Reading only: use a Consul token').waitFor();
    expect(await page.locator('.actions').innerText()).to.include('splitter abort payments');
    expect(await button('Abort').count()).to.equal(0);
    const use = async (token: string): Promise<void> => {
      await page.locator('.top button').first().click();
      await page.locator('input[name=token]').fill(token);
      await page.keyboard.press('Enter');
    };
    await use('nonsense');
    await page.getByRole('dialog').getByText('Consul does not know this token').waitFor();
    await button('Cancel').click();
    await use(reader);
    await page.locator('.who', { hasText: 'acting as may read' }).waitFor();
    await button('Abort').click();
    await button('Abort now').click();
    await page.locator('.actions .trouble', { hasText: `lacks permission 'service:write' on "payments"` }).waitFor();
    await use(mine);
    await page.locator('.who', { hasText: 'acting as may write' }).waitFor();
    await button('Abort').click();
    await button('Abort now').click();
    await sees('Reverted');
    const kept = await page.evaluate('JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])');
    const everything = [kept, ...watched.urls, live.log(), await page.content()].join('\n');
    for (const token of [own, mine, reader, 'nonsense']) expect(everything).to.not.include(token);
  });

  it('says that the connection is lost, keeps what it knew, and catches up when it is back', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    await page.locator('[data-link=live]').waitFor();
    await live.stop();
    await page.locator('[data-link=lost]').waitFor();
    await page.getByText(/Connection lost: this is as of/).waitFor();
    expect(await page.locator('.verdict').innerText()).to.match(/10% on green/);
    expect(await button('Resume').isDisabled()).to.equal(true);
    expect(await button('Abort').isDisabled()).to.equal(false);
    await button('Abort').click();
    await button('Abort now').click();
    await page
      .locator('.actions .trouble', {
        hasText: /no answer came: it is not known whether this was done.*\s+splitter abort payments/,
      })
      .waitFor();
    await shell.run('abort payments');
    const port = new URL(live.address).port;
    const running = shell.start(`run --anonymous-actions --listen 127.0.0.1:${port}`);
    live = {
      ...live,
      stop: async () => {
        running.interrupt();
        await running.done;
      },
    };
    await page.locator('[data-link=live]').waitFor();
    await sees(/Reverted/);
  });

  it('a button on an old page does nothing but show what is new', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    await page.route('**/actions/resume', async (route) => {
      await shell.run('pause payments');
      await shell.run('resume payments');
      await route.continue();
    });
    await button('Resume').click();
    await page.locator('.actions .trouble', { hasText: /moved on since you looked/ }).waitFor();
    await sees(/50% on green/);
  });

  it('says that it does not know when an answer is lost, though the action was done', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan(PAUSED)}`);
    await sees('Paused');
    await page.route('**/actions/resume', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await button('Resume').click();
    await page
      .locator('.actions .trouble', {
        hasText: /not known whether this was done. Look at the state.*\s+splitter status payments/,
      })
      .waitFor();
    await sees(/50% on green/);
  });

  it('takes a hold back when the freeze ends, and tells the date of one that ends another day', async () => {
    await open('--anonymous-actions', '#/rollouts/payments');
    await shell.run(`start ${plan('[{ weight: 10 }, { pause: 1h }, { weight: 100 }]')}`);
    await sees(/Progressing.*10% on green|Paused/s);
    const [year, midnight] = [new Date().getFullYear() + 1, (y: number) => new Date(y, 0, 3).toISOString()];
    await shell.run(`freeze on --reason holidays --until ${midnight(year)}`);
    await page.locator('.frozen', { hasText: new RegExp(`until .*${year}.*, 00:00:00`) }).waitFor();
    await button('Next step').click();
    await page.locator('.held', { hasText: 'frozen by dana' }).waitFor();
    await shell.run('freeze off');
    await page.getByText('not frozen').waitFor();
    await page.locator('.held').waitFor({ state: 'detached' });
  });

  it('drops a token that Consul knows no more, says so, and does not ask again and again', async () => {
    const [own, mine] = ['controllers-own', 'dana-may-write'];
    sandbox.faults.tokens = { [own]: 'write', [mine]: 'write' };
    await open('--read-auth', '', {}, { CONSUL_HTTP_TOKEN: own });
    await page.locator('.lost-bar', { hasText: 'Refused: reading takes a Consul token here' }).waitFor();
    await button('Use a Consul token').click();
    await page.locator('input[name=token]').fill(mine);
    await page.keyboard.press('Enter');
    await page.locator('[data-link=live]').waitFor();
    await live.stop();
    await page.locator('[data-link=lost]').waitFor();
    sandbox.faults.tokens = { [own]: 'write' };
    const asked = (): number => watched.urls.filter((url) => url.includes('/v1/events')).length;
    const controller = new Shell(sandbox.consulAddress, { CONSUL_HTTP_TOKEN: own });
    const running = controller.start(`run --read-auth --listen 127.0.0.1:${new URL(live.address).port}`);
    live = {
      ...live,
      stop: async () => {
        running.interrupt();
        await running.done;
      },
    };
    await page.locator('.lost-bar', { hasText: /^Refused: .*The token is dropped/ }).waitFor();
    await page.locator('[data-link=refused]').waitFor();
    await page.locator('.who', { hasText: 'reading only' }).waitFor();
    const before = asked();
    await page.clock.install();
    await page.clock.fastForward(20_000);
    await page.locator('[data-link=refused]').waitFor();
    expect(asked()).to.equal(before);
  });

  it('comes back when it is told to, where too many wrong tokens came', async () => {
    let refusals = 0;
    live = await startLive(sandbox, '--anonymous-actions');
    watched = await openPage(browser, 'about:blank');
    page = watched.page;
    await page.clock.install();
    await page.route('**/v1/events*', async (route) => {
      if (++refusals > 1) return route.continue();
      const body = JSON.stringify({ type: '/problems/too-many-refusals', title: 't', status: 429, detail: 'too many tokens' });
      const headers = { 'retry-after': '60', 'content-type': 'application/problem+json' };
      return route.fulfill({ status: 429, body, headers });
    });
    await page.goto(`${live.address}/`);
    await page.locator('.lost-bar', { hasText: 'Refused: too many tokens' }).waitFor();
    await page.clock.fastForward(50_000);
    await page.locator('[data-link=refused]').waitFor();
    expect(refusals).to.equal(1);
    await page.clock.fastForward(11_000);
    await page.locator('[data-link=live]').waitFor();
    expect(await page.locator('.lost-bar').count()).to.equal(0);
  });

  it('gives a stream up that is silent for too long, and opens another', async () => {
    live = await startLive(sandbox, '--anonymous-actions');
    watched = await openPage(browser, 'about:blank');
    page = watched.page;
    await page.clock.install();
    await page.goto(`${live.address}/`);
    await page.locator('[data-link=live]').waitFor();
    const asked = (): number => watched.urls.filter((url) => url.includes('/v1/events')).length;
    const before = asked();
    await page.clock.fastForward(45_000);
    await until('another stream', () => asked() > before);
    await page.locator('[data-link=live]').waitFor();
  });

  it('shows a freeze as soon as there is one', async () => {
    await open();
    await page.getByText('not frozen').waitFor();
    await shell.run('freeze on --reason holidays');
    await page.locator('.frozen', { hasText: 'frozen by dana: holidays' }).waitFor();
    await shell.run('freeze off');
    await page.getByText('not frozen').waitFor();
  });

  it('asks nobody but its own server, and runs no script but its own', async () => {
    await shell.run('ramp payments --to 10 --no-hold');
    await open();
    await page.getByRole('link', { name: 'payments' }).click();
    await sees('Paused');
    const hosts = new Set(
      watched.urls
        .map((url) => new URL(url))
        .filter(({ protocol }) => protocol !== 'data:')
        .map(({ origin }) => origin),
    );
    expect([...hosts]).to.deep.equal([live.address]);
    const headers = (await fetch(live.address)).headers;
    expect(headers.get('content-security-policy')).to.match(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-security-policy')).to.not.include('unsafe');
    expect(watched.errors).to.deep.equal([]);
    const ran = await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      return window.ran === true;
    })()`);
    expect(ran).to.equal(false);
    const etag = headers.get('etag')!;
    expect((await fetch(live.address, { headers: { 'if-none-match': etag } })).status).to.equal(304);
  });

  it('is worked by the keyboard alone', async () => {
    await shell.run('ramp payments --to 10 --no-hold');
    await open();
    await page.getByRole('link', { name: 'payments' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('x');
    await page.getByText('Nothing here.').waitFor();
    await page.keyboard.press('Backspace');
    await page.getByRole('link', { name: 'payments' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await sees('Paused');
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Take payments back?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await phase()).to.equal('Paused');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByLabel('single keys act').uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('a');
    expect(await page.getByRole('dialog').count()).to.equal(0);
  });

  it('has a name and a role for everything that acts or tells', async () => {
    await shell.run('ramp payments --to 10 --no-hold');
    await open('--anonymous-actions', '#/rollouts/payments');
    await sees('Paused');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).to.equal('payments');
    for (const name of ['Traffic', 'Signals', 'Steps', 'Instances', 'Decisions', 'Raw'])
      expect(await page.getByRole('region', { name, exact: true }).count(), name).to.equal(1);
    expect(await page.locator('.chart').first().getAttribute('aria-hidden')).to.equal('true');
    await button('Tables').click();
    expect(await page.locator('.scrolls table').count()).to.be.at.least(1);
    const nameless = await page.evaluate(
      `[...document.querySelectorAll('button, a, input')].filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length)).length`,
    );
    expect(nameless).to.equal(0);
    expect(await page.locator('[role=status]').count()).to.equal(1);
    await page.goto(`${live.address}/#/`);
    expect(await page.locator('.bar').getAttribute('aria-label')).to.match(/^green has 10%, observed /);
  });

  for (const dark of [false, true])
    it(`fits a phone of 360 pixels, ${dark ? 'dark' : 'light'}`, async () => {
      await shell.run('ramp payments --to 10 --no-hold');
      await open('--anonymous-actions', '', { width: 360, height: 740, dark });
      const fits = async (): Promise<void> => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(360);
      };
      await page.getByRole('link', { name: 'payments' }).waitFor();
      await fits();
      await page.getByRole('link', { name: 'payments' }).click();
      await sees('Paused');
      await fits();
      const box = await button('Abort').boundingBox();
      expect(box!.height).to.be.at.least(48);
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).to.equal(dark ? 'rgb(15, 20, 25)' : 'rgb(255, 255, 255)');
    });
});
