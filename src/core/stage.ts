import { nearestCounts, perInstance, shareOfCounts } from './instance-share.js';
import { type BasisPoints, formatPercent, parsePercent } from './weights.js';

/** What is asked now in an interactive stage. */
export type StageState =
  | { readonly kind: 'weight' }
  /** Only by instances: the share that a count really gives was shown. */
  | { readonly kind: 'confirm-weight'; readonly weight: BasisPoints }
  /** No weight is set any more: full deploy, abort, or leave it. */
  | { readonly kind: 'end' }
  | { readonly kind: 'confirm-full' }
  | { readonly kind: 'confirm-abort' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'confirm-rollback' };

/** What an answer asks for. `leave`: nothing more is set, and what stands stays. */
export type StageAction =
  | { readonly kind: 'set'; readonly weight: BasisPoints }
  | { readonly kind: 'full' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'undo' }
  | { readonly kind: 'leave' };

/** What the dialogue may know. `begun`: a rollout is under way. `room`: what further legs leave. Instances: those that pass. */
export interface StageFacts {
  readonly service: string;
  readonly stable: string;
  readonly canary: string;
  readonly weight: BasisPoints;
  readonly room: BasisPoints;
  readonly begun: boolean;
  readonly byInstances: boolean;
  readonly instances: { readonly stable: number; readonly canary: number };
}

/** What comes of an answer: what is asked next, what to do before, and what to say (lines without a newline at the end; empty for nothing). */
export interface StageTurn {
  readonly state: StageState;
  readonly say: string;
  readonly action?: StageAction;
}

/** The smallest and the greatest weight of a stage, in basis points. */
const LEAST = 100;
const MOST = 5_000;

const WEIGHT: StageState = { kind: 'weight' };
const END: StageState = { kind: 'end' };

/** The question of a state, on one line. */
export function questionOf(state: StageState, facts: StageFacts): string {
  const { canary, stable, service, byInstances, instances } = facts;
  switch (state.kind) {
    case 'weight':
      return byInstances
        ? `instances of ${canary} (of ${instances.canary}), or a weight like 20% (0 ends; full; abort): `
        : `weight of ${canary} (1 to 50; 0 or above 50 ends; full; abort): `;
    case 'confirm-weight':
      return `set ${formatPercent(state.weight)} for ${canary}? (yes/no) `;
    case 'end':
      return `${service}: full deploy, abort, or leave it as it is (full/abort/leave): `;
    case 'confirm-full':
      return `full deploy: all traffic goes to ${canary}. Sure? (yes/no) `;
    case 'confirm-abort':
      return `abort: all traffic goes back to ${stable}. Sure? (yes/no) `;
    case 'rollback':
      return `rollback stage: type rollback to take ${canary} back, or Enter to finish: `;
    case 'confirm-rollback':
      return `rollback: all traffic goes back to ${stable}. Sure? (yes/no) `;
  }
}

/** What comes of an answer. Pure: the same state, answer and facts give the same turn. */
export function answerTo(state: StageState, answer: string, facts: StageFacts): StageTurn {
  const text = answer.trim().toLowerCase();
  switch (state.kind) {
    case 'weight':
      return answerToWeight(text, facts);
    case 'confirm-weight': {
      const { weight } = state;
      return confirmed(text, state, { state: WEIGHT, say: '', action: { kind: 'set', weight } }, { state: WEIGHT, say: '' });
    }
    case 'end':
      return choice(text, facts) ?? (text === 'leave' ? leave(facts) : { state: END, say: 'Type full, abort or leave.' });
    case 'confirm-full':
      return confirmed(text, state, { state: END, say: '', action: { kind: 'full' } }, leave(facts));
    case 'confirm-abort':
      return confirmed(text, state, { state: END, say: '', action: { kind: 'abort' } }, leave(facts));
    case 'rollback':
      if (text === 'rollback') return { state: { kind: 'confirm-rollback' }, say: '' };
      return text === '' || text === 'no'
        ? { state, say: '', action: { kind: 'leave' } }
        : { state, say: 'Type rollback, or just Enter.' };
    case 'confirm-rollback':
      return confirmed(
        text,
        state,
        { state, say: '', action: { kind: 'undo' } },
        { state, say: `${facts.canary} stays promoted.`, action: { kind: 'leave' } },
      );
  }
}

function answerToWeight(text: string, facts: StageFacts): StageTurn {
  const { byInstances, begun, canary } = facts;
  const chosen = choice(text, facts);
  if (chosen !== undefined) return chosen;
  if (byInstances && /^\d+$/.test(text)) return setCount(Number(text), facts);
  const weight = parsePercent(text);
  if (weight === undefined || (weight > 0 && weight < LEAST))
    return {
      state: WEIGHT,
      say: byInstances
        ? `Type how many instances of ${canary} are to share evenly with the others, a weight from 1% to 50%, full, or abort.`
        : 'Type a weight from 1 to 50, like 20 or 12.5; 0 or more than 50 ends the stage; full or abort.',
    };
  if (weight === 0 || weight > MOST) return begun ? { state: END, say: endOfStage(weight, facts) } : nothingWritten();
  if (byInstances) return setCount(nearestCounts(weight, facts.instances.stable, facts.room).canary, facts, weight);
  return weight > facts.room
    ? { state: WEIGHT, say: `Further legs leave ${formatPercent(facts.room)}: type that or less.` }
    : { state: WEIGHT, say: '', action: { kind: 'set', weight } };
}

