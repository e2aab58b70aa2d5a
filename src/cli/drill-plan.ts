import { DEFAULT_SIGNALS } from '../core/default-signals.js';
import { DEFAULTS } from '../core/defaults.js';
import { formatDuration } from '../core/duration.js';
import { roomFor } from '../core/legs.js';
import type { ConsulSignal, Plan, Step } from '../core/plan.js';
import { type BasisPoints, formatPercent } from '../core/weights.js';
import { digestPlan } from '../plan/digest.js';
import { CommandError } from './exit.js';
import type { SourcedPlan } from './plan-source.js';

/** Pauses and bake of a drill that has no plan to take them from. */
const OWN_PACE = 5_000;
/** More instances than anybody has. */
const IMPOSSIBLE = 1_000_000;

/** The plan that a drill follows: the given one alone (no group, no waves), its waits at most `pace` long, and nobody waited for; without steps three of its own. */
export function drillPlan({ plan, source }: SourcedPlan, pace: number | undefined): SourcedPlan {
  const { group: _, waves: __, ...alone } = plan;
  const without = alone.steps.length === 0;
  const room = roomFor(alone.legs);
  const most = pace ?? (without ? OWN_PACE : Number.POSITIVE_INFINITY);
  const drilled: Plan = {
    ...alone,
    steps: without ? ownSteps(most, room) : alone.steps.map((step) => quicken(step, most)),
    bake: Math.min(alone.bake, most),
    // A wait made short may end before a source of evidence has looked; then it goes on until one has.
    ...(pace === undefined ? {} : { on: { ...alone.on, noData: 'wait' as const } }),
    ...(without && alone.signals.length === 0 ? { signals: DEFAULT_SIGNALS } : {}),
  };
  const [last] = drilled.steps.flatMap((step) => (step.kind === 'weight' ? [step.to] : [])).slice(-1);
  if (last !== room)
    throw new CommandError(
      `the plan of ${plan.service} ends at ${formatPercent(last ?? 0)}, so no rollout by it is ever promoted. Nothing was written`,
      `add "- weight: ${room / 100}" to its steps, or drill with another plan`,
    );
  const changed = without ? '' : pace === undefined ? '' : `, no wait over ${formatDuration(pace)}`;
  return { plan: drilled, digest: digestPlan(drilled), source: `${source}${changed} (drill)` };
}

/** The same plan with a bound that no mesh meets, so that it is taken back as soon as canary has traffic. */
export function impossiblePlan({ plan, source }: SourcedPlan): SourcedPlan {
  const bound: ConsulSignal = { name: 'drill-impossible', source: 'consul', minHealthy: IMPOSSIBLE };
  const broken: Plan = { ...plan, signals: [...plan.signals, bound] };
  return { plan: broken, digest: digestPlan(broken), source };
}

/** A tenth and a half of all traffic, where the further legs leave that much, and then all that they leave. */
function ownSteps(pause: number, room: BasisPoints): readonly Step[] {
  const before = [1_000, 5_000].filter((to) => to < room);
  return [
    ...before.flatMap((to): Step[] => [
      { kind: 'weight', to },
      { kind: 'pause', for: pause },
    ]),
    { kind: 'weight', to: room },
  ];
}

/** A pause for a person becomes a short one: in a drill there is nobody to ask. */
function quicken(step: Step, most: number): Step {
  switch (step.kind) {
    case 'pause':
      return { kind: 'pause', for: Math.min(step.for ?? OWN_PACE, most) };
    case 'analyse':
      return { ...step, for: Math.min(step.for, most) };
    default:
      return step;
  }
}

/** The steps that the sandbox is drilled by. */
export const SANDBOX_PLAN: Plan = {
  service: 'payments',
  subsets: [
    { name: 'blue', filter: 'Service.Meta.version == "2"', version: '2' },
    { name: 'green', filter: 'Service.Meta.version == "3"', version: '3' },
  ],
  stable: 'blue',
  legs: [],
  steps: ownSteps(2_000, roomFor([])),
  bake: 2_000,
  undoWindow: DEFAULTS.undoWindow,
  stepTimeout: DEFAULTS.stepTimeout,
  on: DEFAULTS.on,
  signals: DEFAULT_SIGNALS,
  callers: [],
};
