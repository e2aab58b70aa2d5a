import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.js';
import { openapi } from '../../../src/server/api/openapi.js';
import { OPERATIONS } from '../../../src/server/api/operations.js';
import { PROBLEMS } from '../../../src/server/api/problem.js';
import { ROOT } from '../../plan/root.js';
import { planFile } from '../../support/plan-file.js';
import { Shell, until } from '../../support/shell.js';
import { findFaults } from './check-json.js';
import { ask, type Live, type Reply, startLive } from './live.js';

type Json = { [key: string]: Json };

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 300ms
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`;

describe('the API by its OpenAPI file', () => {
  const document = openapi() as unknown as Json;
  let sandbox: Sandbox;
  let live: Live;
  let shell: Shell;
  const called = new Set<string>();
  before(async () => {
    sandbox = await startSandbox();
    shell = new Shell(sandbox.consulAddress);
    live = await startLive(sandbox, '--anonymous-actions --id c1');
    await shell.run(`start ${planFile(PLAN)}`);
    await until('the first pause', async () => (await shell.json('status payments')).phase === 'Paused');
  });
  after(async () => {
    await live.stop();
    await sandbox.stop();
  });

  /** Calls an operation and holds its answer against the document. */
  async function call(id: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const { method, path: template } = OPERATIONS.find((one) => one.id === id)!;
    called.add(id);
    const reply = await ask(live.address + path, { method: method.toUpperCase(), ...init });
    const { status, body, text } = reply;
    const type = (reply.headers.get('content-type') ?? '').split(';')[0]!;
    const described = document.paths![template]![method]!.responses![status];
    expect(described, `${id} may not answer ${status}: ${text}`).to.be.an('object');
    const { $ref, ...schema } = (described!.content?.[type]?.schema ?? {}) as Json & { $ref?: string };
    const whole = $ref === undefined ? schema : document.components!.schemas!.Problem!;
    if (status !== 304) expect(findFaults(body, whole), text).to.deep.equal([]);
    return reply;
  }

  const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const path = (action: string): string => `/v1/rollouts/payments/actions/${action}`;
  const tag = async (): Promise<string> => (await call('readRollout', '/v1/rollouts/payments')).headers.get('etag')!;

  it('is the checked-in configs/openapi.json (when it is not: node dist/test/server/api/print.js > configs/openapi.json)', () => {
    expect(readFileSync(join(ROOT, 'configs', 'openapi.json'), 'utf8')).to.equal(`${JSON.stringify(document, null, 2)}\n`);
  });

  it('is served as it is', async () => {
    expect(await (await fetch(`${live.address}/v1/openapi.json`)).json()).to.deep.equal(document);
  });

  it('lists', async () => {
    const { body } = await call('listRollouts', '/v1/rollouts');
    expect(body.items).to.have.length(1);
    expect(body.items[0]).to.include({ service: 'payments', phase: 'Paused', attention: 'person' });
    expect(body.counts).to.include({ all: 1, person: 1, idle: 0 });
    expect((await call('listRollouts', '/v1/rollouts?colour=red')).status).to.equal(400);
    expect((await call('listRollouts', '/v1/rollouts?next_token=zzz')).status).to.equal(400);
  });

  it('reads one, as status -o json prints it', async () => {
    const { body, headers } = await call('readRollout', '/v1/rollouts/payments');
    const status = await shell.json('status payments');
    for (const key of ['service', 'rollout', 'phase', 'reason', 'message', 'step', 'plan', 'by', 'startedAt', 'modifyIndex'])
      expect(body[key], key).to.deep.equal(status[key]);
    expect(headers.get('etag')).to.equal(`"${status.modifyIndex}"`);
    expect(body.steps.map(({ text }: { text: string }) => text)).to.include('pause until a person resumes');
    const again = await call('readRollout', '/v1/rollouts/payments', { headers: { 'if-none-match': headers.get('etag')! } });
    expect(again.status).to.equal(304);
    expect((await call('readRollout', '/v1/rollouts/nobody')).status).to.equal(404);
  });

  it('reads the log, as history -o json prints it', async () => {
    const { body } = await call('readHistory', '/v1/rollouts/payments/history');
    expect(body).to.deep.equal(await shell.json('history payments'));
    expect((await call('readHistory', '/v1/rollouts/payments/history?rollout=none')).status).to.equal(404);
  });

  it('reads the freeze', async () => {
    expect((await call('readFreeze', '/v1/freeze')).body.frozen).to.equal(false);
    await shell.run('freeze on --reason holidays');
    await until('the controller hears', async () => (await call('readFreeze', '/v1/freeze')).body.frozen);
    expect((await call('readFreeze', '/v1/freeze')).body).to.include({ by: 'dana', reason: 'holidays' });
    await shell.run('freeze off');
  });

  it('refuses a step up in a freeze with the reason, and what would do it all the same', async () => {
    await shell.run('freeze on --reason holidays');
    for (const [action, body] of [
      ['promote', {}],
      ['promote', { full: true }],
      ['resume', {}],
    ] as const) {
      const refused = await call(action, path(action), post(body, { 'if-match': '*' }));
      expect([refused.status, refused.body.type, refused.body.detail]).to.deep.equal([
        409,
        '/problems/not-now',
        'payments is frozen by dana (holidays)',
      ]);
      expect(refused.body.next).to.match(/^splitter freeze off {3}or {3}splitter (promote|resume) payments.* --force /);
    }
    const forced = await call('resume', path('resume'), post({ force: true }, { 'if-match': await tag() }));
    expect(forced.body.message).to.equal('resumed by somebody (page) (by force: frozen by dana (holidays))');
    await until('50 %', async () => (await shell.json('status payments')).canary.weight.stored === 50);
    await shell.run('freeze off');
    await until('the next pause', async () => (await shell.json('status payments')).phase === 'Paused');
    expect((await shell.run('abort payments')).code).to.equal(0);
    expect((await shell.run(`start ${planFile(PLAN)}`)).code).to.equal(0);
    await until('the first pause', async () => (await shell.json('status payments')).phase === 'Paused');
  });

  it('says what a token is good for', async () => {
    expect((await call('readSelf', '/v1/self')).body.acts).to.equal(true);
  });

  it('acts: resume, pause, promote, abort, undo', async () => {
    expect((await call('resume', path('resume'), post({}, { 'if-match': await tag() }))).body.changed).to.equal(true);
    await until('50 %', async () => (await shell.json('status payments')).canary.weight.stored === 50);
    await until('the next pause', async () => (await shell.json('status payments')).phase === 'Paused');
    const paused = await call('pause', path('pause'), post({}, { 'if-match': await tag() }));
    expect(paused.body).to.include({ changed: false });
    const full = await call('promote', path('promote'), post({ full: true }, { 'if-match': await tag() }));
    expect(full.status).to.equal(200);
    await until('the promotion', async () => (await shell.json('status payments')).phase === 'Promoted');
    expect((await call('pause', path('pause'), post({}, { 'if-match': await tag() }))).body.next).to.equal(
      'splitter ramp payments --to 10',
    );
    expect((await call('abort', path('abort'), post({}))).status).to.equal(409);
    expect((await call('undo', path('undo'), post({}, { 'if-match': await tag() }))).body.changed).to.equal(true);
    await until('it is undone', async () => (await shell.json('status payments')).phase === 'Reverted');
    expect((await call('undo', path('undo'), post({}, { 'if-match': await tag() }))).body.changed).to.equal(false);
    expect((await call('abort', '/v1/rollouts/nobody/actions/abort', post({}))).status).to.equal(404);
    expect((await call('retry', '/v1/rollouts/nobody/actions/retry', post({}, { 'if-match': '*' }))).status).to.equal(404);
    expect((await shell.json('history payments')).rollouts[0].entries.at(-2).by).to.equal('somebody (page)');
  });

  it('begins a reverted rollout anew, and no other', async () => {
    const before = await shell.json('status payments');
    expect(before.phase).to.equal('Reverted');
    const again = await call('retry', path('retry'), post({}, { 'if-match': await tag() }));
    expect(again.body).to.include({ changed: true });
    expect(again.body.message).to.match(/^begun anew by somebody \(page\); last time: /);
    expect(again.body.rollout.rollout).to.not.equal(before.rollout);
    expect(again.body.rollout.by).to.equal('somebody (page)');
    await until(
      'the controller drives it to its first pause',
      async () => (await shell.json('status payments')).phase === 'Paused',
    );
    const under = await call('retry', path('retry'), post({}, { 'if-match': await tag() }));
    expect([under.status, under.body.next]).to.deep.equal([409, 'splitter resume payments']);
    expect((await call('retry', path('retry'), post({}, { 'if-match': '"1"' }))).status).to.equal(412);
    await call('abort', path('abort'), post({}));
  });

  it('reads the plans that were applied, page by page', async () => {
    expect((await call('readPlan', '/v1/plans/payments')).status).to.equal(404);
    expect((await shell.run(`apply ${planFile(PLAN)}`)).code).to.equal(0);
    const kept = (key: string): string => `${sandbox.consulAddress}/v1/kv/splitter/plans/${key}`;
    const applied = await (await fetch(`${kept('payments')}?raw=true`)).text();
    for (const service of ['web-a', 'web-b'])
      await fetch(kept(service), { method: 'PUT', body: applied.replaceAll('"payments"', `"${service}"`) });
    await until('the list is read anew', async () => (await call('listPlans', '/v1/plans')).body.items.length === 3);
    const first = (await call('listPlans', '/v1/plans?per_page=2')).body;
    expect(first.items.map(({ service }: { service: string }) => service)).to.deep.equal(['payments', 'web-a']);
    const rest = (await call('listPlans', `/v1/plans?per_page=2&next_token=${first.next_token}`)).body;
    expect([rest.items.map(({ service }: { service: string }) => service), rest.next_token]).to.deep.equal([['web-b'], null]);
    expect((await call('listPlans', '/v1/plans?prefix=web-')).body.items).to.have.length(2);
    expect((await call('listPlans', '/v1/plans?next_token=zzz')).status).to.equal(400);
    const { body } = await call('readPlan', '/v1/plans/payments');
    expect(body.plan).to.include({ service: 'payments', stable: 'blue', bake: '300ms' });
    expect(body.plan.steps[0]).to.deep.equal({ weight: 10 });
    expect(body.digest).to.equal(first.items[0].digest);
  });

  it('reads what Consul holds', async () => {
    const { body } = await call('readEntries', '/v1/rollouts/payments/entries');
    const kept = await (await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`)).json();
    expect(body.entries['service-splitter']).to.deep.equal(kept);
    expect(body.entries['service-resolver'].Subsets).to.have.keys('blue', 'green');
    expect(body.entries['service-router']).to.equal(null);
    expect(body.chain).to.include({ ServiceName: 'payments', Datacenter: 'dc1' });
    expect((await call('readEntries', '/v1/rollouts/nobody/entries')).status).to.equal(404);
  });

  for (const [what, action, init, status, type] of [
    ['no If-Match', 'pause', post({}), 428, 'no-index'],
    ['an old If-Match', 'promote', post({}, { 'if-match': '"1"' }), 412, 'stale'],
    ['an unknown key', 'promote', post({ fully: true }, { 'if-match': '*' }), 400, 'malformed'],
    ['no JSON', 'abort', { body: '{', headers: { 'content-type': 'application/json' } }, 400, 'malformed'],
    ['a form', 'abort', { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'not-json'],
    ['text', 'abort', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'not-json'],
    ['17 KB', 'abort', post({ x: 'x'.repeat(17_000) }), 413, 'too-large'],
    ['a page of another origin', 'abort', post({}, { origin: 'http://evil.example' }), 403, 'foreign-origin'],
    ['a page of a sibling', 'abort', post({}, { 'sec-fetch-site': 'same-site' }), 403, 'foreign-origin'],
  ] as const)
    it(`refuses ${what} with ${status}`, async () => {
      const { status: got, body } = await call(action, path(action), init as RequestInit);
      expect([got, body.type, body.title]).to.deep.equal([status, `/problems/${type}`, PROBLEMS[type][1]]);
      if (type === 'stale') expect(body.rollout.service).to.equal('payments');
    });

  it('follows events', async () => {
    called.add('followEvents');
    const stop = new AbortController();
    const answer = await fetch(`${live.address}/v1/events`, { signal: stop.signal });
    expect(answer.headers.get('content-type')).to.match(/^text\/event-stream/);
    stop.abort();
  });

  it('and nothing was left out', () => {
    expect([...called].sort()).to.deep.equal(OPERATIONS.map(({ id }) => id).sort());
  });
});

describe('docs/page-and-api.md', () => {
  it('names every problem with its status, and no other', () => {
    const page = readFileSync(join(ROOT, 'docs', 'page-and-api.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `/problems/'));
    const named = rows.flatMap((row) => {
      const statuses = row.split('|')[2]!.split(',').map(Number);
      return [...row.split('|')[1]!.matchAll(/\/problems\/([\w-]+)/g)].map(([, id], i) => [id!, statuses[i] ?? statuses[0]]);
    });
    expect(Object.fromEntries(named)).to.deep.equal(
      Object.fromEntries(Object.entries(PROBLEMS).map(([id, [status]]) => [id, status])),
    );
  });
});
