/** A version as far as it can be put into an order: its kind, its numbers, and what a pre-release says. */
interface Ordered {
  /** Only versions of one kind compare: `number` (2, 1.10, v1.2.0-rc.1), `date` (2026-11-30), or a word that counts (build-7). */
  readonly kind: string;
  readonly numbers: readonly string[];
  /** Identifiers of a pre-release, which comes before its release. */
  readonly early: readonly string[];
}

const NUMBER = /^v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T_ -]?(\d{2}):?(\d{2})(?::?(\d{2}))?Z?)?$/;
const COUNTED = /^([A-Za-z]+)[-_.]?(\d+(?:\.\d+)*)$/;
const HEX = /^[0-9a-f]+$/i;
/** The words of pre-releases that people put into an order. */
const STAGES = ['dev', 'snapshot', 'alpha', 'a', 'beta', 'b', 'm', 'milestone', 'pre', 'preview', 'rc'];

/**
 * Which of two versions is older: below 0 the first one, above 0 the second. Undefined where they have no order that people agree on: commit ids, words, a
 * number beside a word, and versions that differ in nothing that counts. Numbers and pre-releases as in semver.org 2.0.0, section 11.
 */
export function orderVersions(a: string, b: string): number | undefined {
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined || left.kind !== right.kind) return undefined;
  const order = orderNumbers(left.numbers, right.numbers);
  if (order !== 0) return order;
  if (left.early.length === 0 || right.early.length === 0) return right.early.length - left.early.length || undefined;
  return orderEarly(left.early, right.early);
}

/** The versions, each once and the oldest first; undefined where two of them have no order. */
export function sortVersions(versions: readonly string[]): readonly string[] | undefined {
  const once = [...new Set(versions)];
  const unordered = once.some((a, i) => once.slice(i + 1).some((b) => orderVersions(a, b) === undefined));
  return unordered ? undefined : once.sort((a, b) => orderVersions(a, b) ?? 0);
}

function parse(version: string): Ordered | undefined {
  const date = DATE.exec(version);
  if (date !== null) return { kind: 'date', numbers: date.slice(1).map((part) => part ?? '0'), early: [] };
  const number = NUMBER.exec(version);
  if (number !== null) return { kind: 'number', numbers: number[1]!.split('.'), early: number[2]?.split(/[.-]/) ?? [] };
  const counted = COUNTED.exec(version);
  if (counted === null || HEX.test(counted[1]!)) return undefined;
  return { kind: counted[1]!.toLowerCase(), numbers: counted[2]!.split('.'), early: [] };
}

function orderNumbers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = orderDigits(a[i] ?? '0', b[i] ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers may be longer than a double holds, as dates with the time are. */
function orderDigits(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

/** Pre-releases of one version: rc.2 comes before rc.10, alpha before beta; a commit id in one of them tells nothing. */
function orderEarly(a: readonly string[], b: readonly string[]): number | undefined {
  const [left, right] = [a.flatMap(splitStage), b.flatMap(splitStage)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [one, other] = [left[i]!, right[i]!];
    if (one === other) continue;
    if (/^\d+$/.test(one) && /^\d+$/.test(other)) return orderDigits(one, other) || undefined;
    const [first, second] = [STAGES.indexOf(one), STAGES.indexOf(other)];
    return first === -1 || second === -1 ? undefined : first - second;
  }
  return left.length - right.length || undefined;
}

/** `rc1` is `rc` and `1`. */
function splitStage(part: string): readonly string[] {
  const [, word, number] = /^([A-Za-z]+)(\d+)$/.exec(part) ?? [];
  return word !== undefined && number !== undefined && STAGES.includes(word.toLowerCase())
    ? [word.toLowerCase(), number]
    : [part.toLowerCase()];
}
