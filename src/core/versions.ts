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

/** The version that a filter of `versionFilter` picks; undefined for any other filter. */
export function versionOf(filter: string): string | undefined {
  const [, quoted, ticked] = /^Service\.Meta\.version == (?:"([^"\\]*)"|`([^`]*)`)$/.exec(filter) ?? [];
  return quoted ?? ticked;
}
