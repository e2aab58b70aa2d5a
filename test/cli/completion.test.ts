import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { allCommands } from '../docs/models.js';
import { Shell } from '../support/shell.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

describe('completion', () => {
  let sandbox: Sandbox;
  let folder: string;
  before(async () => {
    sandbox = await startSandbox({ traffic: 1 });
    folder = mkdtempSync(join(tmpdir(), 'splitter-completion-'));
    writeFileSync(join(folder, 'splitter'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`);
    chmodSync(join(folder, 'splitter'), 0o755);
    for (const name of ['plan one.yaml', 'other.yaml']) writeFileSync(join(folder, name), '');
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await sandbox.stop();
  });

  /** What bash would offer for this line, whose last word is being typed. */
  async function offered(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ offers: readonly string[]; stderr: string }> {
    const script =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash, not a template
      'source <(splitter completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _splitter; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout, stderr } = await run('bash', ['--norc', '--noprofile', '-c', script, 'bash', 'splitter', ...words], {
      cwd: folder,
      env: { PATH: `${folder}:${process.env.PATH}`, CONSUL_HTTP_ADDR: sandbox.consulAddress, ...env },
    });
    return { offers: stdout.split('\n').filter(Boolean), stderr };
  }

  const lines: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['commands', ['un'], ['undo']],
    ['live services', ['status', 'pay'], ['payments']],
    ['live services after flags with and without a value', ['ramp', '--to', '10', '--dry-run', 'p'], ['payments']],
    ['no second service', ['status', 'payments', ''], []],
    ['flags of the command', ['ramp', '--on'], ['--on-interrupt']],
    ['the words of a flag', ['ramp', 'payments', '--on-interrupt', ''], ['hold', 'revert']],
    ['the words of a short flag', ['status', '-o', 'j'], ['json']],
    ['files of a flag, with spaces in their names', ['ramp', 'payments', '--plan', 'plan'], ['plan one.yaml']],
    ['files', ['validate', 'ot'], ['other.yaml']],
    ['any number of files', ['validate', 'other.yaml', 'ot'], ['other.yaml']],
    ['services and files', ['start', 'p'], ['payments', 'plan one.yaml']],
    ["nothing for a value of one's own", ['ramp', '--to', ''], []],
    ['words of an argument', ['freeze', 'o'], ['on', 'off']],
    ['shells', ['completion', 'f'], ['fish']],
  ];
  for (const [what, words, wanted] of lines)
    it(`in bash offers ${what}`, async () => {
      const { offers, stderr } = await offered(words);
      expect([offers, stderr]).to.deep.equal([wanted, '']);
    });

  it('in bash says nothing at all where Consul does not answer', async () => {
    const { offers, stderr } = await offered(['status', ''], { CONSUL_HTTP_ADDR: 'http://127.0.0.1:1' });
    expect([offers, stderr]).to.deep.equal([[], '']);
  });

  it('gives a shell only names that it would not expand', async () => {
    for (const name of ['$(touch x)', 'a b', '`x`', 'fine-1'])
      await fetch(`${sandbox.consulAddress}/v1/catalog/register`, {
        method: 'PUT',
        body: JSON.stringify({ Node: 'n', Address: '127.0.0.1', Service: { Service: name } }),
      });
    const { out, err, code } = await new Shell(sandbox.consulAddress).run('__complete services');
    expect([out.split('\n').filter(Boolean), err, code]).to.deep.equal([['fine-1', 'payments', 'web'], '', 0]);
    expect((await new Shell('http://nowhere.invalid:99999').run('__complete services')).err).to.equal('');
  });

  it('in zsh and fish knows every command, its flags and where services stand', async () => {
    const shell = new Shell(sandbox.consulAddress);
    const [zsh, fish] = [(await shell.run('completion zsh')).out, (await shell.run('completion fish')).out];
    for (const { name, flags } of allCommands()) {
      expect(zsh).to.match(new RegExp(`^    ${name}\\)$`, 'm'));
      expect(fish).to.include(`complete -c splitter -n __fish_use_subcommand -a ${name} -d '`);
      for (const { long } of flags) {
        expect(zsh).to.include(`'${long}[`);
        expect(fish).to.include(`-n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)} `);
      }
    }
    expect(zsh).to.include("'1:service:_splitter_services'").and.include("'*:file:_files'");
    expect(zsh).to.match(/'--on-interrupt\[what Ctrl-C does\]:what:\(hold revert\)'/);
    expect(fish).to.include("from status' -a '(splitter __complete services 2>/dev/null)'");
    for (const text of [zsh, fish]) expect(text.match(/'/g)!.length % 2).to.equal(0);
  });

  it('of another shell is refused with what there is', async () => {
    const { code, err } = await new Shell(sandbox.consulAddress).run('completion tcsh');
    expect([code, err]).to.deep.equal([
      1,
      'Error: there is no completion for tcsh\n  -> splitter completion bash, zsh or fish\n',
    ]);
  });
});
