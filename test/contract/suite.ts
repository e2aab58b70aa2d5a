import { expect } from 'chai';
import { type Ask, askAt, type Booted } from './ask.js';
import { describeCatalog } from './catalog.js';
import { describeChain } from './chain.js';
import { describeConfig } from './config.js';
import { describeConfigErrors } from './config-errors.js';
import { describeFilters } from './filters.js';
import { describeKeys } from './keys.js';
import { describeRoles } from './roles.js';
import { describeSessions } from './sessions.js';
import { describeTransactions } from './transactions.js';

/** What splitter relies on in Consul's HTTP API, asked of whatever `boot` starts. */
export function describeConsulContract(name: string, boot: () => Promise<Booted>): void {
  describe(`Consul's contract, kept by ${name}`, function () {
    this.timeout(45_000);
    let consul: Booted | undefined;
    let expiring = { session: '', since: 0 };
    const ask: Ask = (method, path, body) => askAt(consul?.address ?? '')(method, path, body);

    before(async () => {
      consul = await boot();
      const created = await ask('PUT', '/v1/session/create', {
        TTL: '10s',
        LockDelay: '1ms',
        Behavior: 'delete',
        NodeChecks: [],
      });
      expiring = { session: created.json.ID, since: Date.now() };
      await ask('PUT', `/v1/kv/expiring?acquire=${expiring.session}`, 'x');
    });
    after(async () => {
      await consul?.stop();
    });

    describeStatus(ask);
    describeConfig(ask);
    describeConfigErrors(ask);
    describeChain(ask);
    describeKeys(ask);
    describeSessions(ask);
    describeTransactions(ask);
    describeCatalog(ask);
    describeFilters(ask);
    describeRoles(ask);

    it('ends a session that nobody renews at twice its TTL, and deletes its keys', async () => {
      const before = await ask('GET', '/v1/kv/expiring');
      expect(before.json[0].Session).to.equal(expiring.session);
      const after = await ask('GET', `/v1/kv/expiring?index=${before.index}&wait=30s`);
      expect(after.status).to.equal(404);
      expect(Date.now() - expiring.since).to.be.within(19_000, 26_000);
      expect((await ask('GET', `/v1/session/info/${expiring.session}`)).json).to.deep.equal([]);
    });
  });
}

function describeStatus(ask: Ask): void {
  describe('status', () => {
    it('says that there are no ACLs to ask about a token', async () => {
      const permission = { Resource: 'service', Access: 'write', Segment: 'payments' };
      for (const { status, text } of [
        await ask('GET', '/v1/acl/token/self'),
        await ask('POST', '/v1/internal/acl/authorize', [permission]),
      ])
        expect([status, text.trim()]).to.deep.equal([401, 'ACL support disabled']);
    });

    it('names a leader, peers and the datacenter', async () => {
      expect((await ask('GET', '/v1/status/leader')).json).to.match(/^127\.0\.0\.1:\d+$/);
      expect((await ask('GET', '/v1/status/peers')).json).to.have.length(1);
      expect((await ask('GET', '/v1/catalog/datacenters')).json).to.deep.equal(['dc1']);
      const self = await ask('GET', '/v1/agent/self');
      expect(self.json.Config).to.include({ Datacenter: 'dc1', NodeName: 'sandbox', Server: true, Version: '1.22.5' });
    });

    it('answers 404 to an unknown path and 405 with Allow to a wrong method', async () => {
      const unknown = await ask('GET', '/v1/nosuch');
      expect([unknown.status, unknown.text]).to.deep.equal([404, 'Invalid URL path: not a recognized HTTP API endpoint\n']);
      const wrong = await ask('POST', '/v1/config', '{}');
      expect([wrong.status, wrong.text, wrong.headers.get('allow')]).to.deep.equal([
        405,
        'method POST not allowed',
        'OPTIONS,PUT',
      ]);
    });

    it('refuses a malformed index, a malformed wait, and stale with consistent', async () => {
      for (const [query, text] of [
        ['index=abc', 'Invalid index'],
        ['index=1&wait=abc', 'Invalid wait time'],
        ['stale&consistent', 'Cannot specify ?stale with ?consistent, conflicting semantics.'],
      ]) {
        const refused = await ask('GET', `/v1/config/service-splitter/x?${query}`);
        expect([refused.status, refused.text]).to.deep.equal([400, text]);
      }
    });
  });
}
