/** The first number in a text for people; null where there is none. */
export function numberIn(text: string): number | null {
  const found = /-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?/i.exec(text)?.[0];
  return found === undefined ? null : Number(found.replaceAll(',', ''));
}
