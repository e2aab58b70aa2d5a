/** What is due when, earliest first; each key is in it at most once. Times in ms. A binary heap: adding and taking cost log n. */
export class DueQueue {
  #heap: { key: string; at: number }[] = [];
  readonly #places = new Map<string, number>();

  /** Puts the key at this time; one that is in it already is moved there. */
  set(key: string, at: number): void {
    const place = this.#places.get(key);
    if (place === undefined) {
      this.#heap.push({ key, at });
      this.#rise(this.#heap.length - 1);
      return;
    }
    const before = this.#heap[place]!.at;
    this.#heap[place]!.at = at;
    if (at < before) this.#rise(place);
    else this.#sink(place);
  }

  /** Puts the key at this time, unless it is due earlier already. */
  bring(key: string, at: number): void {
    const place = this.#places.get(key);
    if (place === undefined || at < this.#heap[place]!.at) this.set(key, at);
  }

  /** When the first one is due; undefined when there is none. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Takes out the first one that is due by `now`, with the time it was due. */
  take(now: number): { readonly key: string; readonly at: number } | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.remove(first.key);
    return first;
  }

  /** Takes the key out, if it is in. */
  remove(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const last = this.#heap.pop()!;
    if (place === this.#heap.length) return;
    this.#heap[place] = last;
    this.#rise(place);
    this.#sink(this.#places.get(last.key) ?? place);
  }

  #rise(from: number): void {
    const item = this.#heap[from]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#heap[parent]!.at <= item.at) break;
      this.#put(place, this.#heap[parent]!);
      place = parent;
    }
    this.#put(place, item);
  }

  #sink(from: number): void {
    const item = this.#heap[from]!;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#heap[child + 1]!.at < this.#heap[child]!.at) child++;
      if (this.#heap[child]!.at >= item.at) break;
      this.#put(place, this.#heap[child]!);
      place = child;
    }
    this.#put(place, item);
  }

  #put(place: number, item: { key: string; at: number }): void {
    this.#heap[place] = item;
    this.#places.set(item.key, place);
  }
}
