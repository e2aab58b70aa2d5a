import { type Decision, type Situation, transition, wait } from './decision.js';
import type { HookName, Plan, Program } from './plan.js';
import { variablesOf } from './program-variables.js';
import { askedCanary } from './rollout.js';
import { paused } from './stand.js';
import { movesOntoNothing } from './way-back.js';
import type { BasisPoints } from './weights.js';

/** A program that has to run now: which, where in the rollout, and the variables that it gets. The same `id` is never started twice by one driver. */
export interface ProgramCall {
  readonly id: string;
  readonly point: HookName | 'run' | 'check';
  /** Index of the step that it belongs to. */
  readonly step: number;
  readonly program: Program;
  /** SPLITTER_* variables of a command; the body of an HTTP call. */
  readonly variables: Readonly<Record<string, string>>;
}

/** How a program ended: `message` says it in words (`exit 1`, `no end within 60s`, `HTTP 500`), `output` is the end of what it printed. */
export interface ProgramOutcome {
  readonly id: string;
  readonly point: ProgramCall['point'];
  readonly step: number;
  readonly program: string;
  readonly ok: boolean;
  readonly message: string;
  readonly output: string;
  /** When it ended, and how long it took, ms. */
  readonly at: number;
  readonly ms: number;
}

const LOOK_AGAIN = 60_000;

/** Hooks that a rollout by this plan has to run once, whatever becomes of it. */
export function owedBy({ hooks = {} }: Plan): readonly HookName[] {
  const once: readonly HookName[] = ['before_start', 'before_promote', 'after_promote', 'after_revert'];
  return once.filter((hook) => hooks[hook] !== undefined);
}

/** The outcome of a program that has to have run before the rollout goes on, or the decision to run it and wait. */
export function awaitProgram(
  situation: Situation,
  point: ProgramCall['point'],
  step: number,
  program: Program,
  to: BasisPoints = askedCanary(situation.rollout),
): { readonly outcome: ProgramOutcome } | { readonly decision: Decision } {
  const { rollout, ran, now } = situation;
  const id = `${rollout.id}:${point}:${step}:${rollout.enteredAt}`;
  const outcome = ran.find((one) => one.id === id);
  if (outcome !== undefined) return { outcome };
  const call = { id, point, step, program, variables: variablesOf(situation, point, step, to) };
  const waiting = wait(
    `running ${point === 'run' ? 'the step’s program' : point}: ${describeProgram(program)}`,
    now + LOOK_AGAIN,
  );
  return { decision: { ...waiting, call } };
}

/** What is to be done about a hook that the record still owes: run it, then write that it has run; undefined when it is not owed. */
export function settleHook(situation: Situation, hook: HookName): Decision | undefined {
  const { rollout, plan } = situation;
  if (!rollout.owes.includes(hook)) return undefined;
  // A revert reasserts to the last: whoever wrote in between, users stay on stable, unless nobody is there any more.
  const reasserts = hook === 'after_revert' && movesOntoNothing(situation.seen, plan.service, rollout.asked) === undefined;
  const asked = reasserts ? { asked: rollout.asked } : {};
  const paid = { owes: rollout.owes.filter((one) => one !== hook), ...asked };
  const program = plan.hooks?.[hook];
  if (program === undefined)
    return transition(situation, { ...paid, message: `${rollout.message}; ${hook} was not run: the plan with it is gone` });
  const run = awaitProgram(situation, hook, rollout.state.step, program);
  if ('decision' in run) return run.decision;
  // The record itself says it, for the log of whoever comes after a crash.
  const said = run.outcome.ok ? `${hook} passed` : describeFailure(run.outcome);
  if (hook.startsWith('after_')) return transition(situation, { ...paid, message: `${rollout.message}; ${said}` });
  return run.outcome.ok ? transition(situation, { ...paid, message: said }) : paused(situation, 'ProgramFailed', said);
}

/** A failed program as a sentence: which, how it ended, and the last line that it printed. */
export function describeFailure({ point, program, message, output }: ProgramOutcome): string {
  const said = lastLine(output);
  return `${point} failed: ${program}: ${message}${said === '' ? '' : `: ${said}`}`;
}

/** A program as people know it: its command line, words with more than letters in quotes, or the method and address of its call. */
export function describeProgram(program: Program): string {
  if (program.kind === 'http') return `${program.method} ${program.url}`;
  return program.command.map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
