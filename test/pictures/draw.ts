import { writeFileSync } from 'node:fs';
import { PICTURES } from './pictures.js';

for (const [name, svg] of Object.entries(PICTURES))
  writeFileSync(new URL(`../../../docs/pictures/${name}`, import.meta.url), svg);
