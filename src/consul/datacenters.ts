import { isRecord } from '../core/is-record.js';
import type { ConsulClient } from './client.js';
import { ConsulError } from './errors.js';

/** Another datacenter that Consul knows: whether it shares the config entries, or why that is not known. */
export type Neighbour =
  | { readonly name: string; readonly shares: boolean }
  | { readonly name: string; readonly shares: undefined; readonly why: string };

/** The datacenters around the one that is asked. `primary` is the one that keeps the config entries for all that share them. */
export interface Federation {
  readonly home: string;
  readonly primary: string;
  readonly others: readonly Neighbour[];
}

/** How long the list is good, ms; while one cannot be read it is looked at again sooner. */
const FRESH = 60_000;
const RETRY = 1_000;
/** What a distant datacenter may take to answer, ms: one behind a dead link must not hold up the others. */
export const DISTANT = 3_000;

/** Why a distant datacenter could not be read, as a sentence. */
export function sayDistant({ code, message }: ConsulError): string {
  if (code === 'unreachable') return `no answer within ${DISTANT / 1_000} s`;
  return code === 'no-leader' ? 'its servers do not answer' : message;
}

interface Authority {
  readonly trust: string;
  readonly derived: boolean;
}

/**
 * The datacenters that share their config entries. Joined over the WAN is not enough: each datacenter without a `primary_datacenter` keeps entries of its own.
 * What tells them apart is the trust domain of their certificates (/v1/connect/ca/roots, which needs no token): a secondary takes it over from its primary, just
 * as it does the entries; the entries themselves may be equal by chance, and /v1/agent/self speaks of one agent only. Measured on Consul 1.22.5.
 */
export class Datacenters {
  readonly #client: ConsulClient;
  #known: { readonly at: number; readonly federation: Promise<Federation> } | undefined;
  readonly #shares = new Map<string, boolean>();

  constructor(client: ConsulClient) {
    this.#client = client;
  }

  /** As known for a minute at most. One request where there is one datacenter. Rejects with what the asked Consul said. */
  read(): Promise<Federation> {
    const now = performance.now();
    if (this.#known === undefined || now >= this.#known.at) {
      const federation = this.#find();
      const known = { at: now + FRESH, federation };
      this.#known = known;
      const again = (): void => {
        if (this.#known === known) this.#known = { at: performance.now() + RETRY, federation };
      };
      federation.then(({ others }) => {
        if (others.some(({ shares }) => shares === undefined)) again();
      }, again);
    }
    return this.#known.federation;
  }

  async #find(): Promise<Federation> {
    const { body } = await this.#client.call({ method: 'GET', path: '/catalog/datacenters', what: 'listing the datacenters' });
    const names = Array.isArray(body) ? body.map(String) : [];
    if (names.length <= 1) return { home: names[0] ?? '', primary: names[0] ?? '', others: [] };
    const agent = await this.#readAgent();
    // The agent's own comes first in the list.
    const home = this.#client.datacenter ?? agent?.own ?? names[0]!;
    const found = await Promise.all(names.map(async (name) => [name, await this.#readAuthority(name)] as const));
    const own = found.find(([name]) => name === home)?.[1];
    const others = found.filter(([name]) => name !== home).map(([name, theirs]) => this.#neighbour(name, own, theirs));
    const allied = found.flatMap(([name, one]) =>
      isAuthority(one) && isAuthority(own) && one.trust === own.trust ? [{ name, ...one }] : [],
    );
    return { home, primary: primaryOf(home, allied, agent?.primary), others };
  }

  #neighbour(name: string, own: Authority | string | undefined, theirs: Authority | string): Neighbour {
    if (isAuthority(own) && isAuthority(theirs)) {
      const shares = theirs.trust !== '' && theirs.trust === own.trust;
      this.#shares.set(name, shares);
      return { name, shares };
    }
    const shares = this.#shares.get(name);
    if (shares !== undefined) return { name, shares };
    return { name, shares, why: isAuthority(theirs) ? String(own ?? 'this datacenter is not in the list') : theirs };
  }

  /** The trust domain of a datacenter, and whether its certificate stands under another's; a sentence where it cannot be read. */
  async #readAuthority(name: string): Promise<Authority | string> {
    try {
      const { body } = await this.#client.call({
        method: 'GET',
        path: '/connect/ca/roots',
        what: `reading the certificate authority of ${name}`,
        query: { dc: name },
        timeout: DISTANT,
      });
      const { TrustDomain, Roots } = isRecord(body) ? body : {};
      const roots = Array.isArray(Roots) ? Roots.filter(isRecord) : [];
      const active = roots.find(({ Active }) => Active === true) ?? roots[0];
      const derived = Array.isArray(active?.IntermediateCerts) && active.IntermediateCerts.length > 0;
      return { trust: typeof TrustDomain === 'string' ? TrustDomain : '', derived };
    } catch (error) {
      if (!(error instanceof ConsulError)) throw error;
      // Where there is no mesh there are no sidecars that would follow the entries.
      return /Connect must be enabled/.test(error.message) ? { trust: '', derived: false } : sayDistant(error);
    }
  }

  async #readAgent(): Promise<{ readonly own: string; readonly primary: string } | undefined> {
    try {
      const { body } = await this.#client.call({ method: 'GET', path: '/agent/self', what: 'asking the agent where it is' });
      const config = isRecord(body) && isRecord(body.Config) ? body.Config : {};
      const { Datacenter: own, PrimaryDatacenter: primary } = config;
      return typeof own === 'string' && typeof primary === 'string' ? { own, primary } : undefined;
    } catch (error) {
      // What only it could tell better can be told without it.
      if (error instanceof ConsulError && error.code === 'denied') return undefined;
      throw error;
    }
  }
}

function isAuthority(one: Authority | string | undefined): one is Authority {
  return typeof one === 'object';
}

/** Consul's own authority signs a secondary's certificate under the primary's; with another one (Vault, AWS) all may look alike, and the agent's word counts. */
function primaryOf(home: string, allied: readonly ({ readonly name: string } & Authority)[], told: string | undefined): string {
  if (allied.length <= 1) return home;
  const roots = allied.filter(({ derived }) => !derived);
  if (roots.length === 1) return roots[0]!.name;
  return told !== undefined && allied.some(({ name }) => name === told) ? told : home;
}
