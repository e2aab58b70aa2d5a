import type { ProgramCall, ProgramOutcome } from '../core/programs.js';
import type { Programs } from '../ports.js';

/** Programs that a driver has started: each runs once, beside everything else, and rings when it ends. */
export class RunningPrograms {
  readonly #programs: Programs;
  readonly #ring: () => void;
  readonly #stop = new AbortController();
  readonly #started = new Map<string, Promise<void>>();
  #ended: readonly ProgramOutcome[] = [];
  #unlogged: readonly ProgramOutcome[] = [];

  constructor(programs: Programs, ring: () => void) {
    this.#programs = programs;
    this.#ring = ring;
  }

  /** Starts the call, unless it was started already. */
  start(call: ProgramCall): void {
    if (this.#started.has(call.id)) return;
    const run = this.#programs.run(call, this.#stop.signal).then((outcome) => {
      this.#ended = [...this.#ended, outcome];
      this.#unlogged = [...this.#unlogged, outcome];
      this.#ring();
    });
    this.#started.set(call.id, run);
  }

  /** Ends what still runs, and resolves when it has. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#started.values());
  }

  /** What has ended so far. */
  get ended(): readonly ProgramOutcome[] {
    return this.#ended;
  }

  /** What has ended since the last time, for the log. */
  takeUnlogged(): readonly ProgramOutcome[] {
    const outcomes = this.#unlogged;
    this.#unlogged = [];
    return outcomes;
  }
}
