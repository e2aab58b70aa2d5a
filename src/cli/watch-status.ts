import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from '../consul/errors.js';
import { type Glance, Onlooker } from '../controller/onlooker.js';
import type { Status } from '../core/status.js';
import { Screen } from '../view/screen.js';
import { nextCommand, renderStatus } from '../view/status.js';
import { oneLine } from '../view/style.js';
import { Trail } from '../view/trail.js';
import type { Context } from './context.js';
import { tellDraining } from './drained.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { openWords } from './frames.js';
import type { Look } from './look.js';
import { tellOffCanary } from './off-canary.js';
import { readScene, type Scene } from './scene.js';
import { createSignals } from './signals.js';
import { describeDrives } from './who-drives.js';

const REFRESH = 500;
/** A sidecar that does not answer holds up a frame so long at most, ms. */
const GLANCE = 1_000;

/** Shows the scenes of a watch; `trouble` is what Consul said when the last one could not be read again. */
interface SceneView {
  show(scene: Scene, trouble?: string): void;
  end(code: ExitCode, message: string): void;
}

/** `splitter status SERVICE -w`: follows a rollout until it comes to rest, or for so long (ms); the exit code tells the outcome. Looks on, whoever drives. */
export async function watchStatus(context: Context, service: string, timeout: number | undefined): Promise<ExitCode> {
  const { io, clock } = context;
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeout;
  const stop = new AbortController();
  const off = io.onInterrupt(() => stop.abort(), 'ends');
  const view = context.json ? jsonView(context) : wordView(context);
  const glance = createGlance(context);
  let last: Scene | undefined;
  try {
    for (;;) {
      let trouble: string | undefined;
      try {
        last = await readScene(context, service, glance);
      } catch (error) {
        // What may pass by itself ends no watch; that it cannot even begin is told.
        if (last === undefined || !isPassing(error)) throw error;
        trouble = (error as Error).message;
      }
      const { status } = last;
      if (status.rollout === null) throw new CommandError(status.message, `splitter ramp ${service} --to 10`);
      view.show(last, trouble);
      const code = trouble === undefined ? exitByPhase(status) : undefined;
      if (code !== undefined) {
        const promoted = status.phase === 'Promoted';
        const tell = async (): Promise<void> => {
          if (promoted) await tellDraining(context, service);
          else if (code === EXIT.reverted) await tellOffCanary(context, service, 'watched');
        };
        if (context.json) await tell();
        view.end(code, status.message);
        if (!context.json) await tell();
        io.err(`  -> ${nextCommand(status)}\n`);
        return code;
      }
      if (stop.signal.aborted) return EXIT.interrupted;
      if (clock.now() >= deadline) {
        const message = trouble ?? status.message;
        view.end(EXIT.timedOut, message);
        io.err(
          `still ${status.phase} after ${Math.round((timeout ?? 0) / 1000)}s: ${oneLine(message)}\n  -> splitter status ${service} -w\n`,
        );
        return EXIT.timedOut;
      }
      const pause = Math.min(REFRESH, Math.max(0, deadline - clock.now()));
      await sleep(pause, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    off();
  }
}

/** The sidecars' own word on the rollout under way; another rollout or plan is looked at anew. */
function createGlance(context: Context): (look: Look) => Promise<Glance | undefined> {
  let known: { readonly key: string; readonly onlooker: Onlooker } | undefined;
  return async ({ rollout, plan }) => {
    if (rollout === undefined || plan === undefined) return undefined;
    const key = `${rollout.id} ${rollout.plan}`;
    if (known?.key !== key) known = { key, onlooker: new Onlooker(plan.plan, rollout, createSignals(context, plan.plan)) };
    return known.onlooker.look(rollout, context.clock.now(), AbortSignal.timeout(GLANCE)).catch(() => undefined);
  };
}

function wordView(context: Context): SceneView {
  const { io, clock } = context;
  const trail = new Trail();
  const words = openWords(context, trail);
  const screen = new Screen(io.out, io.terminal.columns);
  let said = '';
  let last: Status | undefined;
  /** Without its plan a rollout has no steps that could be drawn. */
  const showBare = (status: Status): void => {
    const text = renderStatus(status, io.style, clock.now()).trimEnd();
    const key = keyOf(status);
    if (io.terminal.live) screen.draw(text.split('\n'));
    else if (key !== said) io.out(`${text}\n`);
    said = key;
  };
  return {
    show: ({ look, seen, drives, status }, trouble) => {
      const { rollout, plan, history } = look;
      last = status;
      if (rollout === undefined || plan === undefined) return showBare(status);
      if (history?.rollout === rollout.id) trail.recall(rollout.id, history.entries);
      const wakeAt = status.step?.wakeAt == null ? Number.POSITIVE_INFINITY : Date.parse(status.step.wakeAt);
      const base = {
        plan: plan.plan,
        rollout,
        seen,
        why: status.held?.message ?? status.message,
        wakeAt,
        now: clock.now(),
        watched: drives !== undefined,
      };
      words.show(trouble === undefined ? base : { ...base, trouble }, drives === undefined ? 'nobody' : describeDrives(drives));
    },
    end: (code, message) => {
      words.close();
      if (last === undefined || code === EXIT.timedOut) return;
      const { service, phase, reason } = last;
      io.err(`${service} is ${phase}${phase === 'Paused' ? ` (${reason})` : ''}: ${oneLine(message)}\n`);
    },
  };
}

function jsonView({ io }: Context): SceneView {
  io.out(`${JSON.stringify({ type: 'version', version: 1 })}\n`);
  let said = '';
  return {
    show: ({ status }) => {
      const key = keyOf(status);
      if (key !== said) io.out(`${JSON.stringify({ type: 'snapshot', ...status })}\n`);
      said = key;
    },
    end: (exit, message) => io.out(`${JSON.stringify({ type: 'end', exit, message })}\n`),
  };
}

/** Changes with what has happened, not with time. */
function keyOf({ phase, reason, step, canary, driver }: Status): string {
  return [phase, reason, step?.index, canary?.weight.stored, driver?.id].join('|');
}

/** The exit code of a rollout that has come to rest; undefined while it moves. */
function exitByPhase({ phase, reason }: Status): ExitCode | undefined {
  if (phase === 'Promoted') return EXIT.done;
  if (phase === 'Reverted' || phase === 'Superseded') return EXIT.reverted;
  if (phase === 'Paused') return reason === 'TargetReached' ? EXIT.done : EXIT.needsPerson;
  return undefined;
}
