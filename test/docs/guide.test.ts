import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import { readSection } from './markdown.js';
import { commandsOf } from './shell-words.js';
import { Terminal, typedLines } from './typed.js';

const SANDBOX = 'http://127.0.0.1:8500';

describe('the guide, typed in line by line', function () {
  this.timeout(120_000);
  let terminal: Terminal;
  let shell: Shell;
  before(() => {
    terminal = new Terminal();
  });
  after(() => terminal.close());

  it('five minutes: a ramp that is taken back, one that is promoted, and the way back', async () => {
    const lines = typedLines(readSection('docs/guide.md', 'Five minutes, with nothing but Node.js'));
    const sandbox = lines.findIndex(({ text }) => text.startsWith('splitter sandbox'));
    const running = terminal.start(`${lines[sandbox]?.text} --port 0`);
    await until('the sandbox runs', () => /Ctrl-C ends/.test(running.output()));
    const address = /A Consul is at (\S+);/.exec(running.output())?.[1] ?? '';
    shell = new Shell(address);
    const after = lines.slice(sandbox + 1);
    expect(after[0]?.text).to.match(new RegExp(`^export CONSUL_HTTP_ADDR=${SANDBOX}\\b`));
    terminal.set('CONSUL_HTTP_ADDR', address);
    for (const [i, { text, exit }] of after.entries()) {
      if (text.startsWith('export ') || text.startsWith('curl ')) continue;
      const typed = terminal.start(text);
      // What the guide has typed in a third terminal while this runs, or before the next line.
      const other = after[i + 1]?.text ?? '';
      if (other.startsWith('curl ')) {
        if (text.includes(' ramp ')) await until('10% is on green', () => weighs(10));
        await ask(other.replace(SANDBOX, address));
      }
      const { code, output } = await typed.done;
      expect(code, `${text}\n${output}`).to.equal(exit);
    }
    const { phase, stable } = await shell.json('status payments');
    expect([phase, stable.subset, stable.weight.stored]).to.deep.equal(['Reverted', 'blue', 100]);
    running.interrupt();
    expect((await running.done).code).to.equal(0);
  });

  const weighs = async (percent: number): Promise<boolean> =>
    (await shell.json('status payments')).canary?.weight.stored === percent;

  it('a plan: every line of its section is taken, against the sandbox', async () => {
    const running = terminal.start('splitter sandbox --port 0');
    await until('the sandbox runs', () => /Ctrl-C ends/.test(running.output()));
    terminal.set('CONSUL_HTTP_ADDR', /A Consul is at (\S+);/.exec(running.output())?.[1] ?? '');
    const lines = typedLines(readSection('docs/guide.md', 'What a team wants every time'));
    expect(lines.map(({ text }) => commandsOf(text)[0]?.[1])).to.deep.equal(['validate', 'plan', 'start']);
    for (const { text, exit } of lines) {
      // The whole of its steps takes hours; that they begin is enough.
      const typed = terminal.start(text);
      if (text.includes('--foreground')) {
        await until('its first step is taken', () => /weight=\d+%/.test(typed.output()));
        typed.interrupt();
        expect((await typed.done).code, typed.output()).to.equal(130);
      } else expect((await typed.done).code, typed.output()).to.equal(exit);
    }
    running.interrupt();
    await running.done;
  });
});

/** `curl -X PUT URL`, without needing curl. */
async function ask(line: string): Promise<void> {
  const [curl, flag, method, url] = commandsOf(line)[0] ?? [];
  expect([curl, flag, method]).to.deep.equal(['curl', '-X', 'PUT']);
  const answer = await fetch(url ?? '', { method: method ?? '' });
  expect(answer.status, await answer.text()).to.equal(200);
}
