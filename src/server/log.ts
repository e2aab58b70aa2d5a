import { type Logger, pino } from 'pino';
import { type LogRecord, renderLogLine } from '../view/log-line.js';

/** A log. Passwords in addresses are taken out of every line; tokens and webhooks never come in: see what the functions beside it choose. */
export type Log = Logger;

/** How much is logged, in which form, and where to: a function that takes whole lines. */
export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'text';
  readonly write: (line: string) => void;
  /** The id of the controller, on every line of JSON. */
  readonly controller: string;
}

/** A log of JSON lines, times in RFC 3339 UTC and levels as words, or of lines for people. */
export function createLog({ level, format, write, controller }: LogOptions): Log {
  const options = {
    level,
    base: { controller },
    messageKey: 'msg',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const render = format === 'json' ? (line: string) => line : (line: string) => renderLogLine(JSON.parse(line) as LogRecord);
  return pino(options, { write: (line: string) => write(render(withoutPasswords(line))) });
}

/** A text whose addresses show no user and no password. */
export function withoutPasswords(line: string): string {
  return line.replace(/(?<=:\/\/)[^/\s@"'\\]+(?=@)/g, '***');
}

/** A text without what addresses may give away: user, password, and all behind the host. */
export function withoutAddresses(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@"']*@)?([^\s/?#"')]+)[^\s"')]*/gi, '$1$2/…');
}
