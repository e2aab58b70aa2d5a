import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** A git work tree, as seen from one directory in it. */
export interface WorkTree {
  /** What git is in the middle of, so that files may not belong together; undefined when they do. */
  busy(): Promise<string | undefined>;
  /** The names for files below the directory: `path@commit` from the top of the tree, with `+dirty` for one that differs from the commit; without `@commit` before the first one. */
  name(): Promise<(below: string) => string>;
}

/** What stands in the git directory meanwhile, and what that means. */
const MARKS: Readonly<Record<string, string>> = {
  'index.lock': 'git is writing the work tree',
  MERGE_HEAD: 'a merge is under way',
  'rebase-merge': 'a rebase is under way',
  'rebase-apply': 'a rebase is under way',
  CHERRY_PICK_HEAD: 'a cherry-pick is under way',
  REVERT_HEAD: 'a git revert is under way',
};

/** The git work tree that a directory is in; undefined outside of one and where there is no `git` to ask; a sentence where git refuses to tell. */
export async function findWorkTree(directory: string): Promise<WorkTree | string | undefined> {
  const asked = await git(directory, 'rev-parse', '--show-prefix', '--absolute-git-dir');
  if (asked.kind === 'absent' || (asked.kind === 'failed' && /not a git repository|must be run in a work tree/.test(asked.said)))
    return undefined;
  if (asked.kind === 'failed') return asked.said;
  const [prefix = '', folder = ''] = asked.out.split('\n');
  return { busy: () => markIn(folder), name: () => nameFiles(directory, prefix) };
}

/** The path in a plan's source, without the commit. */
export function pathInSource(source: string): string {
  return source.replace(/@[0-9a-f]{7,64}(\+dirty)?$/, '');
}

async function markIn(folder: string): Promise<string | undefined> {
  for (const [mark, meaning] of Object.entries(MARKS)) {
    const path = join(folder, mark);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return `${meaning} (${path})`;
  }
  return undefined;
}

async function nameFiles(directory: string, prefix: string): Promise<(below: string) => string> {
  const head = await git(directory, 'rev-parse', '--short=10', '--verify', '--quiet', 'HEAD');
  if (head.kind !== 'ok') return (below) => prefix + below;
  const [known, changed] = await Promise.all([
    git(directory, 'ls-tree', '-r', '-z', '--name-only', 'HEAD'),
    git(directory, 'diff', '--no-ext-diff', '--name-only', '-z', '--relative', 'HEAD', '--', '.'),
  ]);
  const clean = new Set(listed(known));
  for (const path of listed(changed)) clean.delete(path);
  return (below) => `${prefix}${below}@${head.out.trim()}${clean.has(below) ? '' : '+dirty'}`;
}

function listed(answer: GitAnswer): readonly string[] {
  return answer.kind === 'ok' ? answer.out.split('\0').filter(Boolean) : [];
}

type GitAnswer =
  | { readonly kind: 'ok'; readonly out: string }
  | { readonly kind: 'failed'; readonly said: string }
  | { readonly kind: 'absent' };

const TIMEOUT = 10_000;
const LARGEST = 64 * 1024 * 1024;

/** Asks git without taking its locks, and without running what the repository's own settings name. */
function git(directory: string, ...args: readonly string[]): Promise<GitAnswer> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env = { ...Object.fromEntries(inherited), GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
  return new Promise((resolve) => {
    const all = ['-C', directory, '-c', 'core.fsmonitor=false', ...args];
    execFile('git', all, { env, timeout: TIMEOUT, maxBuffer: LARGEST }, (error, out, said) => {
      if (error === null) resolve({ kind: 'ok', out });
      else if (error.code === 'ENOENT') resolve({ kind: 'absent' });
      else resolve({ kind: 'failed', said: said.trim().split('\n')[0] || error.message });
    });
  });
}
