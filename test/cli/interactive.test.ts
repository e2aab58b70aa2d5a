import { expect } from 'chai';
import { decodeTally } from '../../src/judge/tally.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { Person } from '../support/person.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const RAMP = 'ramp payments --interactive --bake 300ms';

describe('splitter ramp --interactive, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    shell = new Shell(sandbox.consulAddress, { PATH: process.env.PATH ?? '' });
  });
  afterEach(() => sandbox.stop());

  const run = (person: Person, line = RAMP) => shell.asked(person.ask).run(line);
  const stored = async (): Promise<unknown> => {
    const { phase, reason, canary } = await shell.json('status payments');
    return [phase, reason, canary.weight.stored];
  };
  const write = async (entry: object): Promise<void> => {
    const { ok } = await fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) });
    expect(ok).to.equal(true);
  };
  const weights = async (): Promise<number[]> => {
    const { rollouts } = await shell.json('history payments');
    return rollouts.map(({ entries }: { entries: { asked: { green: number } }[] }) => entries.map(({ asked }) => asked.green))[0];
  };

  it('sets weight after weight, up and down, in one rollout; ends at 60, deploys in full and bakes', async () => {
    const person = new Person('20', '5', '50', '60', '30', 'full', 'yes', '');
    const { code, out, err } = await run(person);
    expect(code, out + err).to.equal(0);
    expect(await stored()).to.deep.equal(['Promoted', 'BakePassed', 100]);
    const steps = (await weights()).filter((weight, i, all) => weight !== all[i - 1]);
    expect(steps).to.deep.equal([0, 20, 5, 50, 100]);
    expect(err)
      .to.match(/No more weights: green keeps 50% until you choose/)
      .and.match(/Type full, abort or leave/);
    // Before each question all is told: asked, stored and observed weights, and the signals.
    expect(out)
      .to.match(/asked {2}stored observed/)
      .and.match(/canary +5\.0% +5\.0% +[\d.]+%/)
      .and.match(/errors +Successful/);
    expect(person.asked.map((question) => question.split(/[ :]/)[0])).to.deep.equal([
      ...['weight', 'weight', 'weight', 'weight', 'payments', 'payments', 'full', 'rollback'],
    ]);
  });

  it('abort, confirmed, takes it back with exit 3', async () => {
    const { code, err } = await run(new Person('20', 'abort', 'yes'));
    expect([code, await stored()]).to.deep.equal([3, ['Reverted', 'Aborted', 0]]);
    expect(err).to.match(/Reverted payments: aborted by dana/);
  });

  for (const word of ['full', 'abort'])
    it(`${word}, not confirmed, leaves the canaries running and says how to go on, which works`, async () => {
      const { code, err } = await run(new Person('20', word, 'no'));
      expect([code, await stored()]).to.deep.equal([0, ['Paused', 'TargetReached', 20]]);
      expect(err).to.match(/green is left running and receiving 20% of the traffic/);
      expect(err).to.match(/Nobody watches from here on\.\n {2}-> splitter ramp payments --interactive {3}goes on;/);
      const { rollout } = await shell.json('status payments');
      const again = await run(new Person('30', 'abort', 'yes'));
      expect([again.code, (await shell.json('status payments')).rollout]).to.deep.equal([3, rollout]);
    });

  it('the rollback stage undoes a full deploy, once confirmed', async () => {
    const { code, err } = await run(new Person('50', 'full', 'yes', 'rollback', 'yes'));
    expect([code, await stored()]).to.deep.equal([3, ['Reverted', 'Undone', 0]]);
    expect(err).to.match(/Undone payments: undone by dana: back on blue/);
  });

  it('shows a revert by signals at once while it asks, and ends with exit 3', async () => {
    const person = new Person('20', async () => {
      sandbox.setBehaviour('3', { errorRate: 0.4 });
      return new Promise<never>(() => undefined);
    });
    const { code, err } = await run(person);
    expect([code, await stored()]).to.deep.equal([3, ['Reverted', 'SignalFailed', 0]]);
    expect(err).to.match(/Reverted payments: errors: [\d.]+% of .*\[reverted\]/);
  });

  it('forgives nothing from weight to weight: failures that the first saw are in the record of the next', async () => {
    sandbox.setBehaviour('3', { errorRate: 0.05 });
    const failures = async (): Promise<number> => {
      const { Meta } = (await (await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`)).json()) as {
        Meta: Record<string, string>;
      };
      const errors = decodeTally(Meta['splitter-tally'] ?? '').errors;
      return errors?.kind === 'counts' ? errors.canary.bad : 0;
    };
    let seen = 0;
    const saved = async (least: number): Promise<void> => {
      await until('failures in the record', async () => (await failures()) >= least);
      seen = await failures();
    };
    const person = new Person(
      '20',
      async () => {
        await saved(3);
        sandbox.setBehaviour('3', { errorRate: 0 });
        return '30';
      },
      async () => {
        expect(await failures()).to.be.at.least(seen);
        return 'abort';
      },
      'yes',
    );
    const { code, err } = await run(person, `${RAMP} --signal errors=20%`);
    expect([code, seen >= 3], err).to.deep.equal([3, true]);
  });

  it('an abort from another terminal ends it with 3 while it asks', async () => {
    const person = new Person('20', async () => {
      await shell.run('abort payments');
      return new Promise<never>(() => undefined);
    });
    expect([(await run(person)).code, await stored()]).to.deep.equal([3, ['Reverted', 'Aborted', 0]]);
  });

  for (const [choice, left] of [
    ['hold', ['Paused', 'TargetReached', 20]],
    ['revert', ['Reverted', 'Aborted', 0]],
  ] as const)
    it(`Ctrl-C at a question does as --on-interrupt ${choice} says, exit 130`, async () => {
      const { code } = await run(new Person('20', 'Ctrl-C'), `${RAMP} --on-interrupt ${choice}`);
      expect([code, await stored()]).to.deep.equal([130, left]);
    });

  it('writes nothing before the first weight: not at Ctrl-C, not at 0', async () => {
    for (const [answer, code] of [
      ['Ctrl-C', 130],
      ['0', 0],
    ] as const) {
      const ended = await run(new Person(answer));
      expect([ended.code, /Nothing was written/.test(ended.err)]).to.deep.equal([code, true]);
      expect((await fetch(`${sandbox.consulAddress}/v1/config/service-resolver/payments`)).status).to.equal(404);
    }
  });

  it('by instances: tells what a count really gives, and sets it once confirmed', async () => {
    sandbox.deploy('2', 4);
    const person = new Person('3', '30%', 'no', '2', 'yes', 'abort', 'yes');
    const { code, err } = await run(person, `${RAMP} --by-instances`);
    expect(code, err).to.equal(3);
    expect(err).to.match(/green has 2 instances ready: start 1 more first/);
    expect(err).to.match(/30% is nearest to 2 instances of green\. 2 of green beside 4 of blue, round robin: 33\.33% of/);
    expect(err).to.match(/each of the 4 instances of blue gets 16\.67%, each of the 2 instances of green gets 16\.67%/);
    expect((await weights()).filter((weight) => weight > 0)).to.include(33.33);
  });

  it("runs the plan's checks before the first write, and holds at a failed hook, to be asked again", async () => {
    const file = (checks: string, hook: string) =>
      planFile(
        `service: payments\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\nsteps: [{ weight: 10 }]\nchecks: [{ name: ready, command: [${checks}] }]\nhooks: { before_step: [${hook}] }\n`,
      );
    const refused = await run(new Person('20'), `${RAMP} --plan ${file('"false"', '"true"')}`);
    expect([refused.code, /check ready of the plan failed/.test(refused.err)]).to.deep.equal([1, true]);
    const held = await run(new Person('20', 'abort', 'yes'), `${RAMP} --plan ${file('"true"', '"false"')}`);
    expect([held.code, /ProgramFailed/.test(held.out)], held.out + held.err).to.deep.equal([3, true]);
  });

  it('asks again where a freeze refuses a weight, and tells what Consul or the rollout refuses', async () => {
    const person = new Person(
      '20',
      async () => {
        await shell.run('freeze on --reason tests');
        return '30';
      },
      async () => {
        expect(await stored()).to.deep.equal(['Paused', 'TargetReached', 20]);
        await write({ Kind: 'service-defaults', Name: 'other', Protocol: 'http' });
        await write({ Kind: 'service-splitter', Name: 'payments', Splits: [{ Weight: 100, Service: 'other' }] });
        return '40';
      },
      'Ctrl-C',
    );
    const { code, err } = await run(person);
    expect(code, err).to.equal(130);
    expect(err).to.match(/Error: payments is frozen by dana \(tests\)\n {2}-> splitter freeze off {3}or {3}keep this weight\n/);
    expect(err).to.match(/Error: .*service other 100%.*\n {2}-> splitter resume payments --reassert/);
  });

  it('refuses without a terminal, beside flags that set weights, and where all traffic is on canary already', async () => {
    for (const [line, message] of [
      [RAMP, /there is no terminal here.*\n {2}-> splitter ramp payments --to 20 --hold 10m/],
      [`${RAMP} --to 20`, /--to and --interactive exclude each other/],
      [`${RAMP} --dry-run`, /--dry-run and --interactive/],
      [`${RAMP} -o json`, /-o json is for programs/],
      ['ramp payments', /say how far: --to PCT, or --interactive/],
      ['ramp payments --to 10 --by-instances', /--by-instances belongs to --interactive/],
    ] as const) {
      const { code, err } = await shell.run(line);
      expect([code, message.test(err)], err).to.deep.equal([1, true]);
    }
    const bake = shell.start('ramp payments --to 100 --bake 1h --signal none');
    await until('the bake', () => /Baking/.test(bake.output()));
    const { code, err } = await run(new Person());
    expect([code, /is Baking with 100% on green: there is no weight left/.test(err)], err).to.deep.equal([1, true]);
    bake.interrupt();
    await bake.done;
  });
}).timeout(60_000);
