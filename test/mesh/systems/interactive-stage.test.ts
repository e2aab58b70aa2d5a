import { expect } from 'chai';
import { Shell, until } from '../../support/shell.js';
import { type Load, startLoad } from '../load.js';
import { type Mesh, SERVICE, startMesh } from '../mesh.js';
import { failuresIn, shareOf } from '../outcomes.js';
import { endSplitters } from '../program.js';
import { startAtTerminal, type TerminalProcess } from '../terminal.js';
import { type RunningVersion, startVersion } from '../version.js';
import { Transcript } from './transcript.js';

const RAMP = `ramp ${SERVICE} --interactive --bake 3s --signal errors=2%`;
const WEIGHT = /weight of green .*: $/;

describe('the interactive stage, on a real mesh, at a real terminal', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  const more: RunningVersion[] = [];
  const t = () => new Transcript('interactive-stage', 'The interactive stage, with splitter', mesh.address);
  let told: Transcript;
  before(async function () {
    this.timeout(180_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    told = t();
  });
  after(async () => {
    endSplitters();
    await load?.stop();
    await Promise.all(more.map((one) => one.end()));
    await mesh?.stop();
  });
  beforeEach(() => {
    load = startLoad({ url: mesh.url, rps: 100 });
  });
  afterEach(async () => {
    endSplitters();
    await load.stop();
    await mesh.reset();
  });
  const stored = async (): Promise<unknown> => {
    const { phase, reason, canary } = await shell.json(`status ${SERVICE}`);
    return [phase, reason, canary.weight.stored];
  };
  /** The share of green in the next so many answers. */
  const shareOfGreen = async (of = 400): Promise<number> => {
    const from = load.results().length;
    await until(`${of} answers`, () => load.results().length >= from + of);
    return shareOf('3', load.results().slice(from, from + of));
  };
  const isNear = async (percent: number): Promise<void> => {
    expect(await shareOfGreen(), `share at ${percent}%`).to.be.within(percent / 100 - 0.09, percent / 100 + 0.09);
  };
  const note = async (terminal: TerminalProcess, line: string, code: number): Promise<void> => {
    expect(await terminal.exit, terminal.output()).to.equal(code);
    told.note(`splitter ${line}`, terminal.output(), code);
  };

  it('weights one after the other, up and down; above 50 ends it; full deploy, bake, promotion; then the rollback stage', async () => {
    told.say(
      'At a terminal that redraws, one screen follows the rollout above the question; this one is plain (`TERM=dumb`), so every change is a line, and before each question all is told. What the person typed stands after each question.',
    );
    const terminal = startAtTerminal(mesh.address, RAMP);
    await terminal.answer(WEIGHT, '20');
    await terminal.sees(WEIGHT);
    await isNear(20);
    await terminal.answer(WEIGHT, '10');
    await terminal.sees(WEIGHT);
    await isNear(10);
    await terminal.answer(WEIGHT, '50');
    await terminal.sees(WEIGHT);
    await isNear(50);
    await terminal.answer(WEIGHT, '80');
    await terminal.answer(/full deploy, abort, or leave it as it is .*: $/, 'full');
    await terminal.answer(/full deploy: all traffic goes to green\. Sure\? \(yes\/no\) $/, 'yes');
    await terminal.answer(/rollback stage: .*: $/, 'rollback');
    await until('all on green', () => shareOf('3', load.results().slice(-50)) === 1);
    await terminal.answer(/rollback: all traffic goes back to blue\. Sure\? \(yes\/no\) $/, 'yes');
    await note(terminal, RAMP, 3);
    expect(await stored()).to.deep.equal(['Reverted', 'Undone', 0]);
    await until('all on blue', () => shareOf('2', load.results().slice(-50)) === 1);
    expect(failuresIn(load.results()), 'failed requests').to.deep.equal([]);
    told.say(`${load.results().length} requests were sent meanwhile; none failed.`);
  });

  it('a bad signal while it asks: shown at once, traffic back on blue, exit 3', async () => {
    told.say('Green fails while the question stands there; nobody has to answer it.');
    const terminal = startAtTerminal(mesh.address, RAMP);
    await terminal.answer(WEIGHT, '20');
    await terminal.sees(WEIGHT);
    mesh.apps.get('3')!.errorRate = 0.4;
    await note(terminal, RAMP, 3);
    expect(terminal.output()).to.match(/Reverted payments: errors: [\d.]+% of .* \[reverted\]\n/);
    expect(await stored()).to.deep.equal(['Reverted', 'SignalFailed', 0]);
    await until('all on blue', () => shareOf('2', load.results().slice(-50)) === 1);
  });

  it('an abort that is not confirmed leaves the canaries running; typed again it goes on with the same rollout', async () => {
    told.say('Abort, and then no: the canaries are left running and receiving traffic. The same command goes on from there.');
    const first = startAtTerminal(mesh.address, RAMP);
    await first.answer(WEIGHT, '30');
    await first.answer(WEIGHT, 'abort');
    await first.answer(/abort: all traffic goes back to blue\. Sure\? \(yes\/no\) $/, 'no');
    await note(first, RAMP, 0);
    expect(await stored()).to.deep.equal(['Paused', 'TargetReached', 30]);
    await isNear(30);
    const { rollout } = await shell.json(`status ${SERVICE}`);
    const second = startAtTerminal(mesh.address, RAMP);
    await second.answer(WEIGHT, 'abort');
    await second.answer(/Sure\? \(yes\/no\) $/, 'yes');
    await note(second, RAMP, 3);
    expect([await stored(), (await shell.json(`status ${SERVICE}`)).rollout]).to.deep.equal([
      ['Reverted', 'Aborted', 0],
      rollout,
    ]);
  });

  it('by instances: one canary beside two gets a third, as much as each of them', async () => {
    more.push(await startVersion(mesh.consul, SERVICE, '2', '2-b'));
    told.say(
      'Two instances of blue, one of green: by counting, one canary is a third of the traffic, as much as each of the others gets.',
    );
    const line = `${RAMP} --by-instances`;
    const terminal = startAtTerminal(mesh.address, line);
    const counts = /instances of green \(of 1\), or a weight like 20%.*: $/;
    await terminal.answer(counts, '2');
    await terminal.sees(/green has 1 instance ready: start 1 more first/);
    await terminal.answer(counts, '10%');
    await terminal.sees(
      /10% is nearest to 1 instance of green\. 1 of green beside 2 of blue, round robin: 33\.33% of the traffic/,
    );
    await terminal.answer(/set 33\.33% for green\? \(yes\/no\) $/, 'yes');
    await terminal.sees(counts);
    expect(await stored()).to.deep.equal(['Paused', 'TargetReached', 33.33]);
    const apps = [mesh.apps.get('2')!, more[0]!.app, mesh.apps.get('3')!];
    const before = apps.map(({ answered }) => answered);
    await isNear(33.33);
    const answered = apps.map((app, i) => app.answered - before[i]!);
    for (const one of answered) expect(one, answered.join(', ')).to.be.within(85, 190);
    told.say(
      `Of the next ${answered.reduce((sum, one) => sum + one)} requests the two of blue answered ${answered[0]} and ${answered[1]}, green ${answered[2]}.`,
    );
    await terminal.answer(counts, '75%');
    await terminal.sees(/75% by counting takes 2 of green beside 1 of blue, really 66\.67%: start 1 of green, stop 1 of blue/);
    await terminal.answer(/\(full\/abort\/leave\): $/, 'abort');
    await terminal.answer(/Sure\? \(yes\/no\) $/, 'yes');
    await note(terminal, line, 3);
  });

  it('without a terminal it asks nobody, and says what to type instead', async () => {
    told.say('In a pipeline there is nobody to ask; the flags do the same.');
    expect((await told.run(RAMP)).code).to.equal(1);
    expect(await mesh.config('service-splitter', SERVICE)).to.equal(undefined);
    told.close();
  });

  for (const [choice, left] of [
    ['hold', 20],
    ['revert', 0],
  ] as const)
    it(`at a terminal that redraws, the screen stays above the question; Ctrl-C there does as --on-interrupt ${choice} says`, async () => {
      const terminal = startAtTerminal(mesh.address, `${RAMP} --on-interrupt ${choice}`, 'xterm-256color');
      await terminal.sees(/weight of green/);
      terminal.press('20\r');
      await terminal.sees(/Paused \(TargetReached\) {3}step 1\/1 {3}20%/);
      const asked = () => terminal.output().split('weight of green').length - 1;
      const before = asked();
      await until('the question is written again below newer screens', () => asked() > before + 5);
      // What is typed so far survives the screen above it.
      terminal.press('4');
      await terminal.sees(/weight of green [^\n]*: 4(?!\d)[^\n]*\n(.|\n)*weight of green [^\n]*: 4/);
      terminal.press('\u0003');
      expect(await terminal.exit, terminal.output()).to.equal(130);
      expect((await shell.json(`status ${SERVICE}`)).canary.weight.stored).to.equal(left);
    });
}).timeout(300_000);
