import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { FreezeState, Self } from '../../api/schemas.js';
import { isConnected, type Link, type Refusal, type StreamEvent } from './stream.js';

/** What every part of the page may know. */
export interface Shell {
  readonly link: Link;
  /** Since when it is so, ms. */
  readonly since: number;
  /** Why the server says no; only while it does. */
  readonly refusal: Refusal | undefined;
  readonly self: Self | undefined;
  readonly freeze: FreezeState | undefined;
  readonly keys: boolean;
  setToken(token: string): Promise<Self>;
  setKeys(on: boolean): void;
  /** Hears every event of the stream, until the returned function is called. */
  listen(ear: (event: StreamEvent) => void): () => void;
}

export const ShellContext = createContext<Shell>(undefined as unknown as Shell);

/** The shell that this part is in. */
export function useShell(): Shell {
  return useContext(ShellContext);
}

/** The time, so that spans count on; it stands still while the connection is lost. */
export function useNow(): number {
  const { link, since } = useShell();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return isConnected(link) ? now : since;
}

/** Calls back on single keys, unless the viewer has switched them off or is writing. */
export function useKeys(handlers: Readonly<Record<string, () => void>>): void {
  const { keys } = useShell();
  useEffect(() => {
    if (!keys) return;
    const onKey = (event: KeyboardEvent): void => {
      const at = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || at.closest('input, textarea, select, dialog') !== null) return;
      const handler = handlers[event.key];
      if (handler === undefined) return;
      event.preventDefault();
      handler();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}
