import { expect } from 'chai';
import { versionFilter } from '../../src/core/versions.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
protocol: http
subsets:
  v2: { version: "2" }
  v3: { version: "3" }
stable: v2
steps:
  - weight: 10
`;

describe('who is stable, on the command line', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 0 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  const put = async (entry: object): Promise<void> => {
    const answer = await fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) });
    expect(answer.status, await answer.text()).to.equal(200);
  };
  const resolver = (change: object = {}, filters: Readonly<Record<string, string>> = {}) =>
    put({
      Kind: 'service-resolver',
      Name: 'payments',
      Subsets: Object.fromEntries(
        Object.entries({ v2: versionFilter('2'), v3: versionFilter('3'), ...filters }).map(([name, Filter]) => [
          name,
          { Filter },
        ]),
      ),
      ...change,
    });
  const splitter = (...Splits: object[]) => put({ Kind: 'service-splitter', Name: 'payments', Splits });
  const splits = async (): Promise<Record<string, number>> => {
    const answer = await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`);
    const { Splits } = (await answer.json()) as { Splits: { Weight?: number; Service?: string; ServiceSubset?: string }[] };
    return Object.fromEntries(Splits.map((leg) => [leg.ServiceSubset || leg.Service || '', leg.Weight ?? 0]));
  };

  it('a canary finished by hand is no canary: start, ramp, plan and doctor refuse, and each hint leads out', async () => {
    await resolver({ DefaultSubset: 'v2' });
    await splitter({ Weight: 0, ServiceSubset: 'v2' }, { Weight: 100, ServiceSubset: 'v3' });
    const said =
      /all users are on v3 already \(service-splitter\/payments gives it all the traffic\), and the plan calls v2 stable/;
    for (const line of [
      'start - --foreground',
      'plan -',
      'plan - -o json',
      'plan - --detailed-exitcode',
      'doctor payments --plan -',
      'ramp payments --plan - --to 20',
    ]) {
      const { code, out, err } = await shell.run(line, PLAN);
      expect([code, said.test(out + err), /No changes/.test(out)], line).to.deep.equal([1, true, false]);
    }
    expect((await shell.run('ramp payments --to 20')).err).to.match(/calls v2 its default subset/);
    expect(await splits()).to.deep.equal({ v2: 0, v3: 100 });
    const stays = await shell.run('ramp payments --to 10 --stable v3 --signal none');
    expect(stays.err).to.match(/canary v2 0% -> 10%/);
    expect(await splits()).to.deep.equal({ v2: 10, v3: 90 });
    await shell.run('abort payments');
    expect(await splits()).to.deep.equal({ v2: 0, v3: 100 });
  });

  it('and going back to what the default subset says is one command', async () => {
    await resolver({ DefaultSubset: 'v2' });
    await splitter({ Weight: 0, ServiceSubset: 'v2' }, { Weight: 100, ServiceSubset: 'v3' });
    const back = await shell.run('undo payments --to 2');
    expect([back.code, await splits()], back.err).to.deep.equal([0, { v2: 100, v3: 0 }]);
  });

  it('import drafts what the weights say, and tells that the default subset disagrees', async () => {
    await resolver({ DefaultSubset: 'v2' });
    await splitter({ Weight: 0, ServiceSubset: 'v2' }, { Weight: 100, ServiceSubset: 'v3' });
    const { code, out, err } = await shell.run('import payments');
    expect([code, /stable: v3/.test(out)]).to.deep.equal([0, true]);
    expect(err).to.match(/DefaultSubset is v2, but the splitter sends all traffic to v3/);
  });

  it('an order of versions is said before the first write; --stable goes against it', async () => {
    const told = await shell.run('ramp payments --to 10 --signal none --dry-run');
    expect(told.err).to.match(/^2 is stable since it is the older version; green is canary$/m);
    const other = await shell.run('ramp payments --to 10 --signal none --stable 3 --dry-run');
    expect(other.err).to.not.match(/older/);
    expect(other.out).to.match(/blue/);
    expect((await shell.run('ramp payments --to 10 --stable v9')).err).to.match(
      /has no such subset or version: blue \(2\), green \(3\)/,
    );
  });

  it('a leg to another service keeps its share through ramp, promotion and abort, and remove leaves it alone', async () => {
    await put({ Kind: 'service-defaults', Name: 'ledger', Protocol: 'http' });
    await resolver({ DefaultSubset: 'v2' });
    await splitter(
      { Weight: 80, RequestHeaders: { Set: { a: 'b' } } },
      { Weight: 10, ServiceSubset: 'v3' },
      { Weight: 10, Service: 'ledger' },
    );
    const ramped = await shell.run('ramp payments --to 30 --signal none');
    expect([await splits()], ramped.err).to.deep.equal([{ v2: 60, v3: 30, ledger: 10 }]);
    const shown = await shell.run('status payments');
    expect(shown.out, shown.out).to.match(/service ledger +10% +10% /);
    expect((await shell.run('promote payments --full')).code).to.equal(0);
    expect(await splits()).to.deep.equal({ v2: 0, v3: 90, ledger: 10 });
    expect((await shell.run('undo payments')).code).to.equal(0);
    expect(await splits()).to.deep.equal({ v2: 90, v3: 0, ledger: 10 });
    const removed = await shell.run('remove payments --force');
    expect([removed.code, removed.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && /sends traffic to another service \(service ledger 10%\)/.test(err),
    );
  });

  it('subsets that pick the same instances are refused where the mesh shows it', async () => {
    await resolver({}, { v3: 'Service.Meta.version != "9"' });
    await splitter({ Weight: 100, ServiceSubset: 'v2' }, { Weight: 0, ServiceSubset: 'v3' });
    for (const line of ['ramp payments --to 10', 'doctor payments']) {
      const { code, out, err } = await shell.run(line);
      expect(
        [code, /instances of v3 .*picked by v2 too: the version would be tried against itself/.test(out + err)],
        line,
      ).to.deep.equal([1, true]);
    }
    const text = await shell.run('validate -', PLAN.replace('version: "3"', 'filter: Service.Meta.version == 2'));
    expect([text.code, text.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 6 && /"v3" picks the same instances as "v2"/.test(err),
    );
  });
});
