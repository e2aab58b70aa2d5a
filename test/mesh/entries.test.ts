import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Shell } from '../support/shell.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { findTool } from './tools/find.js';

const run = promisify(execFile);
const RESOLVER = `kind = "service-resolver"
name = "payments"

default_subset = "blue"

subsets = {
  blue = {
    filter = "Service.Meta.version == 2"
  }
  green = {
    filter = "Service.Meta.version == 3"
  }
}
`;
const SPLITTER = `kind = "service-splitter",
name = "payments"

splits = [
  {
    weight = 50,
    service_subset = "blue"
  },
  {
    weight = 50,
    service_subset = "green"
  }
]
`;
// biome-ignore lint/suspicious/noTemplateCurlyInString: what could be taken for a template
const NASTY = '${x} %{if} "quoted" back\\slash `tick`';

describe('the Consul workshop, on a real Consul', function () {
  this.timeout(120_000);
  let agent: ConsulAgent;
  let shell: Shell;
  let folder: string;
  before(async () => {
    agent = await startConsulAgent();
    shell = new Shell(agent.address);
    folder = mkdtempSync(join(tmpdir(), 'splitter-workshop-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await agent.stop();
  });

  const file = (name: string, text?: string): string => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  };
  const consul = (...args: readonly string[]) => run(findTool('consul'), [...args], { env: { CONSUL_HTTP_ADDR: agent.address } });
  const config = (kind: string) => agent.api<Record<string, unknown>>('GET', `/v1/config/${kind}/payments`);

  it('its own files, as consul config write takes them, make the same plan as what Consul then holds', async () => {
    await agent.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'payments', Protocol: 'http' });
    const [resolver, splitter] = [file('payments_resolver.hcl', RESOLVER), file('payments_splitter.hcl', SPLITTER)];
    await consul('config', 'write', resolver);
    await consul('config', 'write', splitter);
    const files = await shell.run(`import ${resolver} ${splitter}`);
    const held = await shell.run('import payments');
    expect([files.code, files.err, held.code, held.err]).to.deep.equal([0, '', 0, '']);
    expect(held.out.replace('protocol: http\n', '')).to.equal(files.out);
    expect(files.out.trimEnd().split('\n')).to.have.length.at.most(10);
    const before = await config('service-resolver');
    const applied = await shell.run('apply -', held.out);
    expect([applied.code, (await config('service-resolver'))?.ModifyIndex]).to.deep.equal([0, before?.ModifyIndex]);
  });

  it('what export writes, consul config write takes back as it was, whatever stands in it', async () => {
    await agent.api('PUT', '/v1/config', {
      Kind: 'service-splitter',
      Name: 'payments',
      Splits: [
        { Weight: 12.5, ServiceSubset: 'blue', RequestHeaders: { Set: { 'x-a': NASTY }, Remove: ['x-b'] } },
        { Weight: 87.5, ServiceSubset: 'green' },
      ],
      Meta: { note: NASTY, 'dotted.key': '' },
    });
    await agent.api('PUT', '/v1/config', {
      Kind: 'service-router',
      Name: 'payments',
      Routes: [{ Match: { HTTP: { PathPrefix: '/', Header: [{ Name: 'x', Exact: '1' }] } }, Destination: { NumRetries: 2 } }],
    });
    const kinds = ['service-defaults', 'service-resolver', 'service-splitter', 'service-router'];
    const plain = async () =>
      Promise.all(
        kinds.map(async (kind) => {
          const { CreateIndex, ModifyIndex, Hash, ...rest } = (await config(kind))!;
          return rest;
        }),
      );
    const before = await plain();
    for (const form of ['hcl', 'json']) {
      expect((await shell.run(`export payments --format ${form} --out ${folder}/${form}`)).code).to.equal(0);
      for (const kind of [...kinds].reverse()) await consul('config', 'delete', '-kind', kind, '-name', 'payments');
      for (const kind of kinds) {
        const path = `${folder}/${form}/${kind}-payments.${form}`;
        await consul('config', 'write', path).catch((error: Error) => {
          throw new Error(`${error.message}\n${readFileSync(path, 'utf8')}`);
        });
      }
      expect(await plain(), form).to.deep.equal(before);
    }
  });
});
