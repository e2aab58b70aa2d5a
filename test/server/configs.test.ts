import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { variableOf } from '../../src/cli/run-settings.js';
import { settingsSchema } from '../../src/controller/settings.js';
import { readHcl } from '../../src/plan/hcl.js';
import { createMetrics } from '../../src/server/metrics.js';
import { ROOT } from '../plan/root.js';
import { makeSnapshot } from './snapshots.js';

const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

describe('docs/controller.md', () => {
  const page = read('docs', 'controller.md');
  const firstCells = [...page.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, cell]) => cell!);

  it('names every setting, its flag and its variable, and no other', () => {
    const { consul, ...own } = settingsSchema.shape;
    const inside = (consul.unwrap() as typeof consul.def.innerType).shape;
    const keys = [...Object.keys(own), ...Object.keys(inside).map((key) => `consul.${key}`)];
    expect(firstCells.filter((cell) => !cell.startsWith('splitter_') && !LEVELS.includes(cell))).to.deep.equal(keys);
    for (const key of Object.keys(own)) expect(page).to.include(`| \`${variableOf(key)}\``);
  });

  it('names every metric of splitter with its kind, and no other', async () => {
    const text = await createMetrics(() => [makeSnapshot()], { version: '1' }).text();
    const metrics = [...text.matchAll(/^# TYPE (splitter_\w+) (\w+)$/gm)].map(([, name, kind]) => `| \`${name}\` | ${kind} |`);
    const rows = [...page.matchAll(/^\| `splitter_\w+` \| \w+ \|/gm)].map(([row]) => row);
    expect(rows).to.have.members(metrics);
  });
});

const LEVELS = ['error', 'warn', 'info', 'debug'];

describe('alerts and dashboard', () => {
  for (const file of ['alerts.yaml', 'grafana-dashboard.json'])
    it(`ask only for metrics that there are: ${file}`, async () => {
      const text = await createMetrics(() => [makeSnapshot()], { version: '1' }).text();
      const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
      const asked = [...read('configs', file).matchAll(/\b(?:splitter|process|nodejs)_\w+/g)].map(([name]) => name);
      expect(asked).to.not.be.empty;
      expect(asked.filter((name) => !known.has(name.replace(/_(?:bucket|count|sum)$/, '')))).to.deep.equal([]);
    });
});

describe('configs/splitter.nomad.hcl', () => {
  const text = read('configs', 'splitter.nomad.hcl');

  it('is HCL, and is found not to be when its last brace is gone', async () => {
    const syntaxOnly = () => ({ roots: [], problems: [] });
    expect((await readHcl(text, syntaxOnly)).problems).to.deep.equal([]);
    const broken = await readHcl(text.replace(/\}\s*$/, ''), syntaxOnly);
    expect(broken.problems[0]?.message).to.match(/^not valid HCL/);
  });

  it('asks the paths that the server has, and starts splitter by its own settings', () => {
    const paths = [...text.matchAll(/^ +path += "(.+)"$/gm)].map(([, path]) => path);
    expect(paths).to.deep.equal(['/readyz', '/healthz']);
    expect(text)
      .to.match(/args += \["run", "--config", /)
      .and.to.match(/kill_signal += "SIGTERM"/);
  });
});

describe('configs/splitter.service', () => {
  const lines = read('configs', 'splitter.service')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('is a unit: sections, and each key once in its section', () => {
    let section = '';
    const keys: string[] = [];
    for (const line of lines) {
      const [, name] = /^\[(\w+)\]$/.exec(line) ?? [];
      if (name === undefined) expect(line).to.match(/^[A-Z][A-Za-z]+=/);
      section = name ?? section;
      if (name === undefined) keys.push(`${section}.${line.split('=')[0]}`);
    }
    expect(new Set(keys).size).to.equal(keys.length);
    expect(new Set(keys.map((key) => key.split('.')[0]))).to.deep.equal(new Set(['Unit', 'Service', 'Install']));
  });

  it('hands the token over as a credential, to a user of its own, and ends it as it wants to be ended', () => {
    expect(lines).to.include.members([
      'DynamicUser=yes',
      'NoNewPrivileges=yes',
      'LoadCredential=consul-token:/etc/splitter/consul.token',
      'Environment=CONSUL_HTTP_TOKEN_FILE=%d/consul-token',
      'KillSignal=SIGTERM',
      'Restart=on-failure',
    ]);
    expect(lines.join('\n')).to.not.match(/WatchdogSec|CONSUL_HTTP_TOKEN=/);
  });
});
