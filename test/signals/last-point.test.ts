import { expect } from 'chai';
import { lastPoint } from '../../src/signals/last-point.js';

describe('the newest point of a series', () => {
  const look = { window: 300_000, now: 600_000, width: 60_000 };

  it('is the newest whose bucket has ended, in whatever order they come', () => {
    const points = [
      { at: 480_000, value: 2 },
      { at: 540_000, value: 3 },
      { at: 420_000, value: 1 },
      { at: 541_000, value: 9 },
      { at: 530_000, value: null },
    ];
    expect(lastPoint(points, look)).to.deep.equal({ kind: 'scalar', value: 3 });
  });

  it('is no data while the only bucket still fills', () => {
    expect(lastPoint([{ at: 570_000, value: 1 }], look)).to.deep.equal({
      kind: 'none',
      why: 'no bucket of 1m has ended yet; write a window longer than 5m',
    });
  });

  it('needs no width where points are no buckets', () => {
    expect(lastPoint([{ at: 600_000, value: 1 }], { ...look, width: undefined })).to.deep.equal({ kind: 'scalar', value: 1 });
  });
});
