import { isRecord } from '../core/is-record.js';
import type { Permission } from '../core/permission.js';
import type { ConsulClient } from './client.js';
import { ConsulError } from './errors.js';

/** Consul answers so many questions at a time. */
const AT_ONCE = 64;

/**
 * Which of these permissions the client's token lacks: what Consul's own page asks to know which buttons to show. None where ACLs are off, and none
 * where this Consul does not answer such questions: then each request tells for itself. Rejects for a token that Consul does not know.
 */
export async function findLacking(client: ConsulClient, wanted: readonly Permission[]): Promise<readonly Permission[]> {
  const lacking: Permission[] = [];
  try {
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const asked = wanted.slice(at, at + AT_ONCE);
      const { body } = await client.call({
        method: 'POST',
        path: '/internal/acl/authorize',
        what: 'asking what this token may do',
        body: asked.map(({ resource, access, name }) => ({ Resource: resource, Access: access, Segment: name })),
      });
      const answers = Array.isArray(body) ? body.filter(isRecord) : [];
      lacking.push(...asked.filter((_, i) => answers[i]?.Allow === false));
    }
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    const isOff = error.code === 'denied' && /ACL support disabled/.test(error.message);
    if (!isOff && error.code !== 'rejected') throw error;
  }
  return lacking;
}
