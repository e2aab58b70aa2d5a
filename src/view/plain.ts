import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { formatTime } from '../core/record.js';
import { askedCanary, type Rollout } from '../core/rollout.js';
import { formatPercent } from '../core/weights.js';
import { oneLine } from './style.js';

/** What a line tells about; a structural part of the driver's frame. */
export interface Moment {
  readonly plan: Plan;
  readonly rollout: Rollout | undefined;
  readonly seen: Observation;
  readonly why: string;
  readonly now: number;
  readonly trouble?: string;
  /** Traffic is to go back to stable, and Consul has not taken the write yet. */
  readonly urgent?: boolean;
  /** False when nothing has happened but time: the line then tells what is waited for. */
  readonly changed?: boolean;
}

/** One moment as one line without redrawing. `key` changes with what has happened; `waiting` says what is waited for meanwhile, without its numbers. */
export function plainLine(moment: Moment): { readonly line: string; readonly key: string; readonly waiting: string } {
  const { plan, rollout, seen, now } = moment;
  const phase = rollout?.state.phase ?? 'Starting';
  const reason = rollout?.state.phase === 'Paused' ? `(${rollout.state.reason})` : '';
  const step = rollout === undefined ? '' : ` step=${Math.min(rollout.state.step + 1, plan.steps.length)}/${plan.steps.length}`;
  const weight =
    rollout === undefined ? '' : ` weight=${formatPercent(askedCanary(rollout))} observed=${observedText(rollout, seen)}`;
  const verdicts = seen.findings
    .map((finding) => ` ${finding.name}=${finding.verdict}${finding.dryRun === true ? '(dry run)' : ''}`)
    .join('');
  const why = moment.trouble ?? (moment.changed === false || rollout === undefined ? moment.why : rollout.message);
  return {
    line: `${formatTime(now)} ${plan.service} ${phase}${reason}${step}${weight}${verdicts} why="${oneLine(why)}"`,
    key: [phase, reason, rollout?.state.step, rollout === undefined ? '' : askedCanary(rollout), moment.urgent === true].join(
      '|',
    ),
    waiting: moment.trouble === undefined ? gist(moment.why) : 'trouble',
  };
}

/** The observed share of canary for people: `10.2%`, or `?` where no sidecar tells. */
export function observedText(rollout: Rollout, seen: Observation): string {
  const share = seen.observed?.[rollout.canary];
  return seen.observed === undefined ? '?' : `${((share ?? 0) / 100).toFixed(1)}%`;
}

/** A sentence without its numbers, so that a count that moves does not make a new line. */
function gist(text: string): string {
  return text.replace(/[\d.,]+/g, '#');
}
