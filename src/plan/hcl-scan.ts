/** A mistake in an HCL text, and how far from its start; `length` characters are to be marked. */
interface Slip {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string;
}

const TOKENS =
  /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|<<-?([A-Za-z_][\w-]*)[^\n]*\n(?:[\s\S]*?\n)??[ \t]*\1\b|"(?:[^"\\\n]|\\[^\n])*("?)|'|[A-Za-z_][\w-]*[ \t]*(?::(?!:)|=(?=[ \t]*\r?\n))|[{}[\]]/g;
const CLOSES: Readonly<Record<string, string>> = { '}': '{', ']': '[' };
const NAMES: Readonly<Record<string, string>> = { '{': 'block', '[': 'list' };
const WRONG_ESCAPE = /\\(?!["\\nrt]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})./;

/** Looks through a text that is not HCL for the usual slip, from the start: a text or block never closed, an unknown escape, no value, `'`, or `:` for `=`. */
export function findSlip(text: string): Slip | undefined {
  const open: { sign: string; offset: number }[] = [];
  for (const match of text.matchAll(TOKENS)) {
    const [token] = match;
    const offset = match.index;
    const slip = token.startsWith('"') ? slipInText(token, match[2] === '"', offset) : slipInSign(token, offset, open);
    if (slip !== undefined) return slip;
    if (token === '{' || token === '[') open.push({ sign: token, offset });
    else if (token === '}' || token === ']') open.pop();
  }
  const left = open.at(-1);
  if (left === undefined) return undefined;
  const close = left.sign === '{' ? '}' : ']';
  return {
    offset: left.offset,
    length: 1,
    message: `this ${NAMES[left.sign]} is never closed`,
    hint: `add a ${close} after its end`,
  };
}

function slipInText(token: string, closed: boolean, offset: number): Slip | undefined {
  if (!closed) return { offset, length: token.length, message: 'this text is never closed', hint: 'add a " at its end' };
  const wrong = WRONG_ESCAPE.exec(token.replace(/\\\\/g, '  '));
  if (wrong === null) return undefined;
  const message = `${wrong[0]} is no escape of HCL`;
  return { offset: offset + wrong.index, length: 2, message, hint: 'write \\\\ for one backslash' };
}

function slipInSign(token: string, offset: number, open: readonly { sign: string }[]): Slip | undefined {
  if (token === "'") return { offset, length: 1, message: 'a text takes double quotes in HCL', hint: 'write "…"' };
  if (token.endsWith(':') && /^\w/.test(token)) {
    return {
      offset: offset + token.length - 1,
      length: 1,
      message: 'a value follows = in HCL, not :',
      hint: `write ${token.slice(0, -1).trim()} = …`,
    };
  }
  if (token.endsWith('=')) {
    const name = token.slice(0, -1).trim();
    return {
      offset,
      length: name.length,
      message: `"${name}" has no value`,
      hint: 'write a value after the =, on the same line',
    };
  }
  if (Object.hasOwn(CLOSES, token) && open.at(-1)?.sign !== CLOSES[token]) {
    return { offset, length: 1, message: `this ${token} closes nothing`, hint: 'remove it, or open what it closes' };
  }
  return undefined;
}
