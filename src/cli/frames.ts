import type { Frame } from '../controller/drive.js';
import { statusOf } from '../core/status.js';
import { ASCII, UNICODE } from '../view/chart.js';
import { type LiveMoment, liveLines } from '../view/live.js';
import { plainLine } from '../view/plain.js';
import { Screen } from '../view/screen.js';
import { Trail } from '../view/trail.js';
import type { Context } from './context.js';
import type { Io } from './io.js';

/** Shows the frames of a rollout: redrawn in place on a terminal, one line a change elsewhere, NDJSON with `-o json`. */
export interface FrameView {
  /** `driver` is who drives it; '' for nobody. */
  show(frame: Frame & Pick<LiveMoment, 'watched'>, driver: string): void;
  close(): void;
}

/** The view of a drive that fits where the output goes. */
export function openView(context: Context): FrameView {
  if (context.json) return jsonView(context);
  return openWords(context, new Trail(), nameHere);
}

/** A driver in this very terminal. */
export function nameHere(driver: string): string {
  return `${driver.split(':')[0]} here, Ctrl-C leaves it`;
}

/** The view for people: a screen on a terminal, lines elsewhere. `trail` may know of the time before. */
export function openWords({ io }: Context, trail: Trail, name: (driver: string) => string = (driver) => driver): FrameView {
  return io.terminal.live ? liveView(io, trail, name) : plainView(io);
}

const REDRAW = 100;
const HEARTBEAT = 60_000;
/** What is waited for is told when it lasts, ms. */
const STUCK = 2_000;

function liveView(io: Io, trail: Trail, name: (driver: string) => string): FrameView {
  const glyphs = io.terminal.unicode ? UNICODE : ASCII;
  const screen = new Screen(io.out, io.terminal.columns);
  let drawnAt = 0;
  let last: readonly string[] = [];
  return {
    show: (frame, driver) => {
      trail.add(frame);
      last = liveLines(frame, name(driver), { style: io.style, columns: io.terminal.columns(), glyphs }, trail);
      if (frame.now < drawnAt + REDRAW) return;
      drawnAt = frame.now;
      screen.draw(last);
    },
    close: () => {
      if (last.length > 0) screen.draw(last);
      last = [];
    },
  };
}

function plainView(io: Io): FrameView {
  const last = { key: '', waiting: '', since: 0, said: '', saidAt: 0 };
  return {
    show: (frame) => {
      const { line, key, waiting } = plainLine(frame);
      if (waiting !== last.waiting || key !== last.key) last.since = frame.now;
      const happened = key !== last.key;
      last.waiting = waiting;
      last.key = key;
      const stuck = waiting !== last.said && frame.now >= last.since + STUCK;
      if (!happened && !stuck && frame.now < last.saidAt + HEARTBEAT) return;
      last.said = happened ? '' : waiting;
      last.saidAt = frame.now;
      io.out(`${happened ? line : plainLine({ ...frame, changed: false }).line}\n`);
    },
    close: () => undefined,
  };
}

function jsonView({ io }: Context): FrameView {
  io.out(`${JSON.stringify({ type: 'version', version: 1 })}\n`);
  let said = '';
  return {
    show: (frame, driver) => {
      const plan = { plan: frame.plan, source: null };
      const status = statusOf({
        service: frame.plan.service,
        rollout: frame.rollout,
        seen: frame.seen,
        now: frame.now,
        plan,
        driver: { kind: 'foreground', id: driver, why: frame.why, wakeAt: frame.wakeAt },
      });
      const { trouble } = frame;
      const key = `${plainLine(frame).key}|${trouble !== undefined}`;
      if (key === said) return;
      said = key;
      io.out(`${JSON.stringify({ type: 'snapshot', ...status, ...(trouble === undefined ? {} : { trouble }) })}\n`);
    },
    close: () => undefined,
  };
}
