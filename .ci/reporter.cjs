const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

/** Mocha's own spec output; the counts go to the file that .ci/test reads. */
module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (process.env.SPLITTER_TALLY) writeFileSync(process.env.SPLITTER_TALLY, `${passes} ${failures} ${pending}\n`);
    });
  }
};
