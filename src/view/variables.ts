import { harmless } from './style.js';

/** The variables of a plan in one line: `window=5m, node=backend-2`; a value with spaces in quotes. */
export function describeVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${harmless(/^\S+$/.test(value) ? value : JSON.stringify(value))}`)
    .join(', ');
}
