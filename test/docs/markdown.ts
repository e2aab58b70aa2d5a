import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../plan/root.js';

/** A fenced block of a page: its language, its text, and the line on which the text begins. */
export interface Fence {
  readonly language: string;
  readonly line: number;
  readonly text: string;
}

/** A page of documentation: its path from the root, its fenced blocks, and its prose with those blanked out (lines stay where they are). */
export interface Page {
  readonly path: string;
  readonly fences: readonly Fence[];
  readonly prose: string;
}

/** Every Markdown file that a reader meets: at the root and under docs/. */
export function readPages(): readonly Page[] {
  const atRoot = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return [...atRoot, ...inDocs].sort().map(readPage);
}

/** One page by its path from the root. */
export function readPage(path: string): Page {
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  const fences: Fence[] = [];
  let open: { language: string; line: number; text: string[] } | undefined;
  const prose = lines.map((line, i) => {
    const mark = /^\s*```(\w*)/.exec(line);
    if (mark === null && open === undefined) return line;
    if (mark === null) open?.text.push(line);
    else if (open === undefined) open = { language: mark[1] ?? '', line: i + 2, text: [] };
    else {
      fences.push({ ...open, text: open.text.join('\n') });
      open = undefined;
    }
    return '';
  });
  return { path, fences, prose: prose.join('\n') };
}

/** What stands under a heading of a page, up to the next heading of its rank or above; throws when there is no such heading. */
export function readSection(path: string, heading: string): Page {
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from === -1) throw new Error(`${path} has no heading "${heading}"`);
  const rank = /^#+/.exec(lines[from] ?? '')?.[0].length ?? 1;
  const length = lines.slice(from + 1).findIndex((line) => new RegExp(`^#{1,${rank}} `).test(line));
  const page = readPage(path);
  const to = length === -1 ? lines.length : from + 1 + length;
  return {
    path,
    fences: page.fences.filter(({ line }) => line > from && line <= to),
    prose: page.prose.split('\n').slice(from, to).join('\n'),
  };
}
