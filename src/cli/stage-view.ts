import type { Frame } from '../controller/drive.js';
import { liveLines } from '../view/live.js';
import { plainLine } from '../view/plain.js';
import { Trail } from '../view/trail.js';
import type { Context } from './context.js';
import { type FrameView, nameHere, openWords } from './frames.js';

/** A rollout that moves is asked about again when nothing has happened for so long, ms: something holds it, and the view says what. */
const HELD_FOR = 5_000;

/** What a person sees of an interactive stage: the drive's own view, begun anew below each answer. Knows when the rollout stands, so that a question makes sense. */
export class StageView implements FrameView {
  readonly #context: Context;
  readonly #ended = new AbortController();
  readonly #trail = new Trail();
  #inner: FrameView;
  #frame: Frame | undefined;
  #driver = '';
  #last = { key: '', since: 0 };
  #wanted = 0;
  #told = 0;
  #wake: () => void = () => undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#inner = openWords(context, this.#trail, nameHere);
  }

  /** The last moment that the drive told of. */
  get frame(): Frame | undefined {
    return this.#frame;
  }

  /** Fires when the drive has ended. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  show(frame: Frame, driver: string): void {
    const { key } = plainLine(frame);
    if (key !== this.#last.key) this.#last = { key, since: frame.now };
    this.#frame = frame;
    this.#driver = driver;
    // A view that redraws keeps the trail by itself.
    if (!this.#context.io.terminal.live) this.#trail.add(frame);
    this.#inner.show(frame, driver);
    this.#wake();
  }

  close(): void {
    if (this.#ended.signal.aborted) return;
    // The question goes first, so that the last frame is drawn where it belongs.
    this.#ended.abort();
    this.#inner.close();
    this.#wake();
  }

  /** Lets the last screen stand where it is; the next begins below. */
  renew(): void {
    if (this.#context.io.terminal.live) this.#inner = openWords(this.#context, this.#trail, nameHere);
  }

  /** From here on only frames that know this record count, and how long it stands is counted anew. */
  awaitRecord(seq: number): void {
    this.#wanted = seq;
    this.#last = { key: '', since: this.#frame?.now ?? 0 };
  }

  /** Waits until the rollout stands, and shows then how; false when the drive has ended before. */
  async stands(): Promise<boolean> {
    while (!this.#ended.signal.aborted && !this.#isStanding())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#ended.signal.aborted) return false;
    this.#tell();
    return true;
  }

  /** Lines that are not redrawn tell only what has changed; before the first question about it all of it is told. */
  #tell(): void {
    const { io } = this.#context;
    const frame = this.#frame;
    if (io.terminal.live || frame?.rollout === undefined || frame.rollout.seq === this.#told) return;
    this.#told = frame.rollout.seq;
    const lines = liveLines(frame, nameHere(this.#driver), { style: io.style, columns: io.terminal.columns() }, this.#trail);
    io.out(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
  }

  #isStanding(): boolean {
    const { rollout, now } = this.#frame ?? {};
    if (rollout === undefined || now === undefined || rollout.seq < this.#wanted) return false;
    const { phase } = rollout.state;
    if (phase === 'Paused') return true;
    return (phase === 'Pending' || phase === 'Progressing') && now >= this.#last.since + HELD_FOR;
  }
}
