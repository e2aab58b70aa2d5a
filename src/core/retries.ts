import type { Entry } from './entries.js';
import { isRecord } from './is-record.js';

/** The entries that may send a failed request again. */
export interface RetryEntries {
  readonly routers: readonly Entry[];
  readonly httpRoutes: readonly Entry[];
}

/** What sends failed requests to any of these names again: `service-router/cart (3 times, on 500)`. */
export function retriesAbove(names: readonly string[], { routers, httpRoutes }: RetryEntries): readonly string[] {
  const router = routers
    .filter(({ Name }) => names.includes(String(Name)))
    .flatMap((entry) =>
      sayAll(
        entry,
        records(entry.Routes).map(({ Destination }) => Destination),
      ),
    );
  const routes = httpRoutes.flatMap((entry) => {
    const rules = records(entry.Rules).filter(({ Services }) =>
      records(Services).some(({ Name }) => names.includes(String(Name))),
    );
    return sayAll(
      entry,
      rules.map(({ Filters }) => (isRecord(Filters) ? Filters.RetryFilter : undefined)),
    );
  });
  return [...router, ...routes];
}

/** The first of these that retries speaks for the whole entry. */
function sayAll({ Kind, Name }: Entry, settings: readonly unknown[]): readonly string[] {
  const said = settings.flatMap((one) => (isRecord(one) ? sayRetries(one) : []));
  return said.length === 0 ? [] : [`${String(Kind)}/${String(Name)} (${said[0]})`];
}

function sayRetries({ NumRetries, RetryOn, RetryOnStatusCodes, RetryOnConnectFailure }: Entry): readonly string[] {
  const causes = [
    ...(Array.isArray(RetryOnStatusCodes) ? RetryOnStatusCodes.map(String) : []),
    ...(Array.isArray(RetryOn) ? RetryOn.map(String) : []),
    ...(RetryOnConnectFailure === true ? ['connect-failure'] : []),
  ];
  const times = typeof NumRetries === 'number' && NumRetries > 0 ? NumRetries : undefined;
  if (times === undefined && causes.length === 0) return [];
  return [
    `${times === undefined ? '' : `${times} ${times === 1 ? 'time' : 'times'}, `}on ${causes.join(', ') || "Consul's usual causes"}`,
  ];
}

function records(value: unknown): readonly Entry[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
