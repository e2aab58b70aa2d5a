/** Whether two sides may mean the same namespace, partition or datacenter: what either leaves open is its own default, which the other cannot contradict. */
export function agrees(one: string | undefined, other: string | undefined): boolean {
  return !one || !other || one === other;
}
