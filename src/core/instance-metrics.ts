import { type Coverage, sayShare } from './coverage.js';
import type { Check } from './preflight.js';

/** Instances of both versions that get traffic, and those whose sidecars show their metrics. */
export type Readable = Coverage['instances'];

const CURE = 'set envoy_prometheus_bind_addr = "0.0.0.0:9102" in the Config of proxy-defaults and restart these proxies';

/** What `doctor` says of the instances' side: whether it tells what no caller counts, and how much callers count where there was traffic. */
export function checkCoverage(service: string, instances: Readable, coverage: Readonly<Record<string, Coverage>>): Check {
  const { found, read } = instances;
  // Where nobody runs, other checks say so.
  if (found === 0) return { name: 'coverage', verdict: 'ok', message: `no instance of ${service} that a subset picks runs yet` };
  const known = Object.entries(coverage).flatMap(([subset, { share }]) =>
    share === null ? [] : [`${sayShare(share)} of ${subset}'s requests`],
  );
  const counted = known.length === 0 ? '' : `; callers count ${known.join(', ')}`;
  const message = `${read} of ${found} instances' sidecars show their metrics${counted}`;
  if (read === found) return { name: 'coverage', verdict: 'ok', message };
  return {
    name: 'coverage',
    verdict: 'warning',
    message: `${message}: what no readable caller sends to the others is not seen`,
    hint: CURE,
  };
}

/** What a ramp says of what it will not see, before it writes anything; undefined where all known callers can be read. No callers: none can be read. */
export function sayUnread(
  service: string,
  callers: { readonly found: number; readonly read: number } | undefined,
  { found, read }: Readable,
): string | undefined {
  if (callers !== undefined && callers.read >= callers.found) return undefined;
  const who =
    callers === undefined
      ? `no caller of ${service} can be read`
      : `${callers.found - callers.read} of ${callers.found} callers of ${service} cannot be read`;
  if (read === 0) return `${who}, nor any of its instances: what they send is not seen`;
  return `${who}: what they send is judged by what ${read === found ? 'the' : `${read} of ${found}`} instances answer`;
}
