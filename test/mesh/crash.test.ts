import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { LogEntry } from '../../src/core/history.js';
import { registerVersions } from '../support/crash-services.js';
import { type SeenState, watchEntry } from '../support/crash-watch.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { endSplitters, startSplitter } from './program.js';

const AT_ONCE = 3;
const RAMP = '--to 100 --by 50 --every 400ms --bake 400ms --signal none';

const plan = (service: string): string => `
service: ${service}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
route: { header: { name: x-canary, value: "1" } }
steps: [{ weight: 100 }]
`;

/** When the program is killed: as soon as Consul shows this write, or so long after its start. */
type Moment =
  | {
      readonly name: string;
      readonly kind: 'service-splitter' | 'service-resolver' | 'service-router';
      readonly when: (state: SeenState) => boolean;
    }
  | { readonly name: string; readonly after: number };

const MOMENTS: readonly Moment[] = [
  { name: 'the subsets', kind: 'service-resolver', when: () => true },
  { name: 'the first record', kind: 'service-splitter', when: () => true },
  { name: 'the route', kind: 'service-router', when: () => true },
  { name: 'the first weight', kind: 'service-splitter', when: ({ weights }) => weights[1] === 50 },
  { name: 'the pause', kind: 'service-splitter', when: ({ record }) => record?.state.step === 1 },
  { name: 'all traffic', kind: 'service-splitter', when: ({ weights }) => weights[1] === 100 },
  { name: 'the bake', kind: 'service-splitter', when: ({ record }) => record?.state.phase === 'Baking' },
  { name: 'the promotion', kind: 'service-splitter', when: ({ record }) => record?.state.phase === 'Promoting' },
  { name: 'the default subset', kind: 'service-resolver', when: ({ entry }) => entry.DefaultSubset === 'green' },
  { name: 'the last record', kind: 'service-splitter', when: ({ record }) => record?.state.phase === 'Promoted' },
  ...[500, 900, 1_300, 1_700, 2_100, 2_500].map((after) => ({ name: `${after} ms`, after })),
];

describe('the real program on a real Consul, killed with SIGKILL', () => {
  let consul: ConsulAgent;
  let shell: Shell;
  before(async () => {
    consul = await startConsulAgent();
    shell = new Shell(consul.address);
  });
  after(async () => {
    endSplitters();
    await consul?.stop();
  });

  it('right after each kind of write, and at six moments between: the next one goes on to the end', async () => {
    const waiting = MOMENTS.map((moment, i) => ({ moment, service: `payments-${i}` }));
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await killAt(next.service, next.moment);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  async function killAt(service: string, moment: Moment): Promise<void> {
    await registerVersions(consul, service);
    const seen = watchEntry(consul.address, 'service-splitter', service);
    const line = `ramp ${service} --plan ${planFile(plan(service))} ${RAMP}`;
    const ramp = startSplitter(consul.address, line);
    const kill = (): void => ramp.kill('SIGKILL');
    if ('kind' in moment) {
      const watch = watchEntry(consul.address, moment.kind, service, (state) => {
        if (moment.when(state)) kill();
      });
      await ramp.exit;
      await watch.stop();
    } else {
      await Promise.race([sleep(moment.after).then(kill), ramp.exit]);
      await ramp.exit;
    }
    const where = `killed at ${moment.name}`;
    await goOn(service, line, where);
    await seen.stop();
    const splitter = await consul.api<{ Meta: Record<string, string> }>('GET', `/v1/config/service-splitter/${service}`);
    expect([seen.states.at(-1)?.weights, splitter?.Meta['splitter-phase']], where).to.deep.equal([[0, 100], 'Promoted']);
    const resolver = await consul.api<{ DefaultSubset: string }>('GET', `/v1/config/service-resolver/${service}`);
    expect(resolver?.DefaultSubset, where).to.equal('green');
    expect(await consul.api('GET', `/v1/config/service-router/${service}`), `${where}: the route is gone`).to.equal(undefined);
    for (const { weights } of seen.states) expect(['100/0', '50/50', '0/100'], where).to.include(weights.join('/'));
    await expectLogged(service, seen.states, where);
  }

  /** As a person would: ramps again; where the promotion was under way, promotes. */
  async function goOn(service: string, ramp: string, where: string): Promise<void> {
    const splitter = await consul.api<{ Meta: Record<string, string> }>('GET', `/v1/config/service-splitter/${service}`);
    const phase = splitter?.Meta['splitter-phase'];
    if (phase === 'Promoted') return;
    const line = phase === 'Promoting' ? `promote ${service}` : ramp;
    const again = startSplitter(consul.address, line);
    expect(await again.exit, `${where}, then ${line}: ${again.output()}`).to.equal(0);
  }

  async function expectLogged(service: string, states: readonly SeenState[], where: string): Promise<void> {
    const { rollouts } = await shell.json(`history ${service}`);
    const logged = (rollouts[0].entries as readonly LogEntry[]).map(({ seq }) => seq);
    const last = states.at(-1)?.record?.seq ?? 0;
    const expected = Array.from({ length: last }, (_, i) => i + 1);
    // The program may have died between its very last write and its log entry; the record itself then says it.
    expect([...new Set([...logged, last])], where).to.deep.equal(expected);
  }
}).timeout(180_000);
