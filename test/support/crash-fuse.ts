/** What a driver dies of in these tests. */
export class Crash extends Error {}

/** Ends a driver's life at one of its calls: before the call is sent, or after it was done but before the driver hears of it. */
export class Fuse {
  /** Rejects with a Crash when the fuse blows. */
  readonly blown: Promise<never>;
  readonly #at: number;
  readonly #when: 'before' | 'after';
  #calls = 0;
  #dead = false;
  #blow: (crash: Crash) => void = () => undefined;

  constructor(at: number, when: 'before' | 'after') {
    this.#at = at;
    this.#when = when;
    this.blown = new Promise((_, reject) => {
      this.#blow = reject;
    });
    this.blown.catch(() => undefined);
  }

  /** How many calls went through so far. */
  get calls(): number {
    return this.#calls;
  }

  /** The same port, through this fuse: every method is a call. */
  guard<T extends object>(port: T): T {
    return through(port, (call) => this.pass(call));
  }

  /** One call; of a dead driver none is sent and no answer arrives. */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Crash('dead');
    this.#calls++;
    const last = this.#calls === this.#at;
    if (last && this.#when === 'before') this.#die();
    const answer = await call();
    if (last) this.#die();
    if (this.#dead) throw new Crash('dead');
    return answer;
  }

  #die(): never {
    this.#dead = true;
    const crash = new Crash(`${this.#when} call ${this.#at}`);
    this.#blow(crash);
    throw crash;
  }
}

/** Lets something happen right after one call was answered, before the caller hears of it. */
export class Meddler {
  readonly #at: number;
  readonly #meddle: () => Promise<void>;
  #calls = 0;

  constructor(at: number, meddle: () => Promise<void>) {
    this.#at = at;
    this.#meddle = meddle;
  }

  /** How many calls went through so far. */
  get calls(): number {
    return this.#calls;
  }

  /** The same port, with this meddler in it. */
  guard<T extends object>(port: T): T {
    return through(port, async (call) => {
      const own = ++this.#calls === this.#at;
      const answer = await call();
      if (own) await this.#meddle();
      return answer;
    });
  }
}

function through<T extends object>(port: T, pass: (call: () => Promise<unknown>) => Promise<unknown>): T {
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...given: readonly unknown[]) => pass(async () => member.apply(target, given) as unknown);
    },
  });
}
