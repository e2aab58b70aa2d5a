import { type CountTally, decodeCountTally, encodeCountTally, startCountStep } from './count-tally.js';
import { decodeSampleTally, encodeSampleTally, type SampleTally, startSampleStep } from './sample-tally.js';
import { decodeScalarTally, encodeScalarTally, type ScalarTally } from './scalar-tally.js';

/** What is known of one signal since its rollout began. */
export type SignalTally = CountTally | ScalarTally | SampleTally;

/** The evidence of a whole rollout, by signal name; kept in the record, so that a restart forgives nothing. */
export type Tally = Readonly<Record<string, SignalTally>>;

/** The tally as a step begins: what was seen in the step before no longer counts as seen, but no evidence of harm is forgotten. */
export function startStep(tally: Tally): Tally {
  return mapTally(tally, (entry) => {
    switch (entry.kind) {
      case 'counts':
        return startCountStep(entry);
      case 'scalar':
        return { ...entry, inStep: 0 };
      case 'samples':
        return startSampleStep(entry);
    }
  });
}

/** Compact JSON, the same for the same tally, empty for an empty one; about 200 characters for each count signal, 100 for each comparison and 40 for each other. */
export function encodeTally(tally: Tally): string {
  const names = Object.keys(tally).sort();
  if (names.length === 0) return '';
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, encodeEntry(tally[name]!)])));
}

/** The tally of such a text. Entries that are broken or of an unknown kind are left out; a text that is no JSON object gives an empty tally. */
export function decodeTally(text: string): Tally {
  const entries = Object.entries(parseObject(text)).flatMap(([name, entry]) => {
    const decoded = Array.isArray(entry) ? decodeEntry(entry) : undefined;
    return decoded === undefined ? [] : [[name, decoded] as const];
  });
  return Object.fromEntries(entries);
}

function encodeEntry(entry: SignalTally): readonly unknown[] {
  switch (entry.kind) {
    case 'counts':
      return encodeCountTally(entry);
    case 'scalar':
      return encodeScalarTally(entry);
    case 'samples':
      return encodeSampleTally(entry);
  }
}

function decodeEntry(entry: readonly unknown[]): SignalTally | undefined {
  switch (entry[0]) {
    case 'b':
    case 'c':
      return decodeCountTally(entry);
    case 's':
      return decodeScalarTally(entry);
    case 'p':
      return decodeSampleTally(entry);
    default:
      return undefined;
  }
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function mapTally(tally: Tally, change: (entry: SignalTally) => SignalTally): Tally {
  return Object.fromEntries(Object.entries(tally).map(([name, entry]) => [name, change(entry)]));
}
