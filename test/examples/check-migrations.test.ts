import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../plan/root.js';

const SCRIPT = join(ROOT, 'examples/one-at-a-time/check-migrations.sh');

describe('the check of migrations of one backend at a time', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'splitter-migrations-'));
    mkdirSync(join(folder, 'sql'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): void => writeFileSync(join(folder, 'sql', name), text);
  const check = (...base: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(SCRIPT, [join(folder, 'sql'), ...base], { encoding: 'utf8' });
    return { status, said: (stdout + stderr).replaceAll(`${join(folder, 'sql')}/`, '') };
  };

  const refused: readonly (readonly [name: string, sql: string, says: string])[] = [
    ['drops a column', 'ALTER TABLE a DROP COLUMN b;', '1: drops a column'],
    ['in small letters, over lines', 'alter table a\n  drop\n  column b', '1: drops a column'],
    ['changes a type', 'ALTER TABLE a ALTER COLUMN b TYPE bigint;', '1: changes the type of a column'],
    ['changes a type, said otherwise', 'ALTER TABLE a ALTER b SET DATA TYPE text;', '1: changes the type of a column'],
    ['NOT NULL', 'SELECT 1;\nALTER TABLE a ADD COLUMN b int NOT NULL;', '2: adds a column that is NOT NULL without DEFAULT'],
    ['the second of two', 'ALTER TABLE a ADD COLUMN b int DEFAULT 1,\nADD COLUMN c int NOT NULL;', '2: adds a column'],
    ['no DEFAULT but in a text', "ALTER TABLE a ADD COLUMN b text NOT NULL CHECK (b <> ' DEFAULT ');", '1: adds a column'],
  ];
  for (const [name, sql, says] of refused)
    it(`refuses what breaks the version before: ${name}`, () => {
      write('1.sql', sql);
      const { status, said } = check();
      expect([status, said.includes(`1.sql:${says}`)], said).to.deep.equal([1, true]);
    });

  const passed: readonly (readonly [name: string, sql: string])[] = [
    ['a column with a default', 'ALTER TABLE a ADD COLUMN b numeric(10, 2) NOT NULL DEFAULT 0;'],
    ['a column that may be null', 'ALTER TABLE a ADD COLUMN b int, ADD COLUMN c int;'],
    ['comments', '-- DROP COLUMN a\n/* ALTER COLUMN a TYPE int; */ SELECT 1;'],
    ['texts', "INSERT INTO log VALUES ('ALTER TABLE a DROP COLUMN b; -- it''s');"],
    ['other alterations', "ALTER TYPE mood ADD VALUE 'x'; CREATE TABLE t (id int NOT NULL); ALTER TABLE a DROP CONSTRAINT c;"],
  ];
  for (const [name, sql] of passed)
    it(`passes what is additive: ${name}`, () => {
      write('1.sql', sql);
      expect(check()).to.deep.equal({ status: 0, said: 'every migration is additive\n' });
    });

  it('looks at what is new since a commit only, committed or not', () => {
    const git = (...words: readonly string[]): string =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=dana', '-c', 'user.email=dana@example.com', ...words], {
        encoding: 'utf8',
      });
    git('init', '-q');
    write('1.sql', 'ALTER TABLE a DROP COLUMN old;');
    git('add', '.');
    git('commit', '-qm', 'before');
    expect(check('HEAD')).to.deep.equal({ status: 0, said: 'no new migrations\n' });
    write('2.sql', 'ALTER TABLE a DROP COLUMN new;');
    expect(check('HEAD')).to.deep.equal({ status: 1, said: '2.sql:1: drops a column: the version before this one breaks\n' });
    expect(check().status).to.equal(1);
  });

  it('refuses what it cannot look at', () => {
    rmSync(join(folder, 'sql'), { recursive: true });
    expect(check().status).to.equal(1);
    mkdirSync(join(folder, 'sql'));
    write('1.sql', 'SELECT 1;');
    expect(check('no-such-commit').status).to.not.equal(0);
  });
});
