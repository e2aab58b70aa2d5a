import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Check } from '../../src/core/preflight.js';
import { ROOT } from '../plan/root.js';
import { DOCTOR_TROUBLES } from './doctor-troubles.js';
import { Stage } from './stage.js';

const PAGE = join(ROOT, 'docs/troubleshooting.md');
const [BEGIN, END] = ['<!-- what doctor says: SPLITTER_TRANSCRIPTS=write makes it again -->', '<!-- end of what doctor says -->'];

describe('docs/troubleshooting.md: what doctor says in broken situations, and what cures them', function () {
  this.timeout(60_000);
  const told: string[] = [];
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
    await stage.type(`splitter apply ${stage.plan('[{ weight: 10 }, { pause: 1h }, { weight: 100 }]')}`);
  });
  afterEach(() => stage.close());

  for (const { title, make, cure, says } of DOCTOR_TROUBLES)
    it(`${title}: it is named, the cure is typed, and doctor is satisfied`, async () => {
      const healthy = await look();
      expect(healthy.filter(({ verdict }) => verdict === 'failed')).to.deep.equal([]);
      await make(stage);
      const { code, out } = await stage.shell.run('doctor payments');
      const sick = await look();
      const known = new Set(healthy.map(({ name }) => name));
      // Not one check is hidden by another.
      const hidden = [...known].filter(
        (name) => !['stable', 'canary'].includes(name) && !sick.some((check) => check.name === name),
      );
      expect(hidden, out).to.deep.equal([]);
      expect(code, out).to.equal(sick.some(({ verdict }) => verdict === 'failed') ? 1 : 0);
      const lines = out.split('\n');
      const news = sick.filter((check) => check.verdict !== 'ok' && !healthy.some((was) => was.message === check.message));
      const shown = news.flatMap(({ name, message }) => {
        const at = lines.findIndex((line) => line.includes(` ${name} `) && line.includes(message));
        return lines[at + 1]?.trim().startsWith('->') ? [lines[at]!, lines[at + 1]!] : [lines[at]!];
      });
      expect(shown.join('\n')).to.match(says);
      await stage.type(cure);
      const cured = await look();
      expect(
        cured.filter(({ verdict, message }) => verdict !== 'ok' && !healthy.some((was) => was.message === message)),
      ).to.deep.equal([]);
      told.push(
        `**${title}**\n\n\`\`\`console\n$ splitter doctor payments\n${shown.join('\n')}\n$ ${cure}\n$ splitter doctor payments   # ok\n\`\`\``,
      );
    });

  it('and the page has just that', () => {
    const page = readFileSync(PAGE, 'utf8');
    const [before = '', rest = ''] = page.split(`${BEGIN}\n`);
    const [kept = '', after = ''] = rest.split(END);
    const made = `\n${told.map((text) => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:8500')).join('\n\n')}\n\n`;
    if (process.env.SPLITTER_TRANSCRIPTS === 'write') writeFileSync(PAGE, `${before}${BEGIN}\n${made}${END}${after}`);
    else expect(kept, 'stale: SPLITTER_TRANSCRIPTS=write npx mocha dist/test/docs/doctor-transcript.test.js').to.equal(made);
    expect(told.length).to.equal(DOCTOR_TROUBLES.length).and.to.be.at.least(10);
  });

  async function look(): Promise<readonly Check[]> {
    return (await stage.shell.json('doctor payments')).checks;
  }
});
