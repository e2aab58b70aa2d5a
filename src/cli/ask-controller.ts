import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { hostname } from 'node:os';
import type { FollowingStatus } from '../core/following.js';
import { isRecord } from '../core/is-record.js';
import type { LegStatus, SignalStatus, Status } from '../core/status.js';
import { evidenceOf, type LiveEvidence } from '../core/with-evidence.js';
import type { Drives } from './who-drives.js';

/** A status waits so long for what is nice to know, ms. */
const PATIENCE = 250;
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/;
const ANYWHERE = /^https?:\/\/(0\.0\.0\.0|\[::\])(:|\/|$)/;

/** What the controller that drives the rollout of this status measures just now, by its API; undefined where that cannot be reached. Sends no token. */
export async function askController(
  { id, members }: Extract<Drives, { kind: 'controller' }>,
  { service, rollout }: Pick<Status, 'service' | 'rollout'>,
): Promise<LiveEvidence | undefined> {
  const owner = members.find((member) => member.id === id);
  if (owner?.api === undefined || ANYWHERE.test(owner.api) || (LOOPBACK.test(owner.api) && owner.host !== hostname()))
    return undefined;
  try {
    const body: unknown = JSON.parse(await read(`${owner.api}/v1/rollouts/${encodeURIComponent(service)}`));
    return isRecord(body) && body.rollout === rollout ? evidenceIn(body) : undefined;
  } catch {
    return undefined;
  }
}

/** The text of an answer of 200. By node's own client, which is loaded already: fetch alone would cost a status 40 ms. */
function read(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? httpsGet : httpGet;
    const asked = get(url, { signal: AbortSignal.timeout(PATIENCE) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`it answers ${answer.statusCode}`));
      });
    });
    asked.once('error', reject);
  });
}

function evidenceIn({
  stable,
  canary,
  legs,
  signals,
  healthyAt,
  following,
}: Readonly<Record<string, unknown>>): LiveEvidence | undefined {
  if (!isLeg(stable) || !isLeg(canary) || !Array.isArray(legs) || !legs.every(isLeg)) return undefined;
  if (!Array.isArray(signals) || !signals.every(isSignal)) return undefined;
  const told = Array.isArray(following) && following.every(isFollowing) ? { following } : {};
  return evidenceOf({ stable, canary, legs, signals, healthyAt: typeof healthyAt === 'string' ? healthyAt : null, ...told });
}

function isLeg(value: unknown): value is LegStatus {
  if (!isRecord(value) || typeof value.subset !== 'string' || !isRecord(value.weight)) return false;
  return value.weight.observed === null || typeof value.weight.observed === 'number';
}

function isSignal(value: unknown): value is SignalStatus {
  return isRecord(value) && ['name', 'source', 'verdict', 'bound', 'message'].every((key) => typeof value[key] === 'string');
}

function isFollowing(value: unknown): value is FollowingStatus {
  return isRecord(value) && ['name', 'id', 'node'].every((key) => typeof value[key] === 'string');
}
