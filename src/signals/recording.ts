import { z } from 'zod';
import { parseMoment } from '../core/moment.js';
import type { Measurement, Reading } from '../core/verdict.js';
import type { Past } from './past.js';

/** What a recording tells of itself besides its readings. */
export interface RecordingHead {
  readonly service: string;
  readonly stable: string;
  readonly canary: string;
  readonly query?: string;
}

const at = z.union([z.string(), z.number()]).transform((text, context) => {
  const ms = parseMoment(String(text), Number.NaN);
  if (ms !== undefined && Number.isFinite(ms)) return ms;
  context.addIssue({ code: 'custom', message: `${text} is no time; write RFC 3339 or unix seconds` });
  return z.NEVER;
});
const count = z.int().min(0);
const counts = z
  .object({ bad: count, total: count })
  .refine(({ bad, total }) => bad <= total, { message: 'more are bad than there are in total' });
const reading = z.union(
  [
    z.object({ at, canary: counts, stable: counts }),
    z.object({ at, canary: z.number(), stable: z.number() }),
    z.object({ at, value: z.number() }),
    z.object({ at, none: z.string() }),
    z.object({ at, error: z.string() }),
  ],
  {
    error:
      'is no reading; write { at, canary: { bad, total }, stable: { bad, total } }, { at, value }, or to compare { at, canary, stable }',
  },
);
const document = z.object({ signals: z.record(z.string(), z.array(reading)) });
const line = z.intersection(z.object({ signal: z.string() }), reading);

/** The recording as text: one JSON document, a reading a line. */
export function writeRecording(head: RecordingHead, past: readonly Past[]): string {
  const signals = past
    .filter(({ readings }) => readings.length > 0)
    .map(({ signal, readings }) => {
      const rows = readings.map((one) => `      ${JSON.stringify(store(one))}`);
      return `    ${JSON.stringify(signal)}: [\n${rows.join(',\n')}\n    ]`;
    });
  const first = JSON.stringify(head).slice(1, -1);
  return `{\n  ${first},\n  "signals": {\n${signals.join(',\n')}\n  }\n}\n`;
}

/** The readings of a recording, by signal: one JSON document, or JSON lines that each name their signal; an Error says what is wrong and where. */
export function readRecording(text: string): readonly Past[] | Error {
  const whole = parse(text);
  if (whole !== undefined && (typeof whole !== 'object' || whole === null || !('signal' in whole))) {
    const read = document.safeParse(whole);
    if (!read.success) return new Error(sayIssue(read.error));
    return Object.entries(read.data.signals).map(([signal, rows]) => ({
      signal,
      readings: rows.map((one) => restore(signal, one)),
    }));
  }
  const readings: Reading[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '') continue;
    const read = line.safeParse(parse(row));
    if (!read.success) return new Error(`line ${index + 1}: ${parse(row) === undefined ? 'is no JSON' : sayIssue(read.error)}`);
    readings.push(restore(read.data.signal, read.data));
  }
  const names = [...new Set(readings.map(({ signal }) => signal))];
  return names.map((signal) => ({ signal, readings: readings.filter((one) => one.signal === signal) }));
}

function store({ at: ms, measurement }: Reading): object {
  const time = { at: new Date(ms).toISOString() };
  switch (measurement.kind) {
    case 'counts':
    case 'pair':
      return { ...time, canary: measurement.canary, stable: measurement.stable };
    case 'scalar':
      return { ...time, value: measurement.value };
    default:
      return { ...time, [measurement.kind]: measurement.why };
  }
}

function restore(signal: string, row: z.output<typeof reading>): Reading {
  return { signal, at: row.at, query: 'the recording', raw: '', measurement: measurementOf(row) };
}

function measurementOf(row: z.output<typeof reading>): Measurement {
  if ('value' in row) return { kind: 'scalar', value: row.value };
  if ('none' in row) return { kind: 'none', why: row.none };
  if ('error' in row) return { kind: 'error', why: row.error };
  const { canary, stable } = row;
  if (typeof canary === 'number' || typeof stable === 'number')
    return { kind: 'pair', canary: Number(canary), stable: Number(stable) };
  return { kind: 'counts', canary, stable };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sayIssue({ issues: [issue] }: z.ZodError): string {
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${path.replace(/^\./, '')}${path === '' ? '' : ': '}${issue?.message ?? 'is no recording'}`;
}
