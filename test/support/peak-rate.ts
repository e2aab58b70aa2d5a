/** Counts events, and the most of them within any one second. */
export class PeakRate {
  #total = 0;
  #peak = 0;
  #recent: number[] = [];

  /** One event at this time, ms; times must not go back. */
  add(at: number): void {
    this.#total++;
    this.#recent.push(at);
    const first = this.#recent.findIndex((time) => time > at - 1_000);
    this.#recent.splice(0, first);
    this.#peak = Math.max(this.#peak, this.#recent.length);
  }

  get total(): number {
    return this.#total;
  }

  get peak(): number {
    return this.#peak;
  }
}
