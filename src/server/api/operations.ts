import type { z } from 'zod';
import { ACTIONS, type Action } from './kinds.js';
import type { ProblemId } from './problem.js';
import {
  actedSchema,
  actionBodies,
  detailSchema,
  entriesSchema,
  freezeSchema,
  historyQuery,
  historySchema,
  listQuery,
  listSchema,
  planSchema,
  plansQuery,
  plansSchema,
  selfSchema,
  streamQuery,
} from './schemas.js';

/** One operation of the API: what it takes and what it gives. The routes check by it, and the OpenAPI file is made of it. */
export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body of a 200; absent: a stream of server-sent events. */
  readonly answer?: z.ZodType;
  /** Takes If-Match with the ModifyIndex. */
  readonly guarded?: boolean;
  /** Gives an ETag and takes If-None-Match. */
  readonly tagged?: boolean;
  readonly problems: readonly ProblemId[];
}

const READS = [
  'malformed',
  'no-token',
  'token-refused',
  'no-acls',
  'foreign-host',
  'foreign-origin',
  'too-many-refusals',
  'consul-silent',
] as const;
const ACTS = ['denied', 'not-found', 'not-now', 'too-large', 'not-json', 'consul-refused'] as const;

const SUMMARIES: Readonly<Record<Action, string>> = {
  pause: 'Hold the rollout where it is; signals still revert it',
  resume: 'Let a paused rollout go on',
  promote: 'Pass the present step; at a reached target, or with full, go to all traffic; a member of a group with all the others',
  abort: 'Take all traffic back to stable, now; takes no If-Match, so that it works from an old page',
  undo: 'Take a finished promotion back in one write; a member of a group with all the others',
  retry: 'Begin a reverted rollout anew, by the same plan and with a clean slate of evidence; the controllers drive it',
};

/** Every operation there is but /v1/openapi.json itself. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: 'listRollouts',
    method: 'get',
    path: '/v1/rollouts',
    summary: 'Every service with a splitter, those that need a person first',
    query: listQuery,
    answer: listSchema,
    problems: READS,
  },
  {
    id: 'readRollout',
    method: 'get',
    path: '/v1/rollouts/{service}',
    summary: 'One rollout: what `splitter status -o json` prints, and the steps of its plan',
    answer: detailSchema,
    tagged: true,
    problems: [...READS, 'not-found'],
  },
  {
    id: 'readHistory',
    method: 'get',
    path: '/v1/rollouts/{service}/history',
    summary: 'The decision log: what was decided, by whom, on which evidence',
    query: historyQuery,
    answer: historySchema,
    problems: [...READS, 'not-found'],
  },
  ...ACTIONS.map(
    (action): Operation => ({
      id: action,
      method: 'post',
      path: `/v1/rollouts/{service}/actions/${action}`,
      summary: SUMMARIES[action],
      body: actionBodies[action],
      answer: actedSchema,
      guarded: action !== 'abort',
      problems: [...READS, ...ACTS, ...(action === 'abort' ? [] : (['stale', 'no-index'] as const))],
    }),
  ),
  {
    id: 'readEntries',
    method: 'get',
    path: '/v1/rollouts/{service}/entries',
    summary: 'What Consul holds: the entries of the service, and the discovery chain that it compiles of them',
    answer: entriesSchema,
    problems: [...READS, 'not-found', 'denied', 'consul-refused'],
  },
  {
    id: 'listPlans',
    method: 'get',
    path: '/v1/plans',
    summary: 'The plans that were applied, by service',
    query: plansQuery,
    answer: plansSchema,
    problems: READS,
  },
  {
    id: 'readPlan',
    method: 'get',
    path: '/v1/plans/{service}',
    summary: 'One plan, as it would be written',
    answer: planSchema,
    problems: [...READS, 'not-found'],
  },
  {
    id: 'readFreeze',
    method: 'get',
    path: '/v1/freeze',
    summary: 'Whether all advances are stopped',
    answer: freezeSchema,
    problems: READS,
  },
  {
    id: 'readSelf',
    method: 'get',
    path: '/v1/self',
    summary: "What the request's token is good for",
    answer: selfSchema,
    problems: READS,
  },
  {
    id: 'followEvents',
    method: 'get',
    path: '/v1/events',
    summary: 'Server-sent events: hello, rollout, decision, freeze, counts, gone, reset',
    query: streamQuery,
    problems: [...READS, 'too-many-streams'],
  },
];
