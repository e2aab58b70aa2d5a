interface Pieces {
  readonly subsets?: string;
  readonly steps?: string;
  readonly more?: string;
}

/** A YAML plan that is good wherever the given pieces are. */
export function yamlPlan({ subsets, steps, more }: Pieces): string {
  return [
    'service: payments',
    subsets ?? 'subsets:\n  blue: { version: "2" }\n  green: { version: "3" }',
    steps ?? 'steps:\n  - weight: 50',
    more,
    '',
  ].join('\n');
}

/** An HCL plan that is good wherever the given pieces are. */
export function hclPlan({ subsets, steps, more }: Pieces): string {
  const body = [
    subsets ?? 'subset "blue" { version = "2" }\nsubset "green" { version = "3" }',
    steps ?? 'step { weight = 50 }',
    more,
  ];
  return ['rollout "payments" {', ...body, '}', ''].join('\n');
}

/** The text without its `▼` marks, and the line and column that the (only) mark stands before. */
export function unmark(marked: string): { readonly text: string; readonly line: number; readonly column: number } {
  const before = marked.slice(0, marked.indexOf('▼')).split('\n');
  return { text: marked.replace('▼', ''), line: before.length, column: before.at(-1)!.length + 1 };
}
