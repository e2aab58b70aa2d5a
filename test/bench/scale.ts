import { measureRamps } from './scale-ramps.js';

export const bench = {
  name: 'scale',
  async run(report: (line: string) => void): Promise<unknown> {
    const ramps = await measureRamps(report);
    return ramps;
  },
};
