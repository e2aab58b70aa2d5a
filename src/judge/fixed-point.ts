const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SCALE = 65_536;
const OFFSET = 1 << 23;
/** Absorbs the error of exp and log, so that writing what was read changes nothing. */
const EXACT = 1e-6;

/**
 * Wealths as text, four characters each: the natural logarithm in 1/65536, between -128 and 128, rounded DOWN. So no evidence is ever made up; a
 * restart forgives at most 0.0015 % of it, and writing again what was read forgives nothing.
 */
export function packMasses(masses: readonly number[]): string {
  return masses.map((mass) => packWord(Math.floor(Math.log(mass) * SCALE + EXACT) + OFFSET)).join('');
}

/** The wealths of such a text; undefined when it is none or has another size. */
export function unpackMasses(text: string, size: number): readonly number[] | undefined {
  if (text.length !== size * 4 || !/^[\w-]*$/.test(text)) return undefined;
  return Array.from({ length: size }, (_, i) => {
    const word = unpackWord(text.slice(i * 4, i * 4 + 4));
    return word === 0 ? 0 : Math.exp((word - OFFSET) / SCALE);
  });
}

function packWord(value: number): string {
  const word = Math.min(2 ** 24 - 1, Math.max(0, value));
  return DIGITS[word >> 18]! + DIGITS[(word >> 12) & 63]! + DIGITS[(word >> 6) & 63]! + DIGITS[word & 63]!;
}

function unpackWord(text: string): number {
  let word = 0;
  for (const digit of text) word = word * 64 + DIGITS.indexOf(digit);
  return word;
}
