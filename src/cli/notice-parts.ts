import { settingsSchema } from '../controller/settings.js';
import { isRecord } from '../core/is-record.js';
import type { NotifierParts } from '../notify/notifier.js';
import type { Context } from './context.js';
import type { Io } from './io.js';

/** Consul is asked once, and soon given up: a notice may do without. */
const PATIENCE = 2_000;

/** What notices of this process are made with; the datacenter is asked for until it is known, and then never again; `page` is where people reach the page, SPLITTER_PAGE_URL when not given. */
export function noticeParts({ mesh, io }: Context, page = pageFrom(io)): NotifierParts {
  let known: Promise<string | undefined> | undefined;
  const read = async (service: string): Promise<string | undefined> => {
    const chain = await mesh.compileChain(service, AbortSignal.timeout(PATIENCE)).catch(() => undefined);
    const datacenter = isRecord(chain) && typeof chain.Datacenter === 'string' ? chain.Datacenter : undefined;
    if (datacenter === undefined) known = undefined;
    return datacenter;
  };
  const datacenterOf = (service: string): Promise<string | undefined> => {
    known ??= read(service);
    return known;
  };
  return { env: io.env, page, datacenterOf };
}

/** A wrong one is no reason to drive nothing: it is said, and notices do without. */
function pageFrom({ env, err }: Io): string | undefined {
  const text = env.SPLITTER_PAGE_URL;
  if (text === undefined || text === '') return undefined;
  if (settingsSchema.shape.page_url.safeParse(text).success) return text;
  err(`Notice: SPLITTER_PAGE_URL is ${JSON.stringify(text)}, which is no http or https address: notices link to no page\n`);
  return undefined;
}
