import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { copyConsul } from '../support/copy-consul.js';
import { type FaultyConsul, type SeenWrite, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: {} }, { weight: 100 }]
`;
const FILES: Readonly<Record<string, string>> = {
  PLAN: planFile(PLAN),
  QUICK: planFile(PLAN.replace(' { pause: {} },', '')),
  SAVED: planFile(''),
};
/** Verbs that are played at once, each on a Consul of its own. */
const AT_ONCE = 8;

/** What leads up to a verb, and the verbs that are tried from there. */
const SCENES: readonly { readonly before: readonly string[]; readonly verbs: readonly string[] }[] = [
  {
    before: ['plan PLAN --out SAVED'],
    verbs: ['ramp payments --to 20 --no-hold', 'start PLAN --foreground --wait', 'apply PLAN', 'apply SAVED'],
  },
  {
    before: ['start PLAN --foreground --wait'],
    verbs: [
      'ramp payments --to 20 --no-hold',
      'promote payments',
      'promote payments --full',
      'abort payments',
      'freeze on --reason tests',
    ],
  },
  { before: ['start PLAN --foreground --wait', 'promote payments'], verbs: ['pause payments'] },
  { before: ['start PLAN --foreground --wait', 'promote payments', 'pause payments'], verbs: ['resume payments'] },
  { before: ['start QUICK --foreground'], verbs: ['undo payments', 'undo payments --to 2', 'remove payments --force'] },
  { before: ['freeze on --reason tests'], verbs: ['freeze off'] },
];

const withFiles = (line: string): string => line.replace(/\b(PLAN|QUICK|SAVED)\b/g, (name) => FILES[name]!);

/** What a verb left behind, and what it wrote on the way. */
interface Played {
  readonly left: unknown;
  readonly said: string;
  readonly writes: readonly SeenWrite[];
}

/** Plays a verb on a Consul like `prepared`, with the answer of its nth write lost, if one is named. */
async function play(prepared: Sandbox, verb: string, cut?: Cut): Promise<Played> {
  const sandbox = await startSandbox({ traffic: 100 });
  const faulty = await startFaultyConsul(sandbox.consulAddress);
  try {
    await copyConsul(prepared.consulAddress, sandbox.consulAddress);
    if (cut !== undefined) cutAt(faulty, cut);
    const { code, err } = await new Shell(faulty.address).run(withFiles(verb));
    return {
      left: { code, ...(await leftOn(sandbox)) },
      said: err,
      writes: faulty.writes.filter(({ method }) => isWrite(method)),
    };
  } finally {
    await faulty.stop();
    await sandbox.stop();
  }
}

interface Cut {
  readonly nth: number;
  readonly when: 'before' | 'after';
}

const isWrite = (method: string): boolean => method === 'PUT' || method === 'DELETE';

function cutAt(faulty: FaultyConsul, { nth, when }: Cut): void {
  let writes = 0;
  const isIt = ({ method }: { readonly method: string }): boolean => isWrite(method) && writes++ === nth;
  faulty.fail({ kind: 'cut', when }, isIt, 1);
}

/** The state that people and scripts rely on, without what is of one moment only. */
async function leftOn(sandbox: Sandbox) {
  const shell = new Shell(sandbox.consulAddress);
  const { phase, reason, message, step, stable, canary, driver, plan } = await jsonOf(shell, 'status payments');
  const { rollouts = [] } = await jsonOf(shell, 'history payments');
  const entries = rollouts.flatMap((rollout: { entries: readonly { phase: string; reason: string; step: number }[] }) =>
    rollout.entries.map((entry) => `${entry.phase} (${entry.reason}) at step ${entry.step}`),
  );
  return {
    record: { phase, reason, message: plain(message ?? ''), step: step?.index },
    roles: [stable, canary].map((role) => role && [role.subset, role.weight.asked, role.weight.stored]),
    ...{ driver, plan: plan?.digest },
    history: entries.filter((entry: string, i: number) => entry !== entries[i - 1]),
    split: plain((await shell.run('export payments')).out),
    freeze: plain((await shell.run('freeze -o json')).out),
  };
}

/** What the command printed as JSON; nothing where there is nothing to tell. */
// biome-ignore lint/suspicious/noExplicitAny: documents of several shapes
async function jsonOf(shell: Shell, line: string): Promise<any> {
  const { out } = await shell.run(`${line} -o json`);
  return out === '' ? {} : JSON.parse(out);
}

/** A text without times, numbers of requests and ids. */
function plain(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/[0-9A-HJKMNP-TV-Z]{26}/g, 'ID')
    .replace(/(\d[\d,]*) (of (\d[\d,]*) )?requests?|\d[\d,.]*%( \(99%\))/g, 'N requests');
}

/** Which writes to lose: every one of an entry, and of each other kind the first two; a drive repeats those as long as it lasts. */
function worthLosing(writes: readonly SeenWrite[]): readonly number[] {
  const seen = new Map<string, number>();
  return writes.flatMap(({ method, url }, nth) => {
    const kind = `${method} ${url.split(/[/?]/).slice(2, 4).join(' ')}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    return / config/.test(kind) || seen.get(kind)! <= 2 ? [nth] : [];
  });
}

describe('a verb of which the answer to any one write is lost', () => {
  for (const { before: lines, verbs } of SCENES)
    describe(`after ${lines.join(', ')}`, () => {
      let prepared: Sandbox;
      before(async () => {
        prepared = await startSandbox({ traffic: 100 });
        const shell = new Shell(prepared.consulAddress);
        for (const line of lines) await shell.run(withFiles(line));
      });
      after(() => prepared.stop());

      for (const verb of verbs)
        it(`${verb} ends like one that got them all`, async () => {
          const whole = await play(prepared, verb);
          const cuts = worthLosing(whole.writes).flatMap((nth) => [
            { nth, when: 'before' } as const,
            { nth, when: 'after' } as const,
          ]);
          expect(cuts).to.not.have.length(0);
          const waiting = [...cuts];
          const work = async (): Promise<void> => {
            for (let cut = waiting.shift(); cut !== undefined; cut = waiting.shift()) {
              const { left, said, writes } = await play(prepared, verb, cut);
              const lost = writes.find(({ told }) => told === 'cut');
              expect(left, `${lost?.method} ${lost?.url} cut ${cut.when} it was applied; it said: ${said}`).to.deep.equal(
                whole.left,
              );
            }
          };
          await Promise.all(Array.from({ length: AT_ONCE }, work));
        });
    });
}).timeout(120_000);
