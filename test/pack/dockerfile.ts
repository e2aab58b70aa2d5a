import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyCheckout, makeFolder, mustRun } from './checkout.js';

/** One instruction of a Dockerfile, with its lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of a Dockerfile in order. */
export function readInstructions(path: string): readonly Instruction[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.slice(0, line.indexOf(' ')), text: line.slice(line.indexOf(' ') + 1).trim() }));
}

/** The stages of a Dockerfile, each from its FROM on. */
export function stagesOf(instructions: readonly Instruction[]): readonly (readonly Instruction[])[] {
  const starts = instructions.flatMap(({ name }, i) => (name === 'FROM' ? [i] : []));
  return starts.map((start, i) => instructions.slice(start, starts[i + 1]));
}

/** An image as far as it can be followed without an engine: its file system below a folder, and how it is started. */
export interface Followed {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly start: readonly string[];
  readonly health: readonly string[];
}

/**
 * Follows the steps of a Dockerfile in folders instead of layers: COPY copies what .dockerignore lets through, RUN runs in a shell, and absolute
 * paths lie below the stage's folder. Programs of the base image are this machine's, and what npm has in its cache is not fetched again.
 */
export async function follow(path: string, ignored: (name: string) => boolean): Promise<Followed> {
  const roots = new Map<string, string>();
  let image: Followed | undefined;
  for (const stage of stagesOf(readInstructions(path))) {
    const [from, ...steps] = stage;
    const name = / AS (\w+)$/.exec(from?.text ?? '')?.[1] ?? '';
    image = await followStage(steps, roots, ignored);
    roots.set(name, image.root);
  }
  if (image === undefined) throw new Error(`${path} has no FROM`);
  return image;
}

async function followStage(
  steps: readonly Instruction[],
  roots: ReadonlyMap<string, string>,
  ignored: (name: string) => boolean,
): Promise<Followed> {
  const root = makeFolder('image');
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  let [folder, user]: [string, string | undefined] = [root, undefined];
  let [entry, command, health]: (readonly string[])[] = [[], [], []];
  const env: Record<string, string> = {};
  for (const { name, text } of steps)
    switch (name) {
      case 'WORKDIR':
        folder = join(root, text);
        mkdirSync(folder, { recursive: true });
        break;
      case 'COPY':
        copy(text.split(' '), { root, folder, roots, ignored });
        break;
      case 'RUN':
        await mustRun('sh', ['-ec', below(root, text)], folder, { ...env, npm_config_prefer_offline: 'true' });
        break;
      case 'ENV':
        for (const [, key, value] of text.matchAll(/(\w+)=(\S+)/g)) env[key!] = value!;
        break;
      case 'USER':
        user = text;
        break;
      case 'ENTRYPOINT':
        entry = JSON.parse(text);
        break;
      case 'CMD':
        command = JSON.parse(text);
        break;
      case 'HEALTHCHECK':
        health = JSON.parse(text.slice(text.indexOf('[')));
        break;
      case 'EXPOSE':
      case 'STOPSIGNAL':
        break;
      default:
        throw new Error(`how to follow ${name} is not known here: ${text}`);
    }
  return { root, env, user, start: [...entry!, ...command!], health: health! };
}

interface Place {
  readonly root: string;
  readonly folder: string;
  readonly roots: ReadonlyMap<string, string>;
  readonly ignored: (name: string) => boolean;
}

function copy(words: readonly string[], { root, folder, roots, ignored }: Place): void {
  const stage = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.at(-1)!;
  const to = target.startsWith('/') ? join(root, target) : join(folder, target);
  const sources = paths.slice(0, -1);
  mkdirSync(dirname(to), { recursive: true });
  if (stage === undefined) copyCheckout(to, (name) => !ignored(name) && (sources[0] === '.' || sources.includes(name)));
  else for (const path of sources) cpSync(join(roots.get(stage)!, path), to, { recursive: true, verbatimSymlinks: true });
}

/** A command in which absolute paths lie below a folder. */
function below(root: string, command: string): string {
  return command.replace(/(^|\s)\/(?=[a-z])/g, `$1${root}/`);
}
