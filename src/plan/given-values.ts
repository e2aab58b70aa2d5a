/** Values for the variables of plans, from outside of them: each as text, with the words for where it came from. */
export interface GivenValues {
  find(name: string): GivenValue | undefined;
}

/** One of them. */
export interface GivenValue {
  readonly text: string;
  /** `--var`, the name of the environment variable, or `file:line`. */
  readonly from: string;
}

/** What the environment variables that give values begin with. */
const PREFIX = 'SPLITTER_VAR_';

/** No values: every variable is its default. */
export const NO_VALUES: GivenValues = { find: () => undefined };

/** Values by the flags first, then the environment, then the files, of which a later one wins. */
export function gatherValues(
  flags: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
  files: readonly ReadonlyMap<string, GivenValue>[] = [],
): GivenValues {
  return {
    find: (name) => {
      const flag = flags.get(name);
      if (flag !== undefined) return { text: flag, from: '--var' };
      const variable = PREFIX + name;
      const set = env[variable];
      if (set !== undefined) return { text: set, from: variable };
      return files.findLast((file) => file.has(name))?.get(name);
    },
  };
}
