/** Whether a text is a metrics page of Envoy: it begins with a comment or a statistic, or an application's own numbers stand before those. */
export function isEnvoyPage(text: string): boolean {
  const start = text.trimStart();
  return start === '' || start.startsWith('#') || start.startsWith('envoy_') || start.includes('\nenvoy_');
}

/** What a metrics page says about the process that wrote it; absent where it does not say. */
export interface PageFacts {
  /** Whole seconds since Envoy began, as of its last flush: up to a flush interval (5 s by default) too few. */
  readonly uptime?: number;
  /** How long Envoy took to begin, ms: written once, so another number is another process. The last line of a whole page. */
  readonly born?: string;
}

/** Raw names of the statistics that tell one Envoy from another, for `?filter=`. */
export const FACTS_FILTER = '^server[.](uptime|initialization_time_ms)$';

const UPTIME = 'envoy_server_uptime{';
const BORN = 'envoy_server_initialization_time_ms_sum{';

/** The fact that a line tells, if it tells one. */
export function readFact(line: string): PageFacts | undefined {
  if (line.startsWith(UPTIME)) {
    const uptime = Number(numberIn(line));
    return Number.isFinite(uptime) ? { uptime } : undefined;
  }
  return line.startsWith(BORN) ? { born: numberIn(line) } : undefined;
}

function numberIn(line: string): string {
  return (
    line
      .slice(line.lastIndexOf('}') + 1)
      .trim()
      .split(' ')[0] ?? ''
  );
}
