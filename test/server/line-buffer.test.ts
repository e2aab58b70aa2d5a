import { expect } from 'chai';
import { LineBuffer } from '../../src/server/line-buffer.js';

describe('a buffer of log lines', () => {
  it('keeps their order, and writes those that come together at once', async () => {
    const writes: string[] = [];
    await new Promise<void>((resolve) => {
      const buffer = new LineBuffer((text) => {
        writes.push(text);
        resolve();
      });
      for (const line of ['one\n', 'two\n', 'three\n']) buffer.add(line);
    });
    expect(writes).to.deep.equal(['one\ntwo\nthree\n']);
  });

  it('writes what waits when it is told to, once', () => {
    const writes: string[] = [];
    const buffer = new LineBuffer((text) => writes.push(text));
    buffer.add('last words\n');
    buffer.flush();
    buffer.flush();
    expect(writes).to.deep.equal(['last words\n']);
  });

  it('does not wait with many lines', () => {
    const writes: string[] = [];
    const buffer = new LineBuffer((text) => writes.push(text));
    for (let i = 0; i < 1_000; i++) buffer.add(`${'x'.repeat(100)}\n`);
    buffer.flush();
    expect(writes.length).to.be.greaterThan(1);
    expect(writes.join('')).to.have.length(101_000);
  });
});
