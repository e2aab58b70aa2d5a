import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Ran, type Running, Shell, until } from '../support/shell.js';

const STEPS = 'steps: [{ weight: 20 }, { weight: 100 }]\nbake: 200ms';
const SUBSETS = 'subsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue';
const PLAN = `service: payments\n${SUBSETS}\n${STEPS}\n`;
const GROUP = `group: checkout\nservices: [{ service: payments }, { service: stock }]\nprotocol: http\n${SUBSETS}\n${STEPS}\n`;

/** Every line of stdout as the document that it has to be. */
const documents = ({ out }: Ran): { type?: string; exit?: number; phase?: string }[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Two looks at different times have their times alone apart. */
const timeless = (document: unknown): unknown => JSON.parse(JSON.stringify(document).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, ''));

describe('what -o json prints, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let controller: Running | undefined;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
    controller = undefined;
  });
  afterEach(async () => {
    controller?.interrupt();
    await controller?.done;
    await sandbox.stop();
  });
  const control = async (): Promise<void> => {
    controller = shell.start('run --id one --listen 127.0.0.1:0');
    const keys = `${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`;
    await until('the controller lives', async () => (await fetch(keys)).ok);
  };

  it('a dry run prints the document that plan prints', async () => {
    const file = planFile(PLAN);
    const planned = await shell.json(`plan ${file}`);
    expect(planned.writes.map(({ kind }: { kind: string }) => kind)).to.include.members(['service-resolver', 'service-splitter']);
    expect(timeless(await shell.json(`start ${file} --dry-run`))).to.deep.equal(timeless(planned));
    const { service, digest, writes } = await shell.json('ramp payments --to 20 --dry-run');
    expect([service, typeof digest, writes.length > 0, writes[0].afterMs]).to.deep.equal(['payments', 'string', true, 0]);
    const stored = await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`);
    expect(stored.status, 'nothing was written').to.equal(404);
  });

  it('a dry run of a group prints one document of all its services', async () => {
    for (const version of ['2', '3']) {
      const Check = { CheckID: `stock-${version}`, Name: 'ready', TTL: '24h', Status: 'passing' };
      const SidecarService = { Checks: [{ Name: 'beside', AliasService: `stock-${version}` }] };
      const body = { ID: `stock-${version}`, Name: 'stock', Port: 9_000, Meta: { version }, Check, Connect: { SidecarService } };
      await fetch(`${sandbox.consulAddress}/v1/agent/service/register`, { method: 'PUT', body: JSON.stringify(body) });
    }
    const file = planFile(GROUP);
    const shown = await shell.json(`start ${file} --dry-run`);
    expect(timeless(shown)).to.deep.equal(timeless(await shell.json(`plan ${file}`)));
    expect(shown.services.map(({ service }: { service: string }) => service)).to.deep.equal(['payments', 'stock']);
  });

  for (const verb of ['promote', 'continue'])
    it(`${verb} at a reached target with no driver prints the stream of the drive alone`, async () => {
      expect((await shell.run('ramp payments --to 20 --bake 200ms --no-hold')).code).to.equal(5);
      const ran = await shell.run(`${verb} payments -o json`);
      const lines = documents(ran);
      expect([ran.code, lines[0], lines.at(-1)?.type, lines.at(-1)?.exit], ran.err).to.deep.equal([
        0,
        { type: 'version', version: 1 },
        'end',
        0,
      ]);
      expect(ran.err).to.match(/Promoted payments: promoted by dana: green 20% -> 100%, baking/);
    });

  it('continue from a pause with no driver prints the stream of the drive alone', async () => {
    const file = planFile(
      `service: payments\n${SUBSETS}\nsteps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]\nbake: 200ms\n`,
    );
    expect((await shell.run(`start ${file} --foreground --wait`)).code).to.equal(5);
    const ran = await shell.run('continue payments -o json');
    const lines = documents(ran);
    expect([ran.code, lines[0]?.type, lines.at(-1)?.type], ran.err).to.deep.equal([0, 'version', 'end']);
  });

  it('with a controller continue prints one document, and with --wait the stream of the watch alone', async () => {
    await control();
    const pauses = '[{ weight: 20 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]';
    const file = planFile(`service: payments\n${SUBSETS}\nsteps: ${pauses}\nbake: 200ms\n`);
    expect((await shell.run(`start ${file} --foreground --wait`)).code).to.equal(5);
    const watched = await shell.run('continue payments --wait -o json');
    expect([watched.code, documents(watched)[0]?.type, documents(watched).at(-1)?.exit]).to.deep.equal([5, 'version', 5]);
    const { changed, rollout } = await shell.json('continue payments');
    expect([changed, typeof rollout]).to.deep.equal([true, 'string']);
  });

  it('continue --wait at a reached target waits for the promotion', async () => {
    await control();
    expect((await shell.run('ramp payments --to 20 --bake 200ms --no-hold')).code).to.equal(5);
    const ran = await shell.run('continue payments --wait');
    expect([ran.code, (await shell.json('status payments')).phase], ran.err).to.deep.equal([0, 'Promoted']);
  });
}).timeout(60_000);
