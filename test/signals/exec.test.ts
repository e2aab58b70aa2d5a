import { expect } from 'chai';
import type { ExecSignal } from '../../src/core/plan.js';
import { measureExec } from '../../src/signals/exec.js';
import { realPrograms } from './fakes.js';

const TARGET = { service: 'payments', stable: 'blue', canary: 'green' };
const LIMITS = { interval: 1_000, failureLimit: 0, errorLimit: 4 };

function measure(code: string, change: Partial<ExecSignal> = {}, abort = new AbortController().signal) {
  const command = [process.execPath, '-e', code, '{{canary}}'];
  return measureExec({ name: 'own', source: 'exec', command, timeout: 5_000, ...LIMITS, ...change }, TARGET, realPrograms, abort);
}

describe('the exec source', () => {
  it('without a bound passes on exit 0, and fails on any other with its last line', async () => {
    expect((await measure('')).measurement).to.deep.equal({ kind: 'scalar', value: 1 });
    const failed = await measure('console.error("queue is full"); process.exitCode = 2');
    expect([failed.measurement, failed.raw]).to.deep.equal([{ kind: 'scalar', value: 0 }, 'exit 2: queue is full']);
  });

  it('tells the program whom it is about, in variables and where a word names it', async () => {
    const told = await measure(
      'console.log(process.env.SPLITTER_SERVICE, process.env.SPLITTER_SIGNAL, process.argv[1]); process.exitCode = 1',
    );
    expect(told.raw).to.equal('exit 1: payments own green');
  });

  it('with a bound reads the last line of what it prints as the number', async () => {
    const read = await measure('console.log("looking"); console.error("7"); console.log("12.5")', { max: 20 });
    expect([read.measurement, read.raw]).to.deep.equal([{ kind: 'scalar', value: 12.5 }, 'exit 0: 12.5']);
  });

  it('takes nothing and NaN for no data, and words for an error that says what to do', async () => {
    for (const printed of ['', 'NaN'])
      expect((await measure(`console.log(${JSON.stringify(printed)})`, { max: 1 })).measurement.kind).to.equal('none');
    const { measurement } = await measure('console.log("about 5")', { max: 1 });
    expect(measurement.kind === 'error' && measurement.why).to.match(/is no number: about 5; print the number alone/);
  });

  it('takes another exit for an error where a number was asked for, and a program that is not there always', async () => {
    expect((await measure('console.log(1); process.exitCode = 3', { max: 1 })).measurement.kind).to.equal('error');
    const absent = await measure('', { command: ['./no-such-check'] });
    expect(absent.measurement.kind === 'error' && absent.measurement.why).to.match(/^there is no program \.\/no-such-check/);
  });

  it('fails when its time is over, and says nothing when splitter gives up', async () => {
    const late = await measure('setInterval(() => 0, 1000)', { timeout: 200 });
    expect([late.measurement, late.raw]).to.deep.equal([{ kind: 'scalar', value: 0 }, 'no end within 200ms']);
    const end = new AbortController();
    const given = measure('setInterval(() => 0, 1000)', {}, end.signal);
    setTimeout(() => end.abort(), 50);
    expect((await given).measurement).to.deep.equal({ kind: 'none', why: 'given up' });
  });
});
