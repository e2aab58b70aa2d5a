import { expect } from 'chai';
import { ASCII, drawSteps, drawTrend, UNICODE } from '../../src/view/chart.js';

const window = { from: 0, to: 8, columns: 8 };

describe('charts of a terminal', () => {
  it('a trend has eight heights, and a blank where nothing is known', () => {
    const marks = [0, 1, 2, 3, 4, 5, 6].map((at) => ({ at, value: at === 3 ? null : at }));
    expect(drawTrend(marks, 8, window, ASCII)).to.equal('_., ~=^ ');
    expect(drawTrend(marks, 8, window, UNICODE)).to.equal('▁▂▃ ▅▆▇ ');
  });

  it('a trend cuts nothing that is higher than its top', () => {
    expect(drawTrend([{ at: 0, value: 99 }], 8, window, ASCII)).to.equal('#       ');
  });

  it('steps stand until the next one; what is observed elsewhere is a dot', () => {
    const line = [
      { at: 2, value: 1 },
      { at: 4, value: 2 },
      { at: 6, value: 4 },
    ];
    const rows = drawSteps(line, [{ at: 5, value: 3 }], 4, 4, window, ASCII);
    expect(rows).to.deep.equal(['      ##', '     o##', '    ####', '  ######']);
  });

  it('a weight of nothing draws nothing', () => {
    expect(drawSteps([{ at: 0, value: 0 }], [], 4, 2, window, ASCII)).to.deep.equal(['        ', '        ']);
  });
});
