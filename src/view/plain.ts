import type { Finding } from '../core/verdict.js';
import { askedCanary, type Rollout } from '../core/rollout.js';
import { formatTime } from '../core/record.js';
import { formatPercent } from '../core/weights.js';
import type { Observation } from '../core/observation.js';
import { stepText } from '../core/status.js';
import type { Plan } from '../core/plan.js';
import { harmless } from './style.js';

/** What a line tells about; a structural part of the driver's frame. */
export interface Moment {
  readonly plan: Plan;
  readonly rollout: Rollout | undefined;
  readonly seen: Observation;
  readonly why: string;
  readonly now: number;
  readonly trouble?: string;
}

/** One moment as one line without redrawing, and a key that changes when the line says something new. */
export function plainLine(moment: Moment): { readonly line: string; readonly key: string } {
  const { plan, rollout, seen, now } = moment;
  const why = moment.trouble ?? (rollout === undefined || rollout.state.phase === 'Progressing' || rollout.state.phase === 'Pending' ? moment.why : rollout.message);
  const phase = rollout?.state.phase ?? 'Starting';
  const step = rollout === undefined ? '' : ` step=${Math.min(rollout.state.step + 1, plan.steps.length)}/${plan.steps.length}(${stepText(plan.steps, rollout.state.step)})`;
  const weight = rollout === undefined ? '' : ` weight=${formatPercent(askedCanary(rollout))} observed=${observedText(rollout, seen)}`;
  const verdicts = seen.findings.map((finding) => `${finding.name}=${finding.verdict}`).join(' ');
  const line = `${formatTime(now)} ${plan.service} ${phase}${rollout?.state.phase === 'Paused' ? `(${rollout.state.reason})` : ''}${step}${weight}${verdicts && ` ${verdicts}`} why="${harmless(why)}"`;
  const key = [phase, rollout?.state.reason, rollout?.state.step, rollout?.seq === undefined ? '' : askedCanary(rollout), verdicts, moment.trouble === undefined ? gist(why) : 'trouble'].join('|');
  return { line, key };
}

/** The observed share of canary for people: `10.2%`, or `?` where no sidecar tells. */
export function observedText(rollout: Rollout, seen: Observation): string {
  const share = seen.observed?.[rollout.canary];
  return seen.observed === undefined ? '?' : `${((share ?? 0) / 100).toFixed(1)}%`;
}

/** The finding that matters most: a failed one first, then what could not be measured or has no data. */
export function worstFinding(findings: readonly Finding[]): Finding | undefined {
  const order = ['Failed', 'Error', 'Inconclusive', 'Successful'];
  return [...findings].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0];
}

/** A sentence without its numbers, so that a count that moves does not make a new line. */
function gist(text: string): string {
  return text.replace(/[\d.,]+/g, '#');
}
