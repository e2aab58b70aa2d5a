/** Remembers when each thing was done last, and takes only those whose interval has gone by. Times in ms. */
export class Due {
  readonly #last = new Map<string, number>();

  /** Whether it is time for this one again; if so, it counts as done now. A clock that was set back makes it due. */
  take(key: string, interval: number, now: number): boolean {
    const last = this.#last.get(key);
    if (last !== undefined && now >= last && now - last < interval) return false;
    this.#last.set(key, now);
    return true;
  }
}
