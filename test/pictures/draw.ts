import { writeFileSync } from 'node:fs';
import { shootPages } from './page-shots.js';
import { PICTURES } from './pictures.js';
import { rampScreens } from './screens.js';
import { drawTerminal } from './svg.js';

const write = (name: string, content: string | Buffer): void =>
  writeFileSync(new URL(`../../../docs/pictures/${name}`, import.meta.url), content);

for (const [name, svg] of Object.entries(PICTURES)) write(name, svg);
// These are taken of the running program, so each run gives other times and ids.
for (const columns of [80, 120]) {
  const { under, reverted } = await rampScreens(columns, 30);
  write(`terminal-${columns}.svg`, drawTerminal(`splitter ramp in a terminal of ${columns} columns`, under.styled, columns));
  write(
    `terminal-${columns}-reverted.svg`,
    drawTerminal(`the same terminal of ${columns} columns when the traffic was taken back`, reverted.styled, columns),
  );
}
for (const [name, png] of Object.entries(await shootPages())) write(name, png);
process.exit(0);
