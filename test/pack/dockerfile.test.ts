import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { freePorts } from '../mesh/ports.js';
import { ROOT } from '../plan/root.js';
import { until } from '../support/shell.js';
import { run } from './checkout.js';
import { type Followed, follow, readInstructions, stagesOf } from './dockerfile.js';

const DOCKERFILE = join(ROOT, 'configs', 'Dockerfile');
const ignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
/** What .dockerignore keeps out of a build: all but what it names. */
const isIgnored = (name: string): boolean => !ignore.includes(`!${name}`);

describe('configs/Dockerfile', () => {
  const instructions = readInstructions(DOCKERFILE);
  const stages = stagesOf(instructions);
  const image = stages.at(-1)!;
  const all = (name: string): readonly string[] => instructions.filter((one) => one.name === name).map(({ text }) => text);
  const last = (name: string): string => image.filter((one) => one.name === name).at(-1)?.text ?? '';

  it('names a version of its base, and the same one in each stage', () => {
    const bases = all('FROM').map((text) => text.split(' ')[0]);
    expect(new Set(bases).size).to.equal(1);
    expect(bases[0]).to.match(/^node:\$\{NODE_VERSION\}-[a-z]+-slim$/);
    expect(all('ARG')).to.deep.equal(['NODE_VERSION=22']);
  });

  it('installs only what is locked, runs no script of others, and adds nothing from the network by itself', () => {
    expect(all('ADD')).to.deep.equal([]);
    for (const command of all('RUN').flatMap((text) => text.split('&&').map((one) => one.trim()))) {
      expect(command, 'npm install takes what is newest').to.not.match(/^npm (i|install)\b/);
      if (command.startsWith('npm ci')) expect(command).to.include('--ignore-scripts');
      expect(command).to.not.match(/\b(curl|wget|sudo|apt-get)\b/);
    }
  });

  it('copies only from stages that are there, to folders that are its own', () => {
    const names = all('FROM').flatMap((text) => / AS (\w+)$/.exec(text)?.[1] ?? []);
    for (const text of all('COPY')) {
      const from = /--from=(\S+)/.exec(text)?.[1];
      if (from !== undefined) expect(names).to.include(from);
    }
    for (const text of all('WORKDIR')) expect(text).to.match(/^\//);
  });

  it('holds no secret, and .dockerignore lets none in', () => {
    for (const text of [...all('ENV'), ...all('ARG')]) expect(text).to.not.match(/token|secret|password|key/i);
    expect(ignore[0]).to.equal('*');
    for (const name of ['.git', 'node_modules', 'dist', 'test', '.env', '.ci']) expect(isIgnored(name), name).to.equal(true);
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    const tops = files.filter((path) => !path.startsWith('!')).map((path) => path.split('/')[0]!);
    for (const name of tops) expect(name === 'dist' || !isIgnored(name), name).to.equal(true);
  });

  it('runs as a user that is not root, in exec form, and says how it is stopped', () => {
    expect(last('USER')).to.match(/^[1-9]\d*:[1-9]\d*$/);
    for (const name of ['ENTRYPOINT', 'CMD']) expect(JSON.parse(last(name)), name).to.be.an('array');
    expect(last('STOPSIGNAL')).to.equal('SIGTERM');
    expect(last('HEALTHCHECK')).to.match(/\/healthz/);
  });

  describe('followed step by step in folders', function () {
    this.timeout(600_000);
    let built: Followed;
    let sandbox: Sandbox;
    before(async () => {
      built = await follow(DOCKERFILE, isIgnored);
      sandbox = await startSandbox();
    });
    after(async () => {
      await sandbox?.stop();
      if (built !== undefined) rmSync(built.root, { recursive: true, force: true });
    });

    const program = (): string => join(built.root, 'usr/local/bin', built.start[0]!);
    const env = (more: Readonly<Record<string, string>> = {}) => ({
      PATH: process.env.PATH ?? '',
      ...built.env,
      CONSUL_HTTP_ADDR: sandbox.consulAddress,
      ...more,
    });

    it('gives the same files as the package, and only what it needs to run', () => {
      const home = join(built.root, 'opt/splitter');
      expect(readdirSync(home).sort()).to.deep.equal(
        [
          'CHANGELOG.md',
          'LICENSE',
          'README.md',
          'configs',
          'dist',
          'docs',
          'examples',
          'man',
          'node_modules',
          'package.json',
        ].sort(),
      );
      const { dependencies, devDependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
      for (const name of Object.keys(dependencies)) expect(existsSync(join(home, 'node_modules', name)), name).to.equal(true);
      for (const name of Object.keys(devDependencies)) expect(existsSync(join(home, 'node_modules', name)), name).to.equal(false);
    });

    it('runs any command by its name', async () => {
      const { code, out, err } = await run(program(), ['doctor', 'payments'], built.root, env());
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.match(/ok {2}canary/);
    });

    it('is a controller by default: healthy by its own check, unhealthy without it, and gone at SIGTERM with its place given up', async () => {
      const [port] = await freePorts(1);
      expect(built.env.SPLITTER_LISTEN).to.equal('0.0.0.0:8410');
      const listen = { SPLITTER_LISTEN: `127.0.0.1:${port}` };
      const check = async (): Promise<number> =>
        (await run(built.health[0]!, built.health.slice(1), built.root, env(listen))).code;
      expect(await check()).to.equal(1);
      const child = spawn(program(), built.start.slice(1), { cwd: built.root, env: env(listen), stdio: 'ignore' });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      try {
        await until('it is healthy', async () => (await check()) === 0);
        await until('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
      } finally {
        child.kill('SIGTERM');
      }
      expect(await ended).to.equal(0);
      const members = await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`);
      expect(members.status, 'no controller is left').to.equal(404);
    });
  });
});
