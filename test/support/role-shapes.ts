import type { Entry } from '../../src/core/entries.js';
import { splitLegs } from '../../src/core/legs.js';
import type { Plan, Subset } from '../../src/core/plan.js';
import type { Rollout } from '../../src/core/rollout.js';
import { versionFilter } from '../../src/core/versions.js';
import { makePlan, makeRollout } from './world.js';

/** One way in which people leave a splitter, a resolver, a plan and a record behind. */
export interface RoleShape {
  readonly name: string;
  readonly service: string;
  readonly splits: readonly Entry[] | undefined;
  readonly resolver: Entry;
  readonly plan: Plan;
  readonly record: Rollout | undefined;
  /** Where the issue says that it has to be refused: why, in a word. */
  readonly refused: string | undefined;
}

/** The other service that some splitters send a part to; it has to be there, and speak http. */
export const OTHER_SERVICE = 'elsewhere';

const HEADERS = { RequestHeaders: { Set: { leg: 'main' } } };

const SPLITTERS: Readonly<Record<string, readonly Entry[] | undefined>> = {
  'no splitter': undefined,
  'v1 all': [split('v1', 100, HEADERS), split('v2', 0)],
  'v2 all': [split('v1', 0, HEADERS), split('v2', 100)],
  '90/10': [split('v1', 90, HEADERS), split('v2', 10)],
  '10/90': [split('v1', 10, HEADERS), split('v2', 90)],
  '50/50': [split('v1', 50), split('v2', 50)],
  'unnamed 90, v2 10': [{ Weight: 90, ...HEADERS }, split('v2', 10)],
  'unnamed 10, v2 90': [{ Weight: 10, ...HEADERS }, split('v2', 90)],
  'unnamed alone': [{ Weight: 100, ...HEADERS }],
  'v2 twice alike': [split('v1', 80, HEADERS), split('v2', 10), { ...split('v2', 10), Service: 'self' }],
  'v2 twice unlike': [split('v1', 80), split('v2', 10, HEADERS), split('v2', 10)],
  'a tenth elsewhere': [split('v1', 70, HEADERS), split('v2', 20), { Weight: 10, Service: OTHER_SERVICE }],
  'v3 as well': [split('v1', 80, HEADERS), split('v2', 10), split('v3', 10)],
  'v3 at nothing': [split('v1', 90), split('v2', 10), split('v3', 0, HEADERS)],
};

const DEFAULTS: readonly (string | undefined)[] = [undefined, 'v1', 'v2', 'v3'];

const PLANS: Readonly<Record<string, { readonly versions: readonly [string, string]; readonly stable?: string }>> = {
  'the plan says v1': { versions: ['1', '2'], stable: 'v1' },
  'the plan says v2': { versions: ['1', '2'], stable: 'v2' },
  'nobody says, 1 and 2': { versions: ['1', '2'] },
  'nobody says, commit ids': { versions: ['9f3c2ab', 'e01d77c'] },
};

const RECORDS = ['no record', 'reverted to v1', 'v2 promoted', 'under way'] as const;

/** All of them together, some 400; each with a service of its own. */
export function roleShapes(): readonly RoleShape[] {
  const shapes: RoleShape[] = [];
  for (const [splitter, splits] of Object.entries(SPLITTERS))
    for (const byDefault of DEFAULTS)
      for (const [planName, { versions, stable }] of Object.entries(PLANS))
        for (const recordName of RECORDS) {
          // A record lives in a splitter; with each plan it is the same question.
          if (recordName !== 'no record' && (splits === undefined || planName === 'nobody says, commit ids')) continue;
          const service = `roles-${shapes.length}`;
          const filters: Subset[] = ['v1', 'v2'].map((name, i) => {
            const version = versions[i]!;
            return { name, filter: versionFilter(version), version };
          });
          const resolver = {
            Kind: 'service-resolver',
            Name: service,
            ...(byDefault === undefined ? {} : { DefaultSubset: byDefault }),
            Subsets: {
              ...Object.fromEntries(filters.map(({ name, filter }) => [name, { Filter: filter }])),
              v3: { Filter: versionFilter('3') },
            },
          };
          const own = splits?.map((leg) => (leg.Service === 'self' ? { ...leg, Service: service } : leg));
          const { stable: _, ...bare } = makePlan({ service, subsets: filters });
          const record = recordOf(recordName);
          shapes.push({
            name: `${splitter}, default ${byDefault ?? 'none'}, ${planName}, ${recordName}`,
            service,
            splits: own,
            resolver,
            plan: stable === undefined ? bare : { ...bare, stable },
            record,
            refused: refusedFor({ splits: own, service, byDefault, stable, ordered: versions[0] === '1', record }),
          });
        }
  return shapes;
}

