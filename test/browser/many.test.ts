import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { splitterEntry } from '../../src/core/entries.js';
import type { Rollout, State } from '../../src/core/rollout.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type Live, startLive } from '../server/api/live.js';
import { registerInCatalog } from '../support/catalog-services.js';
import { makeRollout } from '../support/world.js';
import { launch, openPage } from './browser.js';

describe('the page with what others wrote, in Chromium', function () {
  this.timeout(60_000);
  let browser: Browser;
  let sandbox: Sandbox;
  let live: Live;
  before(async () => {
    browser = await launch();
  });
  after(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 10 });
    await put({ Kind: 'proxy-defaults', Name: 'global', Config: { protocol: 'http' } });
  });
  afterEach(async () => {
    await live.stop();
    await sandbox.stop();
  });

  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${sandbox.consulAddress}${path}`, { method, body: JSON.stringify(body) });

  async function put(entry: object): Promise<void> {
    const answer = await ask('PUT', '/v1/config', entry);
    if (answer.status !== 200) throw new Error(await answer.text());
  }

  async function putRollout(service: string, change: Partial<Rollout>): Promise<void> {
    const Subsets = { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'Service.Meta.version == "3"' } };
    await put({ Kind: 'service-resolver', Name: service, Subsets });
    const rollout = makeRollout(10, change);
    await put(splitterEntry(undefined, service, rollout.asked, rollout));
  }

  it('1,000 rollouts: few nodes, pages, filters, and those that need a person first', async () => {
    const done: State = { phase: 'Promoted', reason: 'BakePassed', step: 4 };
    const paused: State = { phase: 'Paused', reason: 'Operator', step: 1 };
    for (let i = 0; i < 1_000; i++) {
      const state = i % 100 === 0 ? paused : done;
      await putRollout(`service-${String(i).padStart(4, '0')}`, { state, message: 'as it was left' });
    }
    live = await startLive(sandbox, '--anonymous-actions');
    const { page, errors } = await openPage(browser, live.address);
    await page.locator('.counter', { hasText: 'All 1000' }).waitFor();
    expect(await page.locator('.rows li').count()).to.equal(50);
    expect(await page.evaluate('document.querySelectorAll("*").length')).to.be.lessThan(5_000);
    expect(await page.locator('.rows li').first().innerText()).to.match(/Paused/);
    await page.locator('.counter.person', { hasText: '10' }).click();
    await page.locator('.rows li').nth(9).waitFor();
    expect(await page.locator('.rows li').count()).to.equal(10);
    expect(page.url()).to.match(/attention=person/);
    await page.locator('.counter.all').click();
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'First page' }).waitFor();
    await page.getByLabel('Service begins with').fill('service-0999');
    await page.getByRole('link', { name: 'service-0999' }).waitFor();
    expect(await page.locator('.rows li').count()).to.equal(1);
    expect(errors).to.deep.equal([]);
    await page.context().close();
  });

  it('text of others never becomes markup, however it is spelt', async () => {
    const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>';
    const names = ['<img src=x onerror=window.pwned=3>', 'javascript:window.pwned=4', "a'b&amp;<b>c</b>"];
    for (const service of names) {
      // Only where somebody of stable is there may it be taken back.
      await registerInCatalog({ api: ask }, service);
      await putRollout(service, {
        message: evil,
        by: '</span><svg onload=window.pwned=5>',
        driver: `controller:"><iframe srcdoc="x">`,
        state: { phase: 'Paused', reason: 'Operator', step: 1 },
      });
    }
    live = await startLive(sandbox, '--anonymous-actions');
    const { page, errors } = await openPage(browser, live.address);
    for (const service of names) {
      await page.goto(`${live.address}/#/`);
      await page.getByRole('link', { name: service, exact: true }).click();
      await page.locator('.verdict', { hasText: evil }).waitFor();
      expect(await page.getByRole('heading', { level: 1 }).innerText()).to.equal(service);
      expect(await page.locator('main img, main svg, main iframe, main b b, main script').count()).to.equal(0);
      await page.getByRole('button', { name: 'Abort', exact: true }).click();
      expect(await page.getByRole('dialog').innerText()).to.include(service);
      await page.keyboard.press('Escape');
    }
    expect(await page.evaluate('window.pwned')).to.equal(undefined);
    expect(errors).to.deep.equal([]);
    await page.context().close();
  });
});
