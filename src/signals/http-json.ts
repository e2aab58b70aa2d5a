import { parseJsonPath, valueAt } from '../core/json-path.js';
import type { HttpSignal } from '../core/plan.js';
import type { Measurement } from '../core/verdict.js';
import { fail, numberOf, parseJson, refuse } from './answer.js';
import { askForNumber, type Quote } from './ask.js';
import { bearerOf, fillAddress, isExpected, sayAddress } from './http.js';
import type { Measured } from './measured.js';
import type { Asking } from './vendor.js';

/** One number from the JSON that an address answers, by the path in `json`. Nothing at the path, or null, is no data. */
export function measureHttpJson(signal: HttpSignal & { readonly json: string }, { target, abort }: Asking): Promise<Measured> {
  const url = fillAddress(signal, target);
  const who = url.host;
  const prepare = async () => {
    const token = await bearerOf(signal);
    return {
      who,
      url,
      method: signal.method,
      headers: { accept: 'application/json', ...token?.headers },
      secrets: token?.secrets ?? [],
      timeout: signal.timeout,
      read: (status: number, body: string, quote: Quote): Measurement =>
        isExpected(status, signal.expect) ? readNumber(signal.json, body, quote, who) : refuse({ who }, status, quote(body)),
    };
  };
  return askForNumber(`${signal.method} ${sayAddress(url)} ${signal.json}`, prepare, abort);
}

function readNumber(path: string, body: string, quote: Quote, who: string): Measurement {
  const answer = parseJson(body);
  if (answer === undefined) return fail(`the answer of ${who} is no JSON: ${quote(body)}; check the url`);
  const found = valueAt(answer, parseJsonPath(path) ?? []);
  if (found === undefined || (Array.isArray(found) && found.length === 0))
    return { kind: 'none', why: `the answer has nothing at ${path}` };
  if (Array.isArray(found)) return fail(`the answer has a list of ${found.length} at ${path}; name one of them, like ${path}.0`);
  return numberOf(found);
}
