import { Failure } from './failure.js';
import type { Json, JsonObject } from './records.js';
import type { State } from './state.js';

/** One request as the routes see it; `rest` is the path after the route's prefix, decoded. */
export interface Call {
  readonly method: string;
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly state: State;
}

/** What goes back: a JSON text, or other text with its type. */
export interface Reply {
  readonly status: number;
  readonly body: string | Buffer;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A read at one moment: its index, what must differ for a blocked reader to wake, and the reply. */
export interface Snapshot {
  readonly index: number;
  readonly mark: string | number;
  readonly reply: () => Reply;
}

/** A read that can block: called again after each change of the state. */
export type Watch = () => Snapshot;

/** What a handler answers: a reply at once, or a read that the server may hold. */
export type Answer = Reply | Watch;

/** Serves one method of one route. */
export type Handler = (call: Call) => Answer;

/** A family's routes: path prefix (ending in `/` when a rest follows) to its methods. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

/** A reply of this value as JSON. */
export function json(value: unknown): Reply {
  return { status: 200, body: JSON.stringify(value) };
}

/** An empty reply, as the agent endpoints give. */
export function nothing(): Reply {
  return { status: 200, body: '', type: 'application/json; charset=utf-8' };
}

/** The request's body as a JSON object; 400 with Consul's words when it is none. `prefix` starts the message. */
export function readJson(call: Call, prefix: string): JsonObject {
  const text = call.body.toString('utf8');
  if (text.trim() === '') throw new Failure(400, `${prefix}: EOF`);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Failure(400, `${prefix}: ${describeBadJson(text)}`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Failure(400, `${prefix}: json: cannot unmarshal ${typeof value} into Go value`);
  }
  return value;
}

/** An unsigned number of the query; undefined when absent (or empty, where `emptyIsAbsent`); 500 with Go's words when it is none. */
export function readUnsigned(call: Call, name: string, emptyIsAbsent: boolean): number | undefined {
  const text = call.query.get(name);
  if (text === null || (text === '' && emptyIsAbsent)) return undefined;
  if (!/^\d+$/.test(text)) throw new Failure(500, `strconv.ParseUint: parsing "${text}": invalid syntax`);
  return Number(text);
}

function describeBadJson(text: string): string {
  const first = text.trimStart();
  const literal = ['null', 'true', 'false'].find((word) => first[0] === word[0]);
  if (literal !== undefined) {
    const at = [...literal].findIndex((letter, i) => first[i] !== letter);
    if (at >= 0 && at < first.length)
      return `invalid character '${first[at]}' in literal ${literal} (expecting '${literal[at]}')`;
  }
  if (/^[[{"]/.test(first)) return 'unexpected EOF';
  return `invalid character '${first[0]}' looking for beginning of value`;
}
