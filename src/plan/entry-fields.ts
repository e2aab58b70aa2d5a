import type { Entry as Field, PlanNode } from './node.js';

/** A map under a key of Consul: keys in any case and with or without underscores are the same, and a list of one map is that map, as HCL 1 makes it. */
export function asMap(node: PlanNode | undefined): readonly Field[] {
  if (node?.kind === 'list' && node.items.length === 1) return asMap(node.items[0]);
  return node?.kind === 'map' ? node.entries : [];
}

/** A list under a key of Consul; a single map is a list of one. */
export function asList(node: PlanNode | undefined): readonly PlanNode[] {
  if (node?.kind === 'list') return node.items;
  return node?.kind === 'map' ? [node] : [];
}

/** The field of a map by Consul's name of it, however it is spelled. */
export function fieldOf(node: PlanNode | undefined, name: string): Field | undefined {
  return asMap(node).find(({ key }) => sameKey(key, name));
}

/** The text under a field; undefined where there is none, or an empty one. Numbers are taken letter by letter. */
export function textIn(node: PlanNode | undefined, name: string): string | undefined {
  const value = fieldOf(node, name)?.value;
  if (value?.kind !== 'scalar' || value.value === null || value.value === '') return undefined;
  return typeof value.value === 'string' ? value.value : value.source;
}

/** Whether the node says nothing: what Consul writes where nobody set anything. */
export function isEmpty(node: PlanNode): boolean {
  if (node.kind === 'map') return node.entries.every(({ value }) => isEmpty(value));
  if (node.kind === 'list') return node.items.every(isEmpty);
  return node.value === null || node.value === '' || node.value === false || node.value === 0 || node.value === '0s';
}

/** Whether two spellings mean one key of Consul. */
export function sameKey(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(key: string): string {
  return key.replace(/_/g, '').toLowerCase();
}
