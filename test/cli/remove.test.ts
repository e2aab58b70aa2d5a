import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { Shell, until } from '../support/shell.js';

const PLAN = `service: payments
protocol: http
subsets: { blue: { version: auto }, green: { version: auto } }
steps: [{ weight: 10 }, { pause: {} }, { weight: 100 }]
bake: 1s
`;

describe('splitter remove', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  const config = async (kind: string, name = 'payments'): Promise<Record<string, unknown> | undefined> => {
    const answer = await fetch(`${sandbox.consulAddress}/v1/config/${kind}/${name}`);
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
  };
  const write = (entry: object): Promise<Response> =>
    fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) });
  const failures = (): number => Object.values(sandbox.stats()).reduce((sum, one) => sum + one.failures, 0);
  const promote = async (): Promise<void> => {
    await shell.run('apply -', PLAN);
    expect((await shell.run('ramp payments --to 100 --bake 1s')).code).to.equal(0);
  };

  it('takes away what apply and a rollout have made, in an order that fails no request, and forgets the plan', async () => {
    await promote();
    sandbox.stopInstances('2');
    const dry = await shell.run('remove payments --dry-run');
    expect([dry.code, dry.out.match(/^ +\d\. .*/gm)?.map((line) => line.replace(/:.*/, ''))]).to.deep.equal([
      0,
      ['  1. ~ service-resolver/payments', '  2. - service-splitter/payments', '  3. - service-resolver/payments'],
    ]);
    expect((await config('service-splitter'))?.Name).to.equal('payments');
    const { code, err } = await shell.run('remove payments');
    expect(code, err).to.equal(0);
    expect(err).to.match(
      /service-resolver\/payments changed, service-splitter\/payments deleted, service-resolver\/payments deleted/,
    );
    expect(err).to.match(/plan \(-\) is forgotten/);
    expect([await config('service-splitter'), await config('service-resolver')]).to.deep.equal([undefined, undefined]);
    expect((await config('service-defaults'))?.Protocol).to.equal('http');
    expect((await shell.run('start payments')).err).to.match(/no plan was applied/);
    expect((await shell.run('history payments')).code).to.equal(0);
    expect(failures()).to.equal(0);
    for (const verb of ['abort', 'undo']) {
      const late = await shell.run(`${verb} payments`);
      expect([late.code, /has no service-splitter, so no rollout/.test(late.err)], verb).to.deep.equal([1, true]);
    }
    expect(await config('service-splitter')).to.equal(undefined);
    const again = await shell.run('remove payments');
    expect([again.code, /Nothing to do/.test(again.err)]).to.deep.equal([0, true]);
  });

  it('refuses while a rollout is under way, and while other versions serve that users would then reach', async () => {
    await shell.run('ramp payments --to 20 --no-hold');
    const before = await config('service-splitter');
    const under = await shell.run('remove payments');
    expect([under.code, /is under way \(Paused\)/.test(under.err)]).to.deep.equal([1, true]);
    await shell.run('abort payments');
    const mixed = await shell.run('remove payments');
    expect(mixed.code).to.equal(1);
    expect(mixed.err).to.match(
      /2 instances serve beside blue \(3\): without the split users reach them too\. Nothing was written/,
    );
    expect((await config('service-splitter'))?.CreateIndex).to.equal(before?.CreateIndex);
    const forced = await shell.run('remove payments --force -o json');
    expect(forced.code, forced.err).to.equal(0);
    expect(
      JSON.parse(forced.out).removed.map(({ entry, what }: { entry: string; what: string }) => `${entry} ${what}`),
    ).to.deep.equal(['service-splitter/payments deleted', 'service-resolver/payments deleted']);
  });

  it('leaves what others have set, and refuses where others use it', async () => {
    await promote();
    sandbox.stopInstances('2');
    const { CreateIndex: _, ModifyIndex: __, Hash: ___, ...resolver } = (await config('service-resolver'))!;
    const subsets = resolver.Subsets as object;
    await write({
      ...resolver,
      ConnectTimeout: '7s',
      Subsets: { ...subsets, old: { Filter: 'Service.Meta.version == "1"' } },
    });
    await write({ Kind: 'service-defaults', Name: 'shop', Protocol: 'http' });
    await write({
      Kind: 'service-router',
      Name: 'shop',
      Routes: [{ Match: { HTTP: { PathPrefix: '/pay' } }, Destination: { Service: 'payments', ServiceSubset: 'green' } }],
    });
    const used = await shell.run('remove payments');
    expect([used.code, /service-router\/shop sends traffic to subsets of payments by name/.test(used.err)]).to.deep.equal([
      1,
      true,
    ]);
    await fetch(`${sandbox.consulAddress}/v1/config/service-router/shop`, { method: 'DELETE' });
    expect((await shell.run('remove payments')).code).to.equal(0);
    const left = await config('service-resolver');
    expect([left?.ConnectTimeout, Object.keys(left?.Subsets as object), left?.DefaultSubset]).to.deep.equal([
      '7s',
      ['old'],
      undefined,
    ]);
    expect(await config('service-splitter')).to.equal(undefined);
  });

  it('refuses entries that are not splitter’s', async () => {
    await write({ Kind: 'service-resolver', Name: 'payments', Subsets: { v2: { Filter: 'Service.Meta.version == "2"' } } });
    const split = { Kind: 'service-splitter', Name: 'payments', Splits: [{ Weight: 100, ServiceSubset: 'v2' }] };
    await write(split);
    const unmarked = await shell.run('remove payments');
    expect([unmarked.code, /was not written by splitter/.test(unmarked.err)]).to.deep.equal([1, true]);
    await write({ ...split, Meta: { 'external-source': 'kubernetes' } });
    expect((await shell.run('remove payments')).code).to.equal(1);
    expect((await config('service-splitter'))?.Splits).to.deep.equal([{ Weight: 100, ServiceSubset: 'v2' }]);
  });

  it('asks a person first, and takes only yes for yes', async () => {
    await promote();
    sandbox.stopInstances('2');
    const no = await shell.asked(async () => 'no').run('remove payments');
    expect([no.code, (await config('service-splitter')) !== undefined]).to.deep.equal([1, true]);
    const yes = await shell.asked(async () => 'yes').run('remove payments');
    expect([yes.code, await config('service-splitter')]).to.deep.equal([0, undefined]);
  });

  it('leaves nothing behind that a next adoption would trip over', async () => {
    await promote();
    sandbox.stopInstances('2');
    expect((await shell.run('remove payments')).code).to.equal(0);
    const { code, err } = await shell.run('apply -', PLAN);
    expect([code, /applied: 2 entries written, plan kept/.test(err)], err).to.deep.equal([0, true]);
    await until('the split is there', async () => (await config('service-splitter')) !== undefined);
    expect((await config('service-resolver'))?.Subsets).to.deep.equal({
      blue: { Filter: 'Service.Meta.version == "3"' },
      green: { Filter: 'not (Service.Meta.version == "3")' },
    });
  });
}).timeout(60_000);
