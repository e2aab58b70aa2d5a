// Bundles the dashboard into dist: one script, one style sheet, one page; nothing is loaded from anywhere else.
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const from = fileURLToPath(new URL('../src/server/dashboard/page/', import.meta.url));
const to = fileURLToPath(new URL('../dist/src/server/dashboard/page/', import.meta.url));
await mkdir(to, { recursive: true });
await build({
  entryPoints: [
    { in: `${from}main.ts`, out: 'page' },
    { in: `${from}page.css`, out: 'page' },
  ],
  outdir: to,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  legalComments: 'none',
  logLevel: 'warning',
});
await copyFile(`${from}index.html`, `${to}index.html`);
