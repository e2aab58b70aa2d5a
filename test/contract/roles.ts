import { expect } from 'chai';
import { readCompiledChain } from '../../src/consul/mesh.js';
import { beginRollout } from '../../src/core/begin.js';
import { splitterWrite } from '../../src/core/decision.js';
import type { Entry } from '../../src/core/entries.js';
import { ownLegs, weightOf } from '../../src/core/legs.js';
import type { Chain, Observation } from '../../src/core/observation.js';
import { writeRecord } from '../../src/core/record.js';
import { findRoles, isRefusal } from '../../src/core/roles.js';
import { abort } from '../../src/core/verbs/abort.js';
import { OTHER_SERVICE, type RoleShape, roleShapes } from '../support/role-shapes.js';
import { NOON, passing } from '../support/world.js';
import type { Ask } from './ask.js';

/** Who is stable and who is canary, held against where Consul itself sends the traffic: before, after the first write, after an abort. */
export function describeRoles(ask: Ask): void {
  describe('the roles of a service', () => {
    const put = async (body: unknown): Promise<void> => {
      const { text } = await ask('PUT', '/v1/config', body);
      expect(text.trim(), JSON.stringify(body)).to.equal('true');
    };
    const read = async (kind: string, name: string) => {
      const answer = await ask('GET', `/v1/config/${kind}/${name}`);
      return answer.status === 404 ? undefined : { entry: answer.json as Entry, modifyIndex: answer.json.ModifyIndex as number };
    };
    const chainOf = async (service: string): Promise<Chain> =>
      readCompiledChain((await ask('GET', `/v1/discovery-chain/${service}`)).json);
    const sharesIn = ({ legs }: Chain): readonly string[] =>
      legs
        .filter(({ weight }) => weight > 0)
        .map(({ subset, service, weight }) => `${service ?? ''}/${subset} ${weight}`)
        .sort();

    const write = async ({ service, splits, resolver, record }: RoleShape): Promise<void> => {
      await put({ Kind: 'service-defaults', Name: service, Protocol: 'http' });
      await put(resolver);
      if (splits === undefined) return;
      const meta = record === undefined ? {} : { Meta: writeRecord({}, record) };
      await put({ Kind: 'service-splitter', Name: service, Splits: splits, ...meta });
    };

    const observe = async (service: string): Promise<Observation> => {
      const [splitter, resolver] = await Promise.all([read('service-splitter', service), read('service-resolver', service)]);
      return {
        ...(splitter && { splitter }),
        ...(resolver && { resolver }),
        resolverSince: 0,
        instances: { v1: passing(1), v2: passing(1) },
        agreement: 'unknown',
        findings: [],
      };
    };

    it('move nobody by the first write, and an abort leads to where users were', async function () {
      this.timeout(120_000);
      await put({ Kind: 'service-defaults', Name: OTHER_SERVICE, Protocol: 'http' });
      let told = 0;
      for (const shape of roleShapes()) {
        const { service, record, plan } = shape;
        // What Consul itself refuses to store is nobody's splitter.
        if (record?.state.phase === 'Progressing' || shape.name.startsWith('v2 twice')) continue;
        await write(shape);
        const [before, seen] = [await chainOf(service), await observe(service)];
        const roles = findRoles(plan, seen);
        expect(isRefusal(roles), `${shape.name}: ${shape.refused ?? 'told'}`).to.equal(shape.refused !== undefined);
        if (isRefusal(roles)) continue;
        told++;
        const everyone = ownLegs(before.legs).every(({ subset }) => subset === '');
        if (!everyone) expect(weightOf(before.legs, roles.stable), shape.name).to.be.above(0);
        const begun = beginRollout(roles, { id: 'x', plan: 'p', driver: 'd', by: 'dana' }, [], NOON);
        await put(splitterWrite(seen, service, begun, true).entry);
        const first = await chainOf(service);
        if (everyone) expect(sharesIn(first), shape.name).to.deep.equal([`/${roles.stable} 10000`]);
        else expect(sharesIn(first), shape.name).to.deep.equal(sharesIn(before));
        const after = await observe(service);
        const result = abort(begun, { service, seen: after, by: 'dana', now: NOON });
        if (result.kind !== 'write') throw new Error(`${shape.name}: ${result.message}`);
        await put(splitterWrite(after, service, result.next, true).entry);
        const last = await chainOf(service);
        expect(weightOf(last.legs, roles.canary), shape.name).to.equal(0);
        const others = ({ legs }: Chain) => legs.filter((leg) => leg.service !== undefined);
        expect(others(last), shape.name).to.deep.equal(others(before));
      }
      expect(told).to.be.at.least(60);
    });
  });
}
