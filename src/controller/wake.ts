/** A bell: `ring` wakes whoever waits, or the next one who does. */
export class Wake {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Wakes the sleeper; never blocks. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves when the bell rings, or after `ms`. */
  async sleep(ms: number): Promise<void> {
    if (!this.#rung && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}
