const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Runner.constants;
const SLOWEST = 30;

/** Mocha's own spec output, then where the time went; the counts go to the file that .ci/test reads. */
module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const began = new Map();
    const took = [];
    runner.on(EVENT_SUITE_BEGIN, (suite) => began.set(suite, Date.now()));
    runner.on(EVENT_SUITE_END, (suite) => {
      if (suite.parent?.root) took.push([(Date.now() - began.get(suite)) / 1000, suite.title]);
    });
    runner.once(EVENT_RUN_END, () => {
      const slowest = took.sort(([a], [b]) => b - a).slice(0, SLOWEST);
      process.stdout.write(`  the ${slowest.length} longest, in seconds\n`);
      for (const [seconds, title] of slowest) process.stdout.write(`  ${seconds.toFixed(0).padStart(6)}  ${title}\n`);
      const { passes, failures, pending } = this.stats;
      if (process.env.SPLITTER_TALLY) writeFileSync(process.env.SPLITTER_TALLY, `${passes} ${failures} ${pending}\n`);
    });
  }
};
