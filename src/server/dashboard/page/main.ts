import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { FreezeState, Self } from '../../api/schemas.js';
import { type ApiError, readSelf, setToken } from './api.js';
import { html } from './html.js';
import { List } from './list.js';
import { RolloutPage } from './rollout.js';
import { alarm, calm } from './say.js';
import { type Shell, ShellContext, useKeys } from './shell.js';
import { follow, type Link, type Refusal, type StreamEvent } from './stream.js';
import { Top } from './top.js';

/** A lost connection is told aloud after so long, ms. */
const LONG = 10_000;
const LOST = 'The connection is lost';
const KEYS = 'splitter-keys';

function Page() {
  const place = usePlace();
  const [ears] = useState(() => new Set<(event: StreamEvent) => void>());
  const [link, setLink] = useState<{ link: Link; since: number; refusal: Refusal | undefined }>({
    link: 'stale',
    since: Date.now(),
    refusal: undefined,
  });
  const [self, setSelf] = useState<Self | undefined>();
  const [freeze, setFreeze] = useState<FreezeState | undefined>();
  const [keys, setKeys] = useState(localStorage.getItem(KEYS) !== 'off');
  /** Another token is another reader. */
  const [reader, setReader] = useState(0);
  const service = place.service;
  useEffect(() => {
    readSelf().then(setSelf, () => undefined);
  }, []);
  useEffect(() => {
    return follow(
      service === undefined ? '' : `?service=${encodeURIComponent(service)}`,
      (event) => {
        if (event.event === 'hello') setFreeze((event.data as { freeze: FreezeState }).freeze);
        if (event.event === 'freeze') setFreeze(event.data as FreezeState);
        for (const ear of ears) ear(event);
      },
      (next, since, refusal) => {
        const same = (old: typeof link): boolean =>
          old.link === next && old.since === since && old.refusal?.again === refusal?.again;
        setLink((old) => (same(old) ? old : { link: next, since, refusal }));
        if (refusal !== undefined) alarm(refusal.message);
        if (refusal?.ofToken === true) {
          setToken('');
          readSelf().then(setSelf, () => undefined);
        }
        if (next === 'lost' && Date.now() - since > LONG) alarm(LOST);
        if (next === 'live') calm(LOST);
      },
    );
  }, [service, reader]);
  const shell: Shell = {
    ...link,
    self,
    freeze,
    keys,
    setToken: async (token) => {
      setToken(token);
      const next = await readSelf().catch(
        (error: ApiError): Self => ({ acts: false, name: null, accessor: null, message: error.message }),
      );
      if (!next.acts) setToken('');
      setSelf(next);
      setReader((count) => count + 1);
      return next;
    },
    setKeys: (on) => {
      localStorage.setItem(KEYS, on ? 'on' : 'off');
      setKeys(on);
    },
    listen: useMemo(
      () => (ear: (event: StreamEvent) => void) => {
        ears.add(ear);
        return () => void ears.delete(ear);
      },
      [],
    ),
  };
  return html`<${ShellContext.Provider} value=${shell}>
    <${Keys} />
    <${Top} />
    ${service === undefined ? html`<${List} query=${place.query} />` : html`<${RolloutPage} key=${service} service=${service} />`}
  <//>`;
}

function Keys() {
  useKeys({
    l: () => {
      location.hash = '/';
    },
  });
  return null;
}

interface Place {
  readonly service: string | undefined;
  readonly query: URLSearchParams;
}

/** Where the viewer is, by the URL's fragment: nothing of it goes to the server but what is read. */
function usePlace(): Place {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const onHash = (): void => setPlace(readPlace());
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return place;
}

function readPlace(): Place {
  const [path = '', query = ''] = location.hash.slice(1).split('?');
  const service = /^\/rollouts\/(.+)$/.exec(path)?.[1];
  return { service: service === undefined ? undefined : decode(service), query: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

render(html`<${Page} />`, document.getElementById('page')!);
