import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../plan/root.js';
import { type Page, readPage, readPages } from './markdown.js';

const SHELVES = 'docs/README.md';

describe('the links of the documentation', () => {
  for (const page of readPages())
    it(`lead somewhere: ${page.path}`, () => {
      for (const target of linksOf(page)) expect(problemOf(page, target), `${page.path} -> ${target}`).to.equal(undefined);
    });

  it(`lead from ${SHELVES} to every page and folder of docs`, () => {
    const linked = linksOf(readPage(SHELVES)).map((target) =>
      normalize(join('docs', target.replace(/#.*/, ''))).replace(/\/$/, ''),
    );
    const here = readdirSync(join(ROOT, 'docs')).filter((name) => name !== 'README.md' && name !== 'pictures');
    for (const name of here) {
      const path = `docs/${name}`;
      const isReached = linked.some((target) => target === path || target.startsWith(`${path}/`));
      expect(isReached, `${path} is on no shelf of ${SHELVES}`).to.equal(true);
    }
  });
});

/** Targets within the checkout, of links and pictures. */
function linksOf({ prose }: Page): readonly string[] {
  return [...prose.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((target) => !/^[a-z]+:/.test(target));
}

function problemOf(page: Page, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(join(ROOT, path))) return 'there is no such file';
  if (anchor === undefined || statSync(join(ROOT, path)).isDirectory()) return undefined;
  return anchorsOf(readPage(path)).includes(anchor) ? undefined : `${path} has no heading #${anchor}`;
}

/** Headings as GitHub names their anchors. */
function anchorsOf({ prose }: Page): readonly string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