/** The share of each subset by what Consul documents: a leg without a subset is the default subset's; '' is every instance. */
export function sharesOf(
  splits: readonly Entry[] | undefined,
  service: string,
  byDefault: string | undefined,
): Map<string, number> {
  const shares = new Map<string, number>();
  for (const leg of splits ?? [{ Weight: 100 }]) {
    const to =
      leg.Service !== undefined && leg.Service !== service ? `service ${leg.Service}` : (leg.ServiceSubset ?? byDefault ?? '');
    shares.set(String(to), (shares.get(String(to)) ?? 0) + Number(leg.Weight) * 100);
  }
  return shares;
}

interface Facts extends Pick<RoleShape, 'splits' | 'service' | 'record'> {
  readonly byDefault: string | undefined;
  readonly stable: string | undefined;
  readonly ordered: boolean;
}

/** Why the roles must not be told; the issue's own rules, in other words than the product's. */
function refusedFor({ splits, service, byDefault, stable, ordered, record }: Facts): string | undefined {
  const shares = sharesOf(splits, service, byDefault);
  const has = (name: string): boolean => (shares.get(name) ?? 0) > 0;
  if (record?.state.phase === 'Progressing') return undefined;
  if (splits !== undefined && has('')) return 'a leg reaches every instance';
  const v2Legs = (splits ?? []).filter((leg) => leg.Service !== OTHER_SERVICE && (leg.ServiceSubset ?? byDefault) === 'v2');
  if (v2Legs.length === 2 && v2Legs.some((leg) => leg.RequestHeaders !== undefined)) return 'one of two legs would be lost';
  if (has('v3')) return 'users are on a third version';
  const end = record === undefined ? undefined : record.state.phase === 'Promoted' ? 'v2' : 'v1';
  if (end !== undefined && has(end)) return end === 'v2' ? 'v1 is the version before the promotion' : undefined;
  const all = ['v1', 'v2'].filter(has);
  if (all.length === 1) {
    const said = stable ?? byDefault;
    return said === undefined || said === all[0] ? undefined : 'all users are on the other one';
  }
  if (stable !== undefined || ordered) return undefined;
  if (all.length === 2) {
    if (byDefault === 'v1' || byDefault === 'v2' || shares.get('v1') !== shares.get('v2')) return undefined;
  }
  return 'nothing tells two commit ids apart';
}

function recordOf(name: (typeof RECORDS)[number]): Rollout | undefined {
  const roles = { stable: 'v1', canary: 'v2', asked: splitLegs('v1', 'v2', 0, []) };
  switch (name) {
    case 'no record':
      return undefined;
    case 'reverted to v1':
      return makeRollout(0, { ...roles, state: { phase: 'Reverted', reason: 'Aborted', step: 0 } });
    case 'v2 promoted':
      return makeRollout(100, {
        ...roles,
        asked: splitLegs('v1', 'v2', 10_000, []),
        state: { phase: 'Promoted', reason: 'BakePassed', step: 4 },
      });
    case 'under way':
      return makeRollout(0, { ...roles, state: { phase: 'Progressing', reason: 'Stepping', step: 0 } });
  }
}

function split(subset: string, weight: number, fields: Entry = {}): Entry {
  return { Weight: weight, ServiceSubset: subset, ...fields };
}
