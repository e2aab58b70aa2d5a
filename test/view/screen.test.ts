import { expect } from 'chai';
import { Screen } from '../../src/view/screen.js';

describe('a screen that is redrawn in place', () => {
  const ups = (draws: readonly (readonly [columns: number, lines: readonly string[]])[]): readonly number[] => {
    let columns = 80;
    const written: string[] = [];
    const screen = new Screen(
      (text) => written.push(text),
      () => columns,
    );
    for (const [wide, lines] of draws) {
      columns = wide;
      screen.draw(lines);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the cursor moves up by one
    return written.map((text) => Number(/\u001b\[(\d+)A/.exec(text)?.[1] ?? 0));
  };

  it('goes up over exactly the rows that it drew', () =>
    expect(
      ups([
        [80, ['one', 'two', 'three']],
        [80, ['one']],
        [80, ['one', 'two']],
      ]),
    ).to.deep.equal([0, 3, 1]));

  it('counts a line that a narrower terminal has broken as the rows that it takes now', () =>
    expect(
      ups([
        [120, ['x'.repeat(119), 'short']],
        [80, ['x'.repeat(79), 'short']],
        [120, ['x'.repeat(119)]],
      ]),
    ).to.deep.equal([0, 3, 2]));

  it('counts no colours', () =>
    expect(
      ups([
        [10, [`\u001b[31m${'x'.repeat(10)}\u001b[39m`]],
        [10, ['']],
      ]),
    ).to.deep.equal([0, 1]));
});
