import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { until } from '../support/shell.js';
import { SERVICE } from './mesh.js';
import { freePort } from './ports.js';
import { endSplitters, startSplitter } from './program.js';
import { type SecuredMesh, startSecuredMesh } from './secured.js';

/** Tokens that nothing else looks like: splitter's own, and that of a person at the page. */
const TOKEN = '5ec4e7a1-70c3-4b1d-9d0e-5ec4e7a170c3';
const PERSON = '9e45011a-70c3-4b1d-9d0e-9e45011a70c3';
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** A program that tells all it is given, and all that a process list shows of whoever started it. */
const TELL_ALL = `[sh, -c, "env; tr '\\\\0' ' ' < /proc/$PPID/cmdline; exit 1"]`;

describe('a token', function () {
  this.timeout(240_000);
  let secured: SecuredMesh;
  let file: string;
  let tokenFile: string;
  before(async function () {
    this.timeout(120_000);
    secured = await startSecuredMesh();
    file = join(secured.folder, 'payments.yaml');
    tokenFile = join(secured.folder, 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    writeFileSync(file, plan());
    await giveToken(TOKEN, `${SERVICE} -o json --callers web`, `${SERVICE} --controller -o json --callers web`);
    await giveToken(PERSON, `${SERVICE} -o json --callers web`);
  });
  afterEach(endSplitters);
  after(async () => {
    await secured?.stop();
  });

  const plan = (more = ''): string => `
service: ${SERVICE}
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps: [{ weight: 30 }, { pause: {} }]
signals: [{ name: told, source: exec, command: ${TELL_ALL}, interval: 1s, failure_limit: 1000, dry_run: true }]
hooks: { after_step: { command: ${TELL_ALL} } }
${more}`;

  const giveToken = async (secret: string, ...policies: readonly string[]): Promise<void> => {
    const names = await Promise.all(
      policies.map(async (args, i) => {
        const Name = `${secret.slice(0, 8)}-${i}`;
        await secured.mesh.consul.api('PUT', '/v1/acl/policy', { Name, Rules: await secured.policy(args) });
        return { Name };
      }),
    );
    await secured.mesh.consul.api('PUT', '/v1/acl/token', { SecretID: secret, Policies: names, Description: 'dana' });
  };
  const ways: readonly (readonly [string, (line: string) => ReturnType<typeof startSplitter>])[] = [
    ['a file', (line) => secured.start(line, tokenFile)],
    ['the environment', (line) => secured.start(line, '', { CONSUL_HTTP_TOKEN: TOKEN })],
    ['a flag', (line) => secured.start(`${line} --token ${TOKEN}`, '')],
  ];
  const expectHidden = (what: string, text: string): void => {
    for (const token of [TOKEN, PERSON]) expect(text.includes(token), `${what} holds a token`).to.equal(false);
  };
  const stored = async (): Promise<string> => {
    const kinds = ['service-defaults', 'service-resolver', 'service-splitter', 'service-router'];
    const entries = await Promise.all(kinds.map((kind) => secured.mesh.consul.api('GET', `/v1/config/${kind}`)));
    const keys = await secured.mesh.consul.api<{ Key: string; Value: string }[]>('GET', '/v1/kv/?recurse');
    const sessions = await secured.mesh.consul.api('GET', '/v1/session/list');
    const values = (keys ?? []).map(({ Key, Value }) => `${Key} ${Buffer.from(Value ?? '', 'base64').toString()}`);
    return JSON.stringify([entries, values, sessions]);
  };

  for (const [way, start] of ways)
    it(`from ${way} is in no output of a command, done or failed, and in nothing that Consul keeps`, async () => {
      const failing = join(secured.folder, 'failing.yaml');
      writeFileSync(failing, plan(`checks: [{ name: tells, command: ${TELL_ALL} }]`));
      const lines = [
        [0, `doctor ${SERVICE}`],
        [1, `start ${failing} --foreground`],
        // Its only signal is a dry run, which proves nothing.
        [5, `ramp ${SERVICE} --plan ${file} --to 10`],
        [0, `status ${SERVICE} -o json`],
        [0, `history ${SERVICE} --all -o json`],
        [0, `abort ${SERVICE}`],
        [7, 'abort ledger'],
        [7, `status ${SERVICE} --ca-file ${secured.certificates.client.CONSUL_CLIENT_CERT}`],
        [1, `ramp ${SERVICE} --to many`],
      ] as const;
      for (const [code, line] of lines) {
        const going = start(line);
        expect([await going.exit, line], going.output()).to.deep.equal([code, line]);
        expectHidden(line, going.output());
      }
      const kept = await stored();
      expect(kept, 'the programs did tell').to.include('SPLITTER_SERVICE');
      expectHidden('what Consul keeps', kept);
    });

  it('that cannot be one is refused without being shown', async () => {
    writeFileSync(join(secured.folder, 'two'), `${TOKEN}\n${PERSON}\n`);
    writeFileSync(join(secured.folder, 'none'), '\n');
    for (const [name, wrong] of [
      ['two', 'holds characters that no token has'],
      ['none', 'is empty'],
    ] as const) {
      const { code, output } = await secured.run('list', join(secured.folder, name));
      expect([code, output.includes(wrong)], output).to.deep.equal([1, true]);
      expectHidden(name, output);
    }
  });

  it('given by a flag is out of the process list at once', async () => {
    const going = secured.start(`run --listen 127.0.0.1:${await freePort()} --token ${TOKEN}`, '');
    const shown = (): string => readFileSync(`/proc/${going.pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    await until('it runs', () => going.output().includes(' runs; '));
    expect(shown()).to.match(/^splitter run --listen \S+ --token \*\*\* *$/);
  });

  it('is in no log at debug, no page, no answer, no event and no metric of a controller', async () => {
    const port = await freePort();
    const going = secured.start(`run --listen 127.0.0.1:${port} --log-level debug`, '', { CONSUL_HTTP_TOKEN: TOKEN });
    await until('it is registered', () => going.output().includes('"joined"'));
    const at = `http://127.0.0.1:${port}`;
    const mine = { 'X-Consul-Token': PERSON, 'Content-Type': 'application/json' };
    const events = await fetch(`${at}/v1/events`, { headers: mine });
    let heard = '';
    void (async () => {
      for await (const part of events.body!) heard += Buffer.from(part).toString();
    })().catch(() => undefined);
    const begun = await secured.run(`ramp ${SERVICE} --plan ${file} --to 20 --detach`, tokenFile);
    expect(begun.code, begun.output).to.equal(0);
    await until('it is driven', () => heard.includes('TargetReached'), 60_000);
    const act = (action: string, headers: Record<string, string>) =>
      fetch(`${at}/v1/rollouts/${SERVICE}/actions/${action}`, { method: 'POST', headers, body: '{}' });
    const nobody = { ...mine, 'X-Consul-Token': `${TOKEN.slice(0, -4)}0000` };
    const answers = [await act('abort', mine), await act('undo', mine), await act('abort', nobody)];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 428, 403]);
    for (const path of [
      '/',
      '/v1/rollouts',
      `/v1/rollouts/${SERVICE}`,
      `/v1/rollouts/${SERVICE}/history`,
      '/v1/self',
      '/metrics',
      '/readyz',
    ])
      answers.push(await fetch(at + path, { headers: mine }));
    for (const answer of answers) {
      const head = JSON.stringify([...answer.headers]);
      expectHidden(`${answer.url} ${answer.status}`, head + (await answer.text()));
    }
    going.kill('SIGTERM');
    expect(await going.exit).to.equal(0);
    expect(heard).to.include('"rollout"');
    expectHidden('the events', heard);
    expectHidden('the log', going.output());
    expectHidden('what Consul keeps', await stored());
  });

  it('is in no diagnostic report, wherever it came from but a flag', async () => {
    const folder = join(secured.folder, 'reports');
    mkdirSync(folder);
    const flags = ['--report-on-signal', `--report-directory=${folder}`];
    const env = { ...secured.certificates.client, CONSUL_HTTP_TOKEN: TOKEN };
    const going = startSplitter(secured.address, `run --listen 127.0.0.1:${await freePort()}`, env, flags);
    await until('it is registered', () => going.output().includes('"joined"'));
    going.kill('SIGUSR2');
    const reports = (): string[] => readdirSync(folder).filter((name) => /\}\s*$/.test(readFileSync(join(folder, name), 'utf8')));
    await until('there is a report', () => reports().length > 0);
    for (const name of reports()) expectHidden(name, readFileSync(join(folder, name), 'utf8'));
  });

  it('cannot get into a core file: the kernel leaves all memory of splitter out', async () => {
    const going = secured.start(`run --listen 127.0.0.1:${await freePort()}`, tokenFile);
    await until('it runs', () => going.output().includes(' runs; '));
    expect(readFileSync(`/proc/${going.pid}/coredump_filter`, 'utf8').trim()).to.equal('00000000');
    expect(readFileSync('/proc/self/coredump_filter', 'utf8').trim(), 'others keep theirs').to.not.equal('00000000');
  });

  // Where the kernel hands cores to a program of the machine, there is no file to look into.
  if (/^core/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')))
    it('is in no core file of a controller that was aborted; it is in that of a bare program', async () => {
      const bare = await coreOf('bare', ['-e', 'setInterval(() => console.log("ready"), 50)'], { CONSUL_HTTP_TOKEN: TOKEN });
      expect(bare.includes(TOKEN), 'a core shows tokens').to.equal(true);
      const from: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
        ['by-file', [], { CONSUL_HTTP_TOKEN_FILE: tokenFile }],
        ['by-environment', [], { CONSUL_HTTP_TOKEN: TOKEN }],
        ['by-flag', ['--token', TOKEN], {}],
      ];
      for (const [name, flags, env] of from) {
        const core = await coreOf(name, [MAIN, 'run', '--listen', `127.0.0.1:${await freePort()}`, ...flags], env);
        expect([core.includes(TOKEN), core.length < bare.length / 10], name).to.deep.equal([false, true]);
      }
    });

  /** Starts a program that may leave a core file in a folder of its own, and aborts it when it says that it runs; gives the core. */
  const coreOf = async (name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Buffer> => {
    const folder = join(secured.folder, name);
    mkdirSync(folder);
    const child = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$0" "$@"', process.execPath, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', CONSUL_HTTP_ADDR: secured.address, ...secured.certificates.client, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => {
        said += part.toString();
      });
    await until(`${name} runs`, () => /joined|ready/.test(said));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGABRT');
    await ended;
    const [core] = readdirSync(folder).filter((found) => found.startsWith('core'));
    expect(core, `a core file in ${folder}`).to.be.a('string');
    return readFileSync(join(folder, core!));
  };
});
