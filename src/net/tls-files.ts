import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Where a certificate and its key are. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate and its key, in PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** What a server serves with, now and later. */
export interface TlsContext {
  now(): TlsPair;
  /** Calls back whenever the files hold another good pair, until the returned function is called. */
  follow(change: (pair: TlsPair) => void): () => void;
}

/** How often the files are looked at, ms: a new certificate is in place long before the old one ends. */
const LOOK = 60_000;

/** Reads both files and checks that they belong together. A later pair that is none is told to `onTrouble`, and the last good one stays. Throws a sentence at first. */
export function openTls(files: TlsFiles, onTrouble: (why: string) => void, look = LOOK): TlsContext {
  const first = readPair(files);
  return {
    now: () => first,
    follow: (change) => {
      let [known, told] = [digestOf(first), ''];
      const timer = setInterval(() => {
        try {
          const pair = readPair(files);
          if (digestOf(pair) !== known) change(pair);
          [known, told] = [digestOf(pair), ''];
        } catch (error) {
          const { message } = error as Error;
          if (message !== told) onTrouble(`${message}; the last good certificate stays`);
          told = message;
        }
      }, look).unref();
      return () => clearInterval(timer);
    },
  };
}

function readPair({ cert, key }: TlsFiles): TlsPair {
  const pair = { cert: read(cert, 'the certificate'), key: read(key, 'the key') };
  try {
    createSecureContext(pair);
  } catch (error) {
    // The message may tell of what is in the files; its code does not.
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${cert} and ${key} are no certificate and its key (${code ?? 'unreadable'})`);
  }
  return pair;
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${what} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function digestOf({ cert, key }: TlsPair): string {
  return createHash('sha256').update(cert).update(key).digest('hex');
}
