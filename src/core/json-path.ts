const STEP = /^(?:\.?([^.[\]]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\])/;

/** The keys of a path like `$.data.value`, `data.0.value` or `$['a.b'][0]`; undefined when it is none. */
export function parseJsonPath(text: string): readonly string[] | undefined {
  const keys: string[] = [];
  let rest = text.replace(/^\$/, '');
  while (rest !== '') {
    const step = STEP.exec(rest);
    if (step === null) return undefined;
    keys.push((step[1] ?? step[2] ?? step[3] ?? step[4])!);
    rest = rest.slice(step[0].length);
  }
  return keys.length === 0 && text !== '$' ? undefined : keys;
}

/** What stands at a path of a JSON value; undefined where there is nothing. */
export function valueAt(json: unknown, path: readonly string[]): unknown {
  let here = json;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[key];
  }
  return here;
}
