import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../plan/root.js';
import { madeFiles } from './files.js';
import { allCommands } from './models.js';

describe('what is made from the program (when it is not fresh: npm run docs)', () => {
  const files = madeFiles();

  for (const [path, text] of files)
    it(`is fresh: ${path}`, () => {
      expect(existsSync(join(ROOT, path)), 'is there').to.equal(true);
      expect(readFileSync(join(ROOT, path), 'utf8')).to.equal(text);
    });

  it('leaves no page of a command that is gone', () => {
    const pages = readdirSync(join(ROOT, 'docs', 'commands'));
    expect(pages.sort()).to.deep.equal([...allCommands().map(({ name }) => `${name}.md`), 'README.md'].sort());
  });

  it('goes with the package', () => {
    const { man, files: shipped } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect([man, shipped.includes('man')]).to.deep.equal([['man/splitter.1'], true]);
  });

  it('gives each command an example that begins with it', () => {
    for (const { name, examples } of allCommands())
      expect(
        examples.some((line) => line.includes(`splitter ${name}`)),
        name,
      ).to.equal(true);
  });

  it('is a man page of known macros only, with every command', () => {
    const page = files.get('man/splitter.1')!;
    for (const { name } of allCommands())
      expect(page).to.match(new RegExp(`^\\.SS splitter ${name.replace('-', '\\\\-')}\\b`, 'm'));
    expect(page).to.not.match(/^[.'](?!\\"|TH|SH|SS|TP|P|B|BR|I|nf|fi)/m);
  });
});