/** A count of instances: what it really gives is told first, and is to be confirmed. */
function setCount(count: number, facts: StageFacts, wanted?: BasisPoints): StageTurn {
  const { canary, stable, instances, room, begun } = facts;
  if (count === 0) return begun ? { state: END, say: endOfStage(0, facts) } : nothingWritten();
  const { weight } = shareOfCounts(count, instances.stable, room);
  if (count > instances.stable)
    return { state: WEIGHT, say: `More than the ${plural(instances.stable)} of ${stable}. ${howAboveHalf(weight, facts)}` };
  if (count > instances.canary)
    return {
      state: WEIGHT,
      say: `${canary} has ${plural(instances.canary)} ready: start ${count - instances.canary} more first, or type ${instances.canary} or less.`,
    };
  const each = perInstance(weight, { canary: instances.canary, stable: instances.stable }, room);
  const asked = wanted === undefined ? '' : `${formatPercent(wanted)} is nearest to ${plural(count)} of ${canary}. `;
  const single = instances.stable === 1 ? ` Beside a single instance of ${stable}, 50% is all that counting can do.` : '';
  return {
    state: { kind: 'confirm-weight', weight },
    say: `${asked}${count} of ${canary} beside ${instances.stable} of ${stable}, round robin: ${formatPercent(weight)} of the traffic.${single}\n${eachText(facts, each)}`,
  };
}

/** How a split by weight divides it: the whole weight of a version among all of its instances. */
function eachText({ canary, stable, instances }: StageFacts, each: { readonly canary: number; readonly stable: number }): string {
  const one = (count: number, name: string, share: number): string =>
    `${count === 1 ? 'the one instance' : `each of the ${count} instances`} of ${name} gets ${formatShare(share)}`;
  return `As a weight: ${one(instances.stable, stable, each.stable)}, ${one(instances.canary, canary, each.canary)}.`;
}

function choice(text: string, facts: StageFacts): StageTurn | undefined {
  if (text === 'full' || text === 'full deploy')
    return facts.begun
      ? { state: { kind: 'confirm-full' }, say: '' }
      : { state: WEIGHT, say: `${facts.canary} has had no traffic yet: set a weight first.` };
  if (text === 'abort') return facts.begun ? { state: { kind: 'confirm-abort' }, say: '' } : nothingWritten();
  return undefined;
}

function confirmed(text: string, state: StageState, yes: StageTurn, no: StageTurn): StageTurn {
  if (text === 'yes' || text === 'y') return yes;
  return text === 'no' || text === 'n' || text === '' ? no : { state, say: 'Type yes or no.' };
}

function leave({ canary, weight }: StageFacts): StageTurn {
  return {
    state: END,
    say: `Nothing more is set: ${canary} is left running and receiving ${formatPercent(weight)} of the traffic.`,
    action: { kind: 'leave' },
  };
}

function nothingWritten(): StageTurn {
  return { state: END, say: 'Nothing was written.', action: { kind: 'leave' } };
}

function endOfStage(asked: BasisPoints, facts: StageFacts): string {
  const { canary, weight } = facts;
  const beyond = facts.byInstances && asked > 0 ? `${howAboveHalf(asked, facts)}\n` : '';
  return `${beyond}No more weights: ${canary} keeps ${formatPercent(weight)} until you choose.`;
}

/** More than half by counting takes fewer instances of stable; splitter starts and stops none. */
function howAboveHalf(asked: BasisPoints, { canary, stable, instances, room }: StageFacts): string {
  const needed = nearestCounts(asked, instances.stable, room);
  const stop = instances.stable - needed.stable;
  const start = Math.max(0, needed.canary - instances.canary);
  const todo = [...(start > 0 ? [`start ${start} of ${canary}`] : []), ...(stop > 0 ? [`stop ${stop} of ${stable}`] : [])];
  const really = needed.weight === asked ? '' : `, really ${formatPercent(needed.weight)}`;
  return `${formatPercent(asked)} by counting takes ${needed.canary} of ${canary} beside ${needed.stable} of ${stable}${really}${todo.length === 0 ? '' : `: ${todo.join(', ')}`}.`;
}

function plural(count: number): string {
  return `${count} ${count === 1 ? 'instance' : 'instances'}`;
}

function formatShare(points: number): string {
  return `${Math.round(points) / 100}%`;
}
