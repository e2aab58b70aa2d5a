import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../plan/root.js';
import { madeFiles } from './files.js';

const files = madeFiles();
const folder = join(ROOT, 'docs', 'commands');
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!files.has(`docs/commands/${name}`)) rmSync(join(folder, name));
for (const [path, text] of files) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), text);
}
