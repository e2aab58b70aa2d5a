import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Federation, register, startFederation, startMetrics } from './federation.js';
import { endSplitters, startSplitter } from './program.js';

const SERVICE = 'payments';
const PLAN = `service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }]
`;

describe('two datacenters that share their entries, and a third that does not', () => {
  let wan: Federation;
  let shell: Shell;
  let metrics: { readonly address: string; stop(): void } | undefined;
  before(async function () {
    this.timeout(120_000);
    wan = await startFederation();
    shell = new Shell(wan.first.address);
    await wan.first.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: SERVICE, Protocol: 'http' });
    await register(wan.first, { service: SERVICE, version: '2' });
    await register(wan.first, { service: SERVICE, version: '3' });
    await register(wan.second, { service: SERVICE, version: '2' });
    // Had it the same entries, it would stand in the way.
    await register(wan.stranger, { service: SERVICE, version: '2' });
    metrics = await startMetrics(SERVICE, { blue: 100 });
    const proxy = {
      Upstreams: [{ DestinationName: SERVICE, LocalBindPort: 9191 }],
      Config: { envoy_prometheus_bind_addr: metrics.address },
    };
    await register(wan.second, { service: 'shop', version: '1', proxy });
  });
  after(async () => {
    endSplitters();
    metrics?.stop();
    await wan?.stop();
  });
  afterEach(async () => {
    endSplitters();
    await shell.run(`abort ${SERVICE}`);
  });
  const status = () => shell.json(`status ${SERVICE}`);
  const stored = async (): Promise<number | null | undefined> => (await status()).canary?.weight.stored;
  /** Read without asking the other datacenter, which may not answer. */
  const share = async (): Promise<number | undefined> =>
    (await wan.first.api<Splitter>('GET', `/v1/config/service-splitter/${SERVICE}`))?.Splits.find(
      ({ ServiceSubset }) => ServiceSubset === 'green',
    )?.Weight;
  const green = () => register(wan.second, { service: SERVICE, version: '3' });
  const noGreen = () => wan.second.api('PUT', `/v1/agent/service/deregister/${SERVICE}-3`);

  it('refuses a ramp where one has no canary, says so everywhere, and finds the callers of both', async () => {
    const refusal = 'green has no passing sidecar in dc2, where blue has';
    const ramp = await shell.run(`ramp ${SERVICE} --to 50`);
    expect([ramp.code, ramp.err], ramp.err).to.satisfy(
      ([code, said]: [number, string]) => code === 1 && said.includes(refusal) && said.includes('datacenters: [dc1] in the plan'),
    );
    expect(await wan.first.api('GET', `/v1/config/service-splitter/${SERVICE}`)).to.equal(undefined);
    const doctor = await shell.run(`doctor ${SERVICE}`);
    expect(doctor.code).to.equal(1);
    expect(doctor.out)
      .to.include(refusal)
      .and.to.match(/callers +1 of 1 callers can be read/);
    const plan = await shell.run(`plan ${planFile(PLAN)}`);
    expect(plan.err).to.include(refusal);
  });

  it('goes on where the plan leaves that one out, and the record says so', async () => {
    const file = planFile(`${PLAN}datacenters: [dc1]\n`);
    const ramp = startSplitter(wan.first.address, `ramp ${SERVICE} --plan ${file} --to 10 --signal none`);
    await until('10 %', async () => (await stored()) === 10);
    const { datacenters } = await status();
    expect(datacenters).to.deep.equal([site('dc1', true, 1, 1), site('dc2', false, 1, 0)]);
    expect((await shell.run(`history ${SERVICE}`)).out).to.include('dc2 is left out by the plan');
    expect((await shell.run(`status ${SERVICE}`)).out).to.match(/dc2 +stable 1\/0\/0 +canary 0\/0\/0 +left out by the plan/);
    expect(ramp.output()).not.to.include('Error');
  });

  it('holds while what one runs is not known, goes on when it is, and reverts when that one has lost its canary', async () => {
    await green();
    const ramp = startSplitter(wan.first.address, `ramp ${SERVICE} --to 20 --by 10 --every 2s --signal none --hold 60s`);
    await until('10 %', async () => (await stored()) === 10);
    process.kill(wan.second.pid, 'SIGSTOP');
    await until('it is told', () => /dc2 .*is not known: no answer within 3 s/.test(ramp.output()));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await share()).to.equal(10);
    process.kill(wan.second.pid, 'SIGCONT');
    await until('20 %', async () => (await share()) === 20);
    await noGreen();
    expect(await ramp.exit, ramp.output()).to.equal(3);
    expect((await status()).message).to.equal('no instance of green is left in dc2 while it had 20% of the traffic');
  });

  it('is refused at an agent of the secondary, with where to go; only a revert works from there', async () => {
    await green();
    startSplitter(wan.first.address, `ramp ${SERVICE} --to 10 --signal none --hold 60s`);
    await until('10 %', async () => (await stored()) === 10);
    const there = new Shell(wan.second.address);
    for (const line of [`ramp ${SERVICE} --to 20`, 'run --listen 127.0.0.1:0']) {
      const refused = await there.run(line);
      expect([refused.code, refused.err], line).to.satisfy(
        ([code, said]: [number, string]) => code === 1 && /dc2 takes its config entries from dc1/.test(said),
      );
    }
    const back = await there.run(`abort ${SERVICE}`);
    expect(back.code, back.err).to.equal(0);
    expect([await stored(), (await status()).phase]).to.deep.equal([0, 'Reverted']);
  });

  it('is refused while the servers of one are down', async () => {
    await wan.second.kill();
    const ramp = await shell.run(`ramp ${SERVICE} --to 50`);
    expect([ramp.code, ramp.err]).to.satisfy(
      ([code, said]: [number, string]) => code === 1 && said.includes('what runs in dc2 is not known: its servers do not answer'),
    );
    expect((await shell.run(`status ${SERVICE}`)).out).to.match(/dc2 .*not known now: its servers do not answer/);
  });
});

interface Splitter {
  readonly Splits: readonly { readonly ServiceSubset: string; readonly Weight: number }[];
}

function site(name: string, counts: boolean, stable: number, canary: number) {
  const of = (passing: number) => ({ instances: { passing, warning: 0, critical: 0 } });
  return { name, counts, unread: null, stable: of(stable), canary: of(canary) };
}
