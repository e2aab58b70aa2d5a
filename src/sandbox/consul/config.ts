import { createHash } from 'node:crypto';
import { compileChain, type FindEntry } from './chain.js';
import { ChainFailure } from './chain-graph.js';
import { EMPTY_KINDS, SHAPES } from './config-kinds.js';
import { checkFields, type SplitContent } from './config-rules.js';
import { decode, type Findings } from './config-shape.js';
import { Failure, listErrors } from './failure.js';
import type { EntryRecord, Json, JsonObject } from './records.js';
import type { State } from './state.js';

const CHAIN_KINDS = ['service-router', 'service-splitter', 'service-resolver'] as const;

/** Whether Consul has such a kind of entry at all. */
export function isKind(kind: string): boolean {
  return Object.hasOwn(SHAPES, kind) || EMPTY_KINDS.has(kind);
}

/** Reads an entry's body into its canonical form; 400 with Consul's words for what cannot be decoded. */
export function decodeEntry(body: JsonObject): { readonly kind: string; readonly content: JsonObject } {
  const kind = body.Kind ?? body.kind;
  if (kind === undefined)
    throw new Failure(400, 'Request decoding failed: Payload does not contain a kind/Kind key at the top level');
  if (typeof kind !== 'string' || !isKind(kind))
    throw new Failure(400, `Request decoding failed: invalid config entry kind: ${String(kind)}`);
  const shape = SHAPES[kind];
  if (shape === undefined)
    throw new Failure(501, `the sandbox holds no config entries of kind "${kind}": use a real Consul for it`);
  const findings: Findings = { unknown: [], wrong: [] };
  const content = decode(shape, body, '', findings) as JsonObject;
  if (findings.wrong.length > 0) {
    throw new Failure(
      400,
      `Request decoding failed: decoding failed due to the following error(s):\n\n${findings.wrong.join('\n')}`,
    );
  }
  if (findings.unknown.length > 0) {
    throw new Failure(400, `Request decoding failed: ${listErrors(findings.unknown.map(describeUnknown))}`);
  }
  return { kind, content };
}

/** Writes an entry; false when `cas` (0: only if absent) is not its ModifyIndex. The same content again is `true` and changes nothing. */
export function putEntry(state: State, kind: string, content: JsonObject, cas: number | undefined): boolean {
  checkFields(kind, content);
  const name = String(content.Name);
  const known = state.entry(kind, name);
  const json = JSON.stringify(content);
  if (known?.json === json) return true;
  if (cas !== undefined && cas !== (known?.ModifyIndex ?? 0)) return false;
  checkGraph(state, kind, name, content);
  const index = state.next('entries');
  const record: EntryRecord = {
    kind,
    name,
    content,
    json,
    hash: hash64(json),
    CreateIndex: known?.CreateIndex ?? index,
    ModifyIndex: index,
  };
  const table = state.entries.get(kind) ?? new Map<string, EntryRecord>();
  state.entries.set(kind, table.set(name.toLowerCase(), record));
  if (kind !== 'proxy-defaults') state.assignVirtualAddress(name);
  state.announce();
  return true;
}

/** Deletes an entry, if there is one; false when `cas` is not the ModifyIndex of one that is there. */
export function removeEntry(state: State, kind: string, name: string, cas: number | undefined): boolean {
  const known = state.entry(kind, name);
  if (known === undefined) return true;
  if (cas !== undefined && cas !== known.ModifyIndex) return false;
  checkGraph(state, kind, known.name, undefined);
  state.entries.get(kind)?.delete(name.toLowerCase());
  state.next('entries');
  state.announce();
  return true;
}

/** The entries of the state as the chain compiler wants them. */
export function findIn(state: State): FindEntry {
  return (kind, name) => {
    const record = state.entry(kind, name);
    return record?.name === name ? record.content : undefined;
  };
}

/** The entry as JSON text, with its hash and indexes. */
export function renderEntry({ json, hash, CreateIndex, ModifyIndex }: EntryRecord): string {
  return `${json.slice(0, -1)},"Hash":${hash},"CreateIndex":${CreateIndex},"ModifyIndex":${ModifyIndex}}`;
}

/** Compiles every chain that the change could break; 500 with the first complaint. */
function checkGraph(state: State, kind: string, name: string, content: JsonObject | undefined): void {
  const before = findIn(state);
  const find: FindEntry = (ofKind, ofName) => (ofKind === kind && ofName === name ? content : before(ofKind, ofName));
  const affected = kind === 'proxy-defaults' ? namesInChains(state) : reachers(state, name);
  for (const service of affected) {
    try {
      compileChain(service, find, state.datacenter, state.trustDomain);
    } catch (error) {
      if (error instanceof ChainFailure) throw new Failure(500, error.message);
      throw error;
    }
  }
}

function namesInChains(state: State): Set<string> {
  return new Set(CHAIN_KINDS.flatMap((kind) => [...(state.entries.get(kind)?.values() ?? [])].map(({ name }) => name)));
}

/** The service itself and all those whose entries lead to it, at any distance. */
function reachers(state: State, name: string): Set<string> {
  const found = new Set([name]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const kind of CHAIN_KINDS) {
      for (const record of state.entries.get(kind)?.values() ?? []) {
        if (!found.has(record.name) && linksOf(record).some((link) => found.has(link))) found.add(record.name);
      }
    }
  }
  return found;
}

function linksOf({ kind, content }: EntryRecord): string[] {
  const service = (part: Json | undefined): string => String((part as JsonObject | undefined)?.Service ?? '');
  if (kind === 'service-splitter') return (content.Splits as unknown as SplitContent[]).map((split) => split.Service ?? '');
  if (kind === 'service-router') return (content.Routes as JsonObject[]).map((route) => service(route.Destination));
  const failover = Object.values((content.Failover ?? {}) as JsonObject) as JsonObject[];
  const targets = failover.flatMap((each) => (each.Targets ?? []) as JsonObject[]);
  return [content.Redirect, ...failover, ...targets].map(service);
}

function describeUnknown(key: string): string {
  const feature = { Namespace: 'namespaces are', Partition: 'partitions are' }[key];
  return `invalid config key "${key}"${feature === undefined ? '' : `, ${feature} a consul enterprise feature`}`;
}

function hash64(text: string): string {
  return createHash('sha256').update(text).digest().readBigUInt64BE(0).toString();
}
