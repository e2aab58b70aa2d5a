import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import { type Child, startChild } from './child.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { freePorts } from './ports.js';
import { findTool } from './tools/find.js';

const TOKEN = '6f1de4a1-1111-4222-8333-944444444444';

describe('a real Consul that refuses', () => {
  describe('with ACLs on', () => {
    let consul: ConsulAgent;
    let shell: Shell;
    before(async () => {
      consul = await startConsulAgent({ managementToken: TOKEN });
      shell = new Shell(consul.address);
      await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'payments', Protocol: 'http' });
      for (const version of ['2', '3']) {
        await consul.api('PUT', '/v1/agent/service/register', {
          Name: 'payments',
          ID: `payments-${version}`,
          Port: 9_000 + Number(version),
          Meta: { version },
          Connect: {
            SidecarService: { Port: 9_100 + Number(version), Checks: [{ Name: 'up', TTL: '24h', Status: 'passing' }] },
          },
        });
      }
    });
    after(() => consul?.stop());

    const tokenWith = async (rules: string): Promise<string> => {
      const name = `p${Math.random().toString(36).slice(2)}`;
      await consul.api('PUT', '/v1/acl/policy', { Name: name, Rules: rules });
      const made = await consul.api<{ SecretID: string }>('PUT', '/v1/acl/token', { Policies: [{ Name: name }] });
      return made?.SecretID ?? '';
    };
    const NEEDED = [
      'service "payments" { policy = "write" }',
      'service_prefix "" { policy = "read" }',
      'node_prefix "" { policy = "read" }',
      'key_prefix "splitter/" { policy = "write" }',
      'session_prefix "" { policy = "write" }',
    ];

    it('no token and an unknown token end with 7 and their sentence, and no token is ever shown', async () => {
      const none = await shell.run('ramp payments --to 50');
      expect([none.code, /token from nowhere: no token was given/.test(none.err)]).to.deep.equal([7, true]);
      const unknown = await shell
        .with({ CONSUL_HTTP_TOKEN: '00000000-aaaa-4bbb-8ccc-dddddddddddd' })
        .run('ramp payments --to 50');
      expect([
        unknown.code,
        /Consul does not know this token/.test(unknown.err),
        /dddddddddddd/.test(unknown.out + unknown.err),
      ]).to.deep.equal([7, true, false]);
    });

    it('the least policy is enough, from a token file as well', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'splitter-token-'));
      const token = await tokenWith(NEEDED.join('\n'));
      const { writeFileSync } = await import('node:fs');
      writeFileSync(join(folder, 'token'), `${token}\n`);
      const ran = await shell.run(`ramp payments --to 50 --signal none -token-file ${join(folder, 'token')}`);
      rmSync(folder, { recursive: true });
      expect(ran.code, ran.err).to.equal(0);
      expect(ran.out + ran.err).not.to.include(token);
      expect((await shell.with({ CONSUL_HTTP_TOKEN: token }).run('abort payments')).code).to.equal(0);
    });

    it('each permission that is taken away is named', async () => {
      const missing = [
        /service:write|'service:read'/,
        undefined,
        /may not see any instance|node:read/,
        /key:write|key:read/,
        /session:write/,
      ] as const;
      for (const [i, expected] of missing.entries()) {
        // Without reading other services no caller is found: the ramp then watches instances only, and says so.
        if (expected === undefined) continue;
        const rules = NEEDED.filter((_, at) => at !== i);
        if (i === 0) rules.push('service "payments" { policy = "read" }');
        const { code, err } = await shell
          .with({ CONSUL_HTTP_TOKEN: await tokenWith(rules.join('\n')) })
          .run('ramp payments --to 50');
        expect([code, NEEDED[i]], err).to.deep.equal([7, NEEDED[i]]);
        expect(err).to.match(expected);
      }
    });

    it('abort needs no key and no session: only the write of the entry', async () => {
      const admin = shell.with({ CONSUL_HTTP_TOKEN: TOKEN });
      expect((await admin.run('ramp payments --to 50 --signal none')).code).to.equal(0);
      const weak = await tokenWith('service "payments" { policy = "write" }');
      expect((await shell.with({ CONSUL_HTTP_TOKEN: weak }).run('abort payments')).code).to.equal(0);
      expect((await admin.json('status payments')).canary.weight.stored).to.equal(0);
    });
  });

  describe('without a leader', () => {
    let server: Child;
    let shell: Shell;
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'splitter-leaderless-'));
      const [http, rpc, lan, wan] = (await freePorts(4)) as [number, number, number, number];
      const ports = [
        `-http-port=${http}`,
        `-server-port=${rpc}`,
        `-serf-lan-port=${lan}`,
        `-serf-wan-port=${wan}`,
        '-dns-port=-1',
        '-grpc-port=-1',
        '-grpc-tls-port=-1',
      ];
      const flags = [
        'agent',
        '-server',
        '-bootstrap-expect=3',
        `-data-dir=${folder}`,
        '-bind=127.0.0.1',
        '-client=127.0.0.1',
        ...ports,
      ];
      server = await startChild(findTool('consul'), flags, join(folder, 'log'));
      const address = `http://127.0.0.1:${http}`;
      await until('it answers', () =>
        fetch(`${address}/v1/agent/self`).then(
          (answer) => answer.ok,
          () => false,
        ),
      );
      shell = new Shell(address);
    });
    after(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('a ramp ends with 7 and says that there is no leader', async () => {
      const { code, err } = await shell.run('ramp payments --to 50');
      expect([code, /Consul has no leader/.test(err)], err).to.deep.equal([7, true]);
    });
  });
}).timeout(90_000);
