import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { LogEntry } from '../../src/core/history.js';
import { registerVersions } from '../support/crash-services.js';
import { type EntryWatch, type SeenState, watchEntry } from '../support/crash-watch.js';
import { Shell } from '../support/shell.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { endSplitters, startSplitter } from './program.js';

const RACE_MS = 60_000;
const AT_ONCE = 9;
const MOST_PROCESSES = 400;
/** A ramp that waits for longer is interrupted, as a person would with Ctrl-C. */
const LONGEST_MS = 6_000;
const SERVICE = 'payments';
const FOREIGN = 'edited-by';

const LINES: readonly string[] = [
  `ramp ${SERVICE} --to 60 --by 20 --every 300ms --signal none --hold 2s`,
  `ramp ${SERVICE} --to 30 --by 10 --every 300ms --signal none`,
  `ramp ${SERVICE} --to 100 --by 50 --every 200ms --bake 300ms --signal none`,
  `abort ${SERVICE}`,
  `pause ${SERVICE}`,
  `resume ${SERVICE}`,
  `resume ${SERVICE} --adopt`,
  `resume ${SERVICE} --reassert`,
  `promote ${SERVICE}`,
  `promote ${SERVICE} --full`,
  `undo ${SERVICE}`,
];

describe('ten at once on one service of a real Consul', () => {
  let consul: ConsulAgent;
  let shell: Shell;
  before(async () => {
    consul = await startConsulAgent();
    shell = new Shell(consul.address);
    await registerVersions(consul, SERVICE);
  });
  after(async () => {
    endSplitters();
    await consul?.stop();
  });

  it('ramps, verbs and a foreign editor: no accepted write is lost or claimed twice, and abort has the last word', async () => {
    const watch = watchEntry(consul.address, 'service-splitter', SERVICE);
    const until = Date.now() + RACE_MS;
    const ended = { count: 0, odd: [] as string[] };
    const foreign = { tried: 0, won: 0 };
    await Promise.all([
      ...Array.from({ length: AT_ONCE }, (_, worker) => runLines(worker, until, ended)),
      editAbroad(until, foreign),
    ]);
    // After a promotion abort names undo; somebody types what it says, until it is done.
    const word = await lastWord();
    await sleep(500);
    await watch.stop();
    expect(ended.odd, 'programs that ended in another way than promised').to.deep.equal([]);
    process.stdout.write(
      `      ${ended.count} programs, ${foreign.won} of ${foreign.tried} foreign edits won, ${watch.states.length} states seen\n`,
    );
    await expectNothingLost(watch);
    const last = watch.states.at(-1)!;
    // A promotion may have made green stable; whichever it is, it has everything.
    const everything = last.record?.stable === 'green' ? [0, 100] : [100, 0];
    expect(last.weights, word).to.deep.equal(everything);
    const stored = await consul.api<{ ModifyIndex: number }>('GET', `/v1/config/service-splitter/${SERVICE}`);
    expect(stored?.ModifyIndex, 'the last word is what Consul holds').to.equal(last.modifyIndex);
  });

  /** Takes all traffic back to stable; gives the words that did it. */
  async function lastWord(): Promise<string> {
    const aborted = await shell.run(`abort ${SERVICE}`);
    if (aborted.code === 0) return aborted.err;
    expect(aborted.err).to.match(/-> splitter undo/);
    const undone = await shell.run(`undo ${SERVICE}`);
    expect(undone.code, aborted.err + undone.err).to.equal(0);
    return undone.err;
  }

  /** One terminal: types one line after the other. */
  async function runLines(worker: number, until: number, ended: { count: number; odd: string[] }): Promise<void> {
    for (let turn = 0; Date.now() < until && ended.count < MOST_PROCESSES; turn++) {
      const line = LINES[(worker * 3 + turn * 7) % LINES.length]!;
      const program = startSplitter(consul.address, line, { SPLITTER_BY: `worker-${worker}` });
      ended.count++;
      const timer = setTimeout(() => program.kill('SIGINT'), LONGEST_MS);
      const code = await program.exit;
      clearTimeout(timer);
      if (![0, 1, 3, 5, 130].includes(code) || /^\s+at .*\.js:\d+/m.test(program.output()))
        ended.odd.push(`${line} -> ${code}: ${program.output()}`);
    }
  }

  /** Somebody with `consul config write`: other weights by compare-and-set, now and then without the record. */
  async function editAbroad(until: number, foreign: { tried: number; won: number }): Promise<void> {
    for (let turn = 0; Date.now() < until; turn++) {
      await sleep(700);
      const entry = await consul.api<Record<string, unknown>>('GET', `/v1/config/service-splitter/${SERVICE}`);
      if (entry === undefined) continue;
      const green = (turn * 10) % 70;
      const { Hash: _, CreateIndex: __, ModifyIndex: index, ...kept } = entry;
      const mark = { [FOREIGN]: `abroad-${turn}` };
      const meta = turn % 5 === 4 ? mark : { ...(kept.Meta as object), ...mark };
      const splits = [
        { Weight: 100 - green, ServiceSubset: 'blue' },
        { Weight: green, ServiceSubset: 'green' },
      ];
      foreign.tried++;
      const won = await consul.api('PUT', `/v1/config?cas=${index}`, { ...kept, Splits: splits, Meta: meta });
      if (won === true) foreign.won++;
    }
  }

  async function expectNothingLost({ states }: EntryWatch): Promise<void> {
    const { rollouts } = await shell.json(`history ${SERVICE} --all`);
    const logs = new Map<string, readonly LogEntry[]>(
      rollouts.map((one: { rollout: string; entries: readonly LogEntry[] }) => [one.rollout, one.entries]),
    );
    const lost: string[] = [];
    for (const [i, state] of states.entries()) {
      const { record } = state;
      if (record === undefined || isForeign(state, states[i - 1])) continue;
      const logged = logs.get(record.id)?.find(({ seq }) => seq === record.seq);
      if (logged?.message !== record.message)
        lost.push(`#${state.modifyIndex} ${record.id} ${record.seq}: ${record.message} / log: ${logged?.message ?? 'nothing'}`);
      const before = states[i - 1]?.record;
      if (before?.id === record.id && !(record.seq > before.seq)) lost.push(`#${state.modifyIndex}: seq fell to ${record.seq}`);
    }
    expect(lost, 'accepted writes that the history does not tell').to.deep.equal([]);
    const entries = [...logs.values()].flat();
    const claimed = entries.map(({ indexAfter }) => indexAfter).filter((index) => index > 0);
    expect(new Set(claimed).size, 'no write is claimed twice').to.equal(claimed.length);
    for (const [id, log] of logs) {
      const seqs = log.map(({ seq }) => seq);
      expect(seqs, `history of ${id} without gaps`).to.deep.equal(Array.from({ length: seqs.at(-1) ?? 0 }, (_, i) => i + 1));
    }
  }
}).timeout(180_000);

/** A foreign edit carries a mark of its own; what splitter writes later keeps that mark. */
function isForeign(state: SeenState, before: SeenState | undefined): boolean {
  const mark = (one: SeenState | undefined) => (one?.entry.Meta as Record<string, string> | undefined)?.[FOREIGN];
  return mark(state) !== mark(before);
}
