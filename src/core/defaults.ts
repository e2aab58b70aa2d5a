const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What a plan means where it says nothing; times in milliseconds. Shared by the plan schema and by the flags of the command line. */
export const DEFAULTS = {
  /** The watch after 100 % during which a bad signal still reverts. */
  bake: 10 * SECOND,
  /** How long after a promotion one `undo` brings the old subset back. */
  undoWindow: 24 * HOUR,
  /** The longest that one step may take. */
  stepTimeout: 15 * MINUTE,
  /** What to do when something unforeseen happens; see `Policies`. */
  on: { noData: 'wait', drift: 'hold', stepTimeout: 'revert', signalError: 'hold', newVersion: 'supersede' },
  /** How long a hook, a `run` step or a check of one's own may take. */
  programTimeout: MINUTE,
  /** How long the program of an `exec` signal may take. */
  execTimeout: 10 * SECOND,
  /** How late a start that could not be made when it was due is still made. */
  catchUp: HOUR,
  /** How long a sticky user stays on the leg that was met first. */
  sticky: HOUR,
  /** A `wait` step: ready canary instances, and the time they have to appear. */
  wait: { healthy: 1, deadline: 5 * MINUTE },
  /** An `analyse` step: requests that canary must have seen. */
  minRequests: 0,
  /** Between two measurements of a signal that asks for a number. */
  interval: 30 * SECOND,
  /** How far a preset of a Prometheus signal looks back: at least four scrapes at Prometheus' usual 15 s to 30 s. */
  presetWindow: '2m',
  /** Between two probes of an HTTP signal. */
  probeInterval: 10 * SECOND,
  /** How long an HTTP probe may take. */
  probeTimeout: 2 * SECOND,
  /** How far back a time series is looked for its newest point. */
  window: 5 * MINUTE,
  /** The width of one point of CloudWatch. */
  period: MINUTE,
  /** Failed measurements that a scalar signal forgives. */
  failureLimit: 0,
  /** Errors in a row that a scalar signal forgives. */
  errorLimit: 4,
  /** Measurements in a row without a number through which the last verdict stands. None: a step passes on what is measured now, not on what was. */
  inconclusiveLimit: 0,
} as const;
