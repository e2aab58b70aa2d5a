/** Orders two versions as people number them: dotted numbers compare as numbers (1.9 < 1.10), a pre-release before its release, a leading v is ignored. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  if (left.rest === right.rest) return a < b ? -1 : a > b ? 1 : 0;
  if (left.rest === '' || right.rest === '') return left.rest === '' ? 1 : -1;
  return left.rest < right.rest ? -1 : 1;
}

function split(version: string): { numbers: readonly number[]; rest: string } {
  const match = /^v?(\d+(?:\.\d+)*)?(.*)$/.exec(version)!;
  return { numbers: (match[1] ?? '').split('.').filter(Boolean).map(Number), rest: match[2] ?? '' };
}

/** The Consul filter that picks the instances of one version; the value is always quoted, since bare 1.2.3 is no literal in go-bexpr. */
export function versionFilter(version: string): string {
  return /["\\]/.test(version) ? `Service.Meta.version == \`${version}\`` : `Service.Meta.version == "${version}"`;
}

/** One comparison with the version, as go-bexpr spells it: quoted, in backticks, or bare. */
const VERSION_FILTER = /^\s*Service\.Meta(?:\.version|\["version"\])\s*==\s*(?:"([^"\\]*)"|`([^`]*)`|([\w./-]+))\s*$/;

/** The version that a filter picks by `Service.Meta.version` and nothing else, whoever wrote it; undefined for any other filter. */
export function versionOf(filter: string): string | undefined {
  const [, quoted, ticked, bare] = VERSION_FILTER.exec(filter) ?? [];
  return quoted ?? ticked ?? bare;
}

/** Whether two filters pick the same instances for all that can be told: the same text, or the same version in another spelling. */
export function sameFilter(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  const version = a === undefined ? undefined : versionOf(a);
  return version !== undefined && b !== undefined && versionOf(b) === version;
}
