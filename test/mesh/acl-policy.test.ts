import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { SERVICE } from './mesh.js';
import { freePort } from './ports.js';
import { type SecuredMesh, startSecuredMesh } from './secured.js';

/** A plan that uses whatever has a rule of its own in a policy, but for waves. */
const plan = (webhook: string): string => `
service: ${SERVICE}
callers: [web]
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps: [{ weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 1s
route: { header: { name: x-canary, value: "1" } }
signals: [{ name: errors, source: envoy, metric: errors, max: 50% }]
schedule: { start: { at: 2099-01-01T00:00:00Z } }
notify: [{ webhook: { url: "${webhook}" } }]
`;

const REFUSED = /denied|Permission|lacks|cannot be read|could not be/;

describe('with exactly the policy that acl-policy prints, over TLS with client certificates', function () {
  this.timeout(300_000);
  let secured: SecuredMesh;
  let load: Load;
  let receiver: Server;
  let file: string;
  let operator: string;
  let told = 0;
  before(async function () {
    this.timeout(120_000);
    receiver = createServer((_, response) => {
      told++;
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    secured = await startSecuredMesh();
    load = startLoad({ url: secured.mesh.url, rps: 30 });
    file = join(secured.folder, 'payments.yaml');
    writeFileSync(file, plan(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`));
    operator = await secured.tokenFile(await secured.policy(`${file} --agents test`));
  });
  after(async () => {
    await load?.stop();
    await secured?.stop();
    receiver?.close();
  });

  const expectRun = async (line: string, code = 0, token = operator): Promise<string> => {
    const ended = await secured.run(line, token);
    expect([ended.code, line], ended.output).to.deep.equal([code, line]);
    expect(ended.output, line).to.not.match(REFUSED);
    return ended.output;
  };
  const phase = async (): Promise<string> => JSON.parse(await expectRun(`status ${SERVICE} -o json`)).phase;
  const controllerToken = async (args: string): Promise<string> =>
    secured.tokenFile(await secured.policy(`${args} --agents test`));
  const startController = async (token: string, args = '') => {
    const running = secured.start(`run --listen 127.0.0.1:${await freePort()} --log-level debug${args}`, token);
    await until('the controller is registered', () => /"joined"/.test(running.output()));
    return running;
  };

  it('an operator checks, plans, applies, drives, pauses, promotes, undoes, tries again and aborts', async () => {
    await expectRun(`doctor ${SERVICE} --plan ${file}`);
    await expectRun(`plan ${file} --out ${file}.saved`);
    await expectRun(`apply ${file}.saved`);
    await expectRun(`apply ${file}`);
    await expectRun('freeze on --reason drill');
    await expectRun('freeze off');
    await expectRun('freeze');
    const driving = secured.start(`start ${file} --foreground`, operator);
    await until('it waits for a person', () => /PauseStep/.test(driving.output()), 60_000);
    await expectRun(`pause ${SERVICE}`);
    await expectRun(`resume ${SERVICE}`);
    expect(await driving.exit, driving.output()).to.equal(0);
    expect(await phase()).to.equal('Promoted');
    await expectRun(`undo ${SERVICE}`);
    const again = secured.start(`retry ${SERVICE}`, operator);
    await until('it waits for a person again', () => /PauseStep/.test(again.output()), 60_000);
    await expectRun(`abort ${SERVICE}`);
    expect(await again.exit, again.output()).to.equal(3);
    for (const { output } of [driving, again]) expect(output()).to.not.match(REFUSED);
    await expectRun(`ramp ${SERVICE} --to 20 --signal none`);
    await expectRun(`promote ${SERVICE} --full`);
    await expectRun(`undo ${SERVICE}`);
    await expectRun(`ramp ${SERVICE} --to 100 --bake 1s`);
    await expectRun(`undo ${SERVICE}`);
    for (const line of ['subsets', 'history', 'export', 'export --plan', 'import', 'doctor'])
      await expectRun(`${line} ${SERVICE}`);
    expect(await expectRun('list')).to.include(SERVICE);
    expect(told, 'notices').to.be.greaterThan(5);
  });

  it('a controller drives what an operator leaves to it, with a policy of its own', async () => {
    const running = await startController(await controllerToken(`${file} --controller`));
    await expectRun(`start ${SERVICE}`);
    await until('it waits for a person', async () => (await phase()) === 'Paused', 60_000);
    await expectRun(`promote ${SERVICE}`);
    await expectRun(`status ${SERVICE} --timeout 60s`);
    await expectRun(`undo ${SERVICE}`);
    await expectRun(`ramp ${SERVICE} --to 30 --detach`);
    await until('the target is reached', async () => (await phase()) === 'Paused', 60_000);
    await expectRun(`abort ${SERVICE}`);
    running.kill('SIGTERM');
    expect(await running.exit).to.equal(0);
    expect(running.output()).to.not.match(REFUSED);
    expect(await secured.mesh.consul.api('GET', `/v1/kv/splitter/schedules/${SERVICE}`)).to.have.length(1);
  });

  it('a controller follows a directory of plans', async () => {
    const folder = join(secured.folder, 'plans');
    mkdirSync(folder);
    writeFileSync(join(folder, 'payments.yaml'), plan('http://127.0.0.1:1/').replace('50%', '40%'));
    const running = await startController(await controllerToken(`${folder}/ --controller --follows-plans`), ` --plans ${folder}`);
    await until('the plan is applied', () => /applied/.test(running.output()), 30_000);
    running.kill('SIGTERM');
    expect(await running.exit).to.equal(0);
    expect(running.output()).to.not.match(REFUSED);
  });

  it('a viewer sees everything and changes nothing', async () => {
    const viewer = await secured.tokenFile(await secured.policy(`${file} --read-only`));
    for (const line of ['status', 'history', 'subsets', 'export', 'export --plan'])
      await expectRun(`${line} ${SERVICE}`, 0, viewer);
    expect(await expectRun('list', 0, viewer)).to.include(SERVICE);
    await expectRun('freeze', 0, viewer);
    const before = await kept();
    for (const line of [`ramp ${SERVICE} --to 50`, `promote ${SERVICE}`, `apply ${file}`, 'freeze on']) {
      const { code, output } = await secured.run(line, viewer);
      expect([code, line], output).to.deep.equal([7, line]);
      expect(output).to.match(/lacks permission '(service|key):write' on/);
    }
    expect(await kept()).to.deep.equal(before);
  });

  it('nothing more is allowed', async () => {
    const token = readFileSync(operator, 'utf8').trim();
    const put = (path: string, body: unknown) => ['PUT', path, body] as const;
    await secured.mesh.consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'ledger', Protocol: 'http' });
    await secured.mesh.consul.api('PUT', '/v1/kv/splitter/plans/ledger', 'x');
    const forbidden = [
      put('/v1/config', { Kind: 'service-defaults', Name: 'ledger', Protocol: 'grpc' }),
      put('/v1/config', { Kind: 'service-resolver', Name: 'web' }),
      put('/v1/config', { Kind: 'proxy-defaults', Name: 'global' }),
      put('/v1/config', { Kind: 'service-intentions', Name: SERVICE, Sources: [{ Name: 'web', Action: 'deny' }] }),
      put('/v1/kv/splitter/plans/ledger', '{}'),
      put('/v1/kv/splitter/history/ledger/1', '{}'),
      put('/v1/kv/splitter/controllers/mine', '{}'),
      put(`/v1/kv/splitter/schedules/${SERVICE}`, '{}'),
      put('/v1/kv/other', 'x'),
      put('/v1/session/create', { Node: 'elsewhere', NodeChecks: [] }),
      put('/v1/acl/policy', { Name: 'mine', Rules: '' }),
      ['GET', '/v1/config/service-defaults/ledger'],
      ['GET', '/v1/kv/splitter/plans/ledger'],
      ['GET', `/v1/config/service-intentions/${SERVICE}`],
      ['GET', '/v1/agent/self'],
      ['GET', '/v1/acl/policies'],
      ['GET', '/v1/operator/raft/configuration'],
    ] as const;
    for (const [method, path, body] of forbidden) {
      const ended = await secured.mesh.consul.api(method, path, body, token).then(
        () => 'allowed',
        (error: Error) => error.message,
      );
      expect(ended, `${method} ${path}`).to.match(/: 403 /);
    }
    const read = (path: string) => secured.mesh.consul.api(`GET`, path, undefined, token);
    expect(await read('/v1/health/service/web'), 'its own instances of a caller').to.deep.equal([]);
    expect(await read('/v1/kv/splitter/?recurse&keys')).to.not.include('splitter/plans/ledger');
    expect(await read('/v1/config/service-defaults')).to.have.length(1);
  });

  it("what Consul's service:write brings along is known: an instance of the service and its certificate", async () => {
    const token = readFileSync(operator, 'utf8').trim();
    const leaf = await secured.mesh.consul.api<object>('GET', `/v1/agent/connect/ca/leaf/${SERVICE}`, undefined, token);
    expect(leaf).to.have.property('CertPEM');
  });

  const kept = async (): Promise<unknown> => {
    const entries = ['service-defaults', 'service-resolver', 'service-splitter', 'service-router'].map((kind) =>
      secured.mesh.config(kind, SERVICE),
    );
    const keys = await secured.mesh.consul.api<{ Key: string; ModifyIndex: number }[]>('GET', '/v1/kv/splitter/?recurse');
    return [await Promise.all(entries), keys?.map(({ Key, ModifyIndex }) => [Key, ModifyIndex])];
  };

  it('without a client certificate there is no connection, with a certificate and no token no permission', async () => {
    const { run, certificates } = secured;
    const bare = await run(`status ${SERVICE}`, operator, { CONSUL_CLIENT_CERT: '', CONSUL_CLIENT_KEY: '' });
    expect([bare.code, /\[tls\]/.test(bare.output)], bare.output).to.deep.equal([7, true]);
    const strange = await run(`status ${SERVICE}`, operator, { ...certificates.client, CONSUL_CACERT: '' });
    expect([strange.code, /not signed by a known authority/.test(strange.output)], strange.output).to.deep.equal([7, true]);
    const nobody = await run(`ramp ${SERVICE} --to 10`, '');
    expect([nobody.code, /give a token: --token-file/.test(nobody.output)], nobody.output).to.deep.equal([7, true]);
  });
});
