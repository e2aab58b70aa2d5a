const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` once when the signal fires; the function given takes it back. However many wait on one signal, Node sees a single listener:
 * hundreds of requests share a signal, and past ten Node warns people of a leak that there is none of.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const own = waiting.get(signal) ?? listen(signal);
  // A function of its own, so that the same one may wait twice.
  const call = (): void => act();
  own.add(call);
  return () => void own.delete(call);
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  const fire = (): void => {
    for (const act of [...all]) act();
    all.clear();
  };
  signal.addEventListener('abort', fire, { once: true });
  return all;
}
