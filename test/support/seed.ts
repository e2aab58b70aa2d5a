import fc from 'fast-check';

/** Loaded before all tests, so that a run can be repeated: the same histories each time, others with FC_SEED=123 npm test. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_121) });
