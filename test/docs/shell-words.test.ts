import { expect } from 'chai';
import { commandsOf } from './shell-words.js';

describe('a line of shell, cut into its commands', () => {
  const cases: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ['splitter status payments   # where it stands', [['splitter', 'status', 'payments']]],
    ['# a comment alone', []],
    [
      'npm ci && npm run demo',
      [
        ['npm', 'ci'],
        ['npm', 'run', 'demo'],
      ],
    ],
    [
      'cat a.yaml | splitter validate -',
      [
        ['cat', 'a.yaml'],
        ['splitter', 'validate', '-'],
      ],
    ],
    ["splitter freeze on --reason 'a b' --until 4h", [['splitter', 'freeze', 'on', '--reason', 'a b', '--until', '4h']]],
    ['A=1 B="2 3" splitter list > out.txt', [['splitter', 'list']]],
    ['source <(splitter completion bash)', [['source'], ['splitter', 'completion', 'bash']]],
    ["curl -d '{}' http://x/#y", [['curl', '-d', '{}', 'http://x/#y']]],
  ];
  for (const [line, commands] of cases)
    it(line, () => {
      expect(commandsOf(line)).to.deep.equal(commands);
    });
});
