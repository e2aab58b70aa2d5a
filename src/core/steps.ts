import { formatDuration } from './duration.js';
import type { Step } from './plan.js';
import { describeProgram } from './programs.js';
import { type BasisPoints, formatPercent } from './weights.js';

/** A step in words: `weight 10%`, `pause 5m`, `pause until a person resumes`, … */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'weight':
      return `weight ${formatPercent(step.to)}`;
    case 'pause':
      if (step.for !== undefined) return `pause ${formatDuration(step.for)}`;
      return `pause until a person resumes${step.deadline === undefined ? '' : `, at most ${formatDuration(step.deadline)}`}`;
    case 'analyse':
      return `analyse ${formatDuration(step.for)}${step.minRequests === 0 ? '' : `, at least ${step.minRequests} requests${step.early === false ? '' : '; sooner if clear'}`}`;
    case 'wait':
      return `wait for ${step.healthy} ready instances, at most ${formatDuration(step.deadline)}`;
    case 'run':
      return `run ${describeProgram(step.program)}, at most ${formatDuration(step.program.timeout)}`;
  }
}

/** What an open pause says while it waits at this weight. */
export function describeWaiting({ deadline }: Extract<Step, { kind: 'pause' }>, at: BasisPoints, service: string): string {
  const most = deadline === undefined ? '' : `, at most ${formatDuration(deadline)}`;
  return `at ${formatPercent(at)}, waiting for a person${most}: splitter resume ${service}`;
}

/** Skips weights that canary has passed already, on the way up only: a rollout that adopts 20 % does not fall back to 10 %. */
export function skipReached(steps: readonly Step[], index: number, current: BasisPoints): number {
  const weights = steps.slice(index).filter((step) => step.kind === 'weight');
  if ((weights.at(-1)?.to ?? 0) < current) return index;
  let at = index;
  for (let step = steps[at]; step?.kind === 'weight' && step.to < current; step = steps[at]) at++;
  return at;
}
