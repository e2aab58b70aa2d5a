import { expect } from 'chai';
import { type Page, readPages } from './markdown.js';
import { commandsOf } from './shell-words.js';
import { complaintAbout, unknownIn } from './tried-line.js';

const pages = readPages().filter(({ path }) => path !== 'CHANGELOG.md');

describe('every command line of the documentation', () => {
  for (const page of pages) {
    const lines = shellLines(page);
    if (lines.length > 0)
      it(`is one that the program takes: ${page.path}`, async () => {
        for (const { text, line } of lines)
          for (const words of commandsOf(text)) {
            const own = ownWords(words);
            if (own !== undefined) expect(await complaintAbout(own), `${page.path}:${line}: ${text}`).to.equal(undefined);
          }
      });
    const named = namedCommands(page);
    if (named.length > 0)
      it(`names no command and no flag that there is none of: ${page.path}`, () => {
        for (const { text, line } of named)
          expect(unknownIn(text.split(/\s+/).slice(1)), `${page.path}:${line}: ${text}`).to.equal(undefined);
      });
  }

  it('is looked at: the guide alone has a dozen', () => {
    const guide = pages.find(({ path }) => path === 'docs/guide.md');
    expect(guide === undefined ? 0 : shellLines(guide).filter(({ text }) => /\bsplitter /.test(text)).length).to.be.above(12);
  });
});

interface Line {
  readonly text: string;
  readonly line: number;
}

/** The lines of its shell blocks, continued ones joined; of a session (console), what stands after the prompt. */
function shellLines({ fences }: Page): readonly Line[] {
  return fences
    .filter(({ language }) => ['sh', 'bash', 'console'].includes(language))
    .flatMap(({ language, text, line }) =>
      text
        .replace(/\\\n\s*/g, (gap) => ' '.repeat(gap.length))
        .split('\n')
        .map((one, i) => ({ text: one, line: line + i }))
        .filter((one) => language !== 'console' || one.text.startsWith('$ '))
        .map((one) => ({ ...one, text: one.text.replace(/^\$ /, '') })),
    );
}

/** The arguments of splitter, called by its name or through npx; undefined for another program. */
function ownWords(words: readonly string[]): readonly string[] | undefined {
  const [first, second] = words;
  if (first === 'splitter') return words.slice(1);
  return first === 'npx' && second === 'splitter' ? words.slice(2) : undefined;
}

/** `splitter …` in the running text. */
function namedCommands({ prose }: Page): readonly Line[] {
  return prose
    .split('\n')
    .flatMap((text, i) => [...text.matchAll(/`(splitter [a-z_-][^`]*)`/g)].map(([, span]) => ({ text: span!, line: i + 1 })));
}
