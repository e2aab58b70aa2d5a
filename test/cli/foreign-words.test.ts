import { expect } from 'chai';
import { CommandError, explainError } from '../../src/cli/exit.js';
import { describeDrives } from '../../src/cli/who-drives.js';
import { ConsulError } from '../../src/consul/errors.js';
import { statusOf } from '../../src/core/status.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { liveLines } from '../../src/view/live.js';
import { plainLine } from '../../src/view/plain.js';
import { renderStatus } from '../../src/view/status.js';
import { oneLine, PLAIN } from '../../src/view/style.js';
import { Shell } from '../support/shell.js';
import { makePlan, makeRollout, makeSeen, NOON } from '../support/world.js';

/** Clears the screen, sets the title, and forges a line. */
const EVIL = '\u001b[2J\u001b]0;x\u0007\u009b2Jevil\r\nError: forged\n\tx';
const FORGED = /^\s*(Error: forged|x)/m;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const driver = { id: 'x', kind: EVIL as 'ramp', host: EVIL, pid: 1, by: EVIL, since: NOON, beat: NOON };
const rollout = makeRollout(10, {
  id: EVIL,
  by: EVIL,
  message: EVIL,
  stable: EVIL,
  canary: `2${EVIL}`,
  plan: EVIL,
  driver: EVIL,
});
const plan = makePlan();
const seen = makeSeen(rollout);

describe('words of others', () => {
  const shown: Readonly<Record<string, string>> = {
    'who drives': describeDrives({ kind: 'foreground', driver }),
    'the controller that drives': describeDrives({ kind: 'controller', id: EVIL, members: [] }),
    'what Consul said': explainError(new ConsulError('rejected', EVIL, ''), '').text,
    status: renderStatus(
      statusOf({ service: 'payments', rollout, seen, now: NOON, plan: { plan, source: EVIL }, driver: undefined }),
      PLAIN,
      NOON,
    ),
    'the live view': liveLines({ plan, rollout, seen, why: EVIL, wakeAt: NOON, now: NOON }, EVIL, {
      style: PLAIN,
      columns: 200,
    }).join('\n'),
    'a plain line': plainLine({ plan, rollout, seen, why: EVIL, now: NOON, changed: true }).line,
  };
  for (const [where, text] of Object.entries(shown))
    it(`${where}: move no cursor and forge no line`, () => {
      expect(text).to.include('evil');
      expect([CONTROLS.test(text), FORGED.test(text)], JSON.stringify(text)).to.deep.equal([false, false]);
    });

  it('an error keeps its own lines, and an unforeseen one its stack, without control characters', () => {
    const hint = 'one\n       two';
    expect(explainError(new CommandError('a\u001b[2J', hint), '').text).to.equal(`Error: a?[2J\n  -> ${hint}\n`);
    const bug = explainError(new Error('a\u001b[2J'), '').text;
    expect([CONTROLS.test(bug), bug.split('\n').length > 3]).to.deep.equal([false, true]);
  });

  it('one line is one line', () => expect(oneLine('a\nb\tc\rd')).to.equal('a b c?d'));
});

describe('words of others, on the sandbox', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 0 });
  });
  afterEach(() => sandbox.stop());
  const call = async (method: string, path: string, body: unknown): Promise<unknown> =>
    (await fetch(`${sandbox.consulAddress}/v1${path}`, { method, body: JSON.stringify(body) })).json();

  it('the holder of a lock is named without its escapes', async () => {
    const { ID } = (await call('PUT', '/session/create', { Name: 'other', TTL: '60s', Behavior: 'delete' })) as { ID: string };
    const holder = { ...driver, kind: 'ramp', host: `far${EVIL}`, beat: Date.now(), since: Date.now() };
    await call('PUT', `/kv/splitter/drivers/payments?acquire=${ID}`, holder);
    const beating = setInterval(() => {
      void call('PUT', `/kv/splitter/drivers/payments?acquire=${ID}`, { ...holder, beat: Date.now() });
    }, 200);
    const { code, err } = await new Shell(sandbox.consulAddress)
      .run('ramp payments --to 10')
      .finally(() => clearInterval(beating));
    expect([code, CONTROLS.test(err), FORGED.test(err)], JSON.stringify(err)).to.deep.equal([1, false, false]);
    expect(err).to.match(/payments is driven already: ramp of .*evil.* on far.*evil/);
  });
}).timeout(30_000);
