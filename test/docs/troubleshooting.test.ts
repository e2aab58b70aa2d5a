import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../plan/root.js';
import { readSection } from './markdown.js';
import { Stage } from './stage.js';
import { TROUBLES } from './troubles.js';

const PAGE = 'docs/troubleshooting.md';
const headings = [...readFileSync(join(ROOT, PAGE), 'utf8').matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!);

describe('docs/troubleshooting.md: every message that it quotes is said', function () {
  this.timeout(60_000);
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
    stage = undefined;
  });

  it('has an entry for each trouble that is tried, and none besides', () => {
    expect([...headings].sort()).to.deep.equal(Object.keys(TROUBLES).sort());
  });

  for (const heading of headings)
    it(heading, async () => {
      const quoted = readSection(PAGE, heading).fences.filter(({ language }) => language === 'text');
      expect(quoted, 'quotes something').to.not.equal([]);
      stage = await Stage.open(TROUBLES[heading]?.sandbox);
      const seen = await TROUBLES[heading]!.see(stage);
      for (const line of quoted.flatMap(({ text }) => text.split('\n'))) expect(seen).to.match(pattern(line));
    });
});

/** A quoted line, in which … is anything. */
function pattern(line: string): RegExp {
  return new RegExp(
    line
      .trimEnd()
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
}
