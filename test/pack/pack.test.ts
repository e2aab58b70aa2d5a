import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../plan/root.js';
import { until } from '../support/shell.js';
import { cloneCheckout, makeFolder, mustRun, run } from './checkout.js';

const SIZE_LIMIT = 1_000_000;

describe('the package', function () {
  this.timeout(300_000);
  let tarball: string;
  let size: number;
  let files: readonly string[];

  before(async () => {
    const checkout = cloneCheckout();
    const packed = JSON.parse(afterScripts(await mustRun('npm', ['pack', '--json'], checkout)));
    const [{ filename, size: bytes, files: listed }] = Array.isArray(packed) ? packed : Object.values(packed);
    tarball = join(checkout, filename);
    size = bytes;
    files = listed.map(({ path }: { path: string }) => path);
  });

  it('has every module of the program, and nothing of tests, tools, sources or maps', () => {
    const modules = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.startsWith('server/dashboard/page/'))
      .map((path) => `dist/src/${path.replace(/\.ts$/, '.js')}`);
    const page = ['index.html', 'page.css', 'page.js'].map((name) => `dist/src/server/dashboard/page/${name}`);
    expect(files.filter((path) => path.startsWith('dist/')).sort()).to.deep.equal([...modules, ...page].sort());
    const strange = files.filter(
      (path) => !/^(dist\/src|configs|docs|examples|man)\/|^(package\.json|[A-Z]+(\.md)?)$/.test(path),
    );
    expect(strange).to.deep.equal([]);
    expect(files.filter((path) => /(^|\/)test(s|\/)|\.test\.|\.map$|\.ts$|(^|\/)\./.test(path))).to.deep.equal([]);
  });

  it('has all that belongs to it, and stays small', function () {
    expect(files).to.include.members([
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'man/splitter.1',
      'configs/plan.schema.json',
      'configs/openapi.json',
      'examples/payments.yaml',
      'docs/guide.md',
    ]);
    this.test!.title += ` (${Math.round(size / 1_000)} kB, ${files.length} files)`;
    expect(size).to.be.below(SIZE_LIMIT);
  });

  for (const flags of [[], ['--ignore-scripts']])
    it(`installs into an empty folder and runs: npm install ${flags.join(' ')}`, async () => {
      const folder = makeFolder('consumer');
      await mustRun('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...flags, tarball], folder);
      const splitter = (...args: string[]) => run('npx', ['--no-install', 'splitter', ...args], folder, { NO_COLOR: '1' });
      expect((await splitter('--version')).out.trim()).to.equal('0.1.0');
      const own = join('node_modules', 'consul-splitter');
      for (const plan of ['payments.yaml', 'payments.hcl']) {
        const validated = await splitter('validate', join(own, 'examples', plan));
        expect([validated.code, validated.err], plan).to.deep.equal([0, validated.err]);
      }
      expect(existsSync(join(folder, own, 'node_modules', 'typescript'))).to.equal(false);
      expect(existsSync(join(folder, 'node_modules', 'typescript')), 'no tool of ours is installed with it').to.equal(false);
    });

  describe('installed for everybody, with nothing but a PATH', () => {
    let prefix: string;
    let splitter: string;
    const env = { PATH: process.env.PATH ?? '', NO_COLOR: '1' };
    before(async () => {
      prefix = makeFolder('prefix');
      const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', prefix];
      await mustRun('npm', ['install', '-g', ...flags, tarball], makeFolder('empty'));
      splitter = join(prefix, 'bin', 'splitter');
    });

    it('is a copy of its own, with a man page where man looks for it', async () => {
      expect(lstatSync(join(prefix, 'lib', 'node_modules', 'consul-splitter')).isSymbolicLink()).to.equal(false);
      expect(existsSync(join(prefix, 'share', 'man', 'man1', 'splitter.1'))).to.equal(true);
    });

    it('prints completions that the shell takes', async () => {
      const script = await mustRun(splitter, ['completion', 'bash'], prefix, env);
      await mustRun('bash', ['-n', '-c', script], prefix);
      expect(script).to.include('ramp');
    });

    it('serves the page', async () => {
      const sandbox = spawn(splitter, ['sandbox', '--port', '0'], { env, cwd: prefix, stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        const page = await addressOf(sandbox);
        for (const [path, type] of [
          ['/', 'text/html'],
          ['/page.js', 'javascript'],
          ['/page.css', 'text/css'],
        ] as const) {
          const answer = await fetch(`${page}${path}`);
          expect([answer.status, answer.headers.get('content-type')], path).to.satisfy(
            ([status, found]: [number, string]) => status === 200 && found.includes(type),
          );
        }
      } finally {
        const ended = new Promise((resolve) => sandbox.once('close', resolve));
        sandbox.kill('SIGINT');
        await ended;
      }
    });

    it('plays the demo to its end', async () => {
      const { code, out } = await run(splitter, ['sandbox', '--story'], prefix, env);
      expect([code, out]).to.deep.equal([0, out]);
      expect(out).to.match(/Users met \d+ failed requests, all within/);
    });
  });
});

/** npm prints what the scripts print before its own JSON. */
function afterScripts(out: string): string {
  return out.slice(out.search(/^[[{]\s*$/m));
}

async function addressOf(sandbox: ChildProcess): Promise<string> {
  let out = '';
  sandbox.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  await until('the sandbox runs', () => /all rollouts at (http:\S+);/.test(out));
  const address = /all rollouts at (http:\S+);/.exec(out)?.[1] ?? '';
  await until('the page is served', () =>
    fetch(address).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return address;
}
