import { ConsulError } from '../consul/errors.js';

/** Tells a controller that may not even register, for which waiting is no use, from one that is turned away for a while. */
export class Admission {
  /** Resolves with what Consul said when it refuses before it has ever registered this controller. */
  readonly refused: Promise<ConsulError>;
  #refuse: (error: ConsulError) => void = () => undefined;
  #isAdmitted = false;

  constructor() {
    this.refused = new Promise((resolve) => {
      this.#refuse = resolve;
    });
  }

  /** It is registered now. */
  admit(): void {
    this.#isAdmitted = true;
  }

  /** A beat failed. */
  fail(error: Error): void {
    if (!this.#isAdmitted && error instanceof ConsulError && error.code === 'denied') this.#refuse(error);
  }
}
