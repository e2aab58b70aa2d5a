import { ConsulError } from '../consul/errors.js';
import type { Check } from '../core/preflight.js';
import { CommandError, EXIT } from './exit.js';

const ENDS_ALL = ['unreachable', 'no-leader', 'tls', 'aborted'];

/** Makes checks one by one, so that one which cannot be made hides no other: it is a failed check itself. Only a Consul that does not answer, or a plan that is not valid, ends them all. */
export class Attempts {
  #denied: ConsulError | undefined;

  /** The value, or the failed check that says why there is none. */
  async try<T>(name: string, make: () => Promise<T>): Promise<{ readonly value: T } | { readonly failed: Check }> {
    try {
      return { value: await make() };
    } catch (error) {
      if (error instanceof ConsulError && ENDS_ALL.includes(error.code)) throw error;
      if (error instanceof CommandError && error.exit === EXIT.planInvalid) throw error;
      if (error instanceof ConsulError && error.code === 'denied') this.#denied ??= error;
      return { failed: failedCheck(name, error) };
    }
  }

  /** The checks, or the failed one that says why there are none. */
  async checks(name: string, make: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
    const made = await this.try(name, make);
    return 'failed' in made ? [made.failed] : made.value;
  }

  /** Throws the first refusal for want of a permission, once all else is told. */
  end(): void {
    if (this.#denied !== undefined) throw this.#denied;
  }
}

function failedCheck(name: string, error: unknown): Check {
  if (error instanceof ConsulError || error instanceof CommandError)
    return { name, verdict: 'failed', message: error.message, hint: error.hint };
  return {
    name,
    verdict: 'failed',
    message: `this check could not be made: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'this is a bug in splitter; please report it with this line',
  };
}
