import type { ChainNode } from './chain.js';

/** Entries that cannot be compiled together; the message is Consul's. */
export class ChainFailure extends Error {}

type Nodes = Record<string, ChainNode>;

/** The first way round through splitters and routers, from the start; undefined when there is none. */
export function findCycle(start: string, nodes: Nodes): string[] | undefined {
  const done = new Set<string>();
  const visit = (key: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(key)) return [...path, key];
    if (done.has(key)) return undefined;
    for (const next of nextOf(nodes[key])) {
      const cycle = visit(next, [...path, key]);
      if (cycle !== undefined) return cycle;
    }
    done.add(key);
    return undefined;
  };
  return visit(start, []);
}

/** Replaces each leg that leads to another splitter by that splitter's legs, weights multiplied. */
export function flattenSplitters(nodes: Nodes): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of Object.values(nodes)) {
      if (node.Splits === undefined || !node.Splits.some((split) => nodes[split.NextNode]?.Splits !== undefined)) continue;
      changed = true;
      node.Splits = node.Splits.flatMap((split) => {
        const inner = nodes[split.NextNode]?.Splits;
        if (inner === undefined) return [split];
        return inner.map(({ Definition, Weight, NextNode }) => {
          const weight = Math.round((Weight ?? 0) * (split.Weight ?? 0)) / 100;
          return { Definition, ...(weight === 0 ? {} : { Weight: weight }), NextNode };
        });
      });
    }
  }
}

/** The nodes that the start leads to, sorted by key. */
export function keepReached(start: string, nodes: Nodes): Nodes {
  const reached = new Set<string>();
  const pending = [start];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    pending.push(...nextOf(nodes[key]));
  }
  return Object.fromEntries([...reached].sort().map((key) => [key, nodes[key] as ChainNode]));
}

function nextOf(node: ChainNode | undefined): readonly string[] {
  return [...(node?.Routes ?? []), ...(node?.Splits ?? [])].map((edge) => edge.NextNode);
}
