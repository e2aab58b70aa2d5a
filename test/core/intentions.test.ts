import { expect } from 'chai';
import type { Entry } from '../../src/core/entries.js';
import { Intentions } from '../../src/core/intentions.js';

const entry = (Name: string, ...Sources: Entry[]): Entry => ({ Name, Sources });
const allow = (Name: string, more: Entry = {}): Entry => ({ Name, Action: 'allow', ...more });
const deny = (Name: string): Entry => ({ Name, Action: 'deny' });
const permit = (Name: string, ...actions: string[]): Entry => ({ Name, Permissions: actions.map((Action) => ({ Action })) });

describe('who may call whom by intentions', () => {
  const cases: readonly [name: string, entries: readonly Entry[], byDefault: boolean | undefined, lets: boolean | undefined][] = [
    ['the default allows', [], true, true],
    ['the default denies', [], false, false],
    ['the default is not known', [], undefined, undefined],
    ['an exact allow', [entry('geo', allow('maps'))], false, true],
    ['an exact deny before an allow of all', [entry('geo', allow('*'), deny('maps'))], true, false],
    ['an allow of all sources', [entry('geo', allow('*'))], false, true],
    ['another source only', [entry('geo', allow('web'))], false, false],
    ['an exact source for all destinations', [entry('*', allow('maps'))], false, true],
    ['all to all', [entry('*', deny('*'))], true, false],
    [
      "the destination's own before an exact source of all destinations",
      [entry('*', allow('maps')), entry('geo', deny('*'))],
      true,
      false,
    ],
    ['permissions of which one allows', [entry('geo', permit('maps', 'deny', 'allow'))], false, true],
    ['permissions that only deny, over a default that allows', [entry('geo', permit('maps', 'deny'))], true, true],
    ['permissions that only deny, over a default that denies', [entry('geo', permit('maps', 'deny'))], false, false],
    ['one of another cluster', [entry('geo', allow('maps', { Peer: 'eu' }))], false, false],
    ['one of another namespace', [entry('geo', allow('maps', { Namespace: 'eu' }))], false, false],
    ['one of every namespace', [entry('geo', allow('maps', { Namespace: '*' }))], false, true],
  ];
  for (const [name, entries, byDefault, lets] of cases) {
    it(`${name}: ${lets}`, () => {
      const intentions = new Intentions(entries, byDefault);
      expect(intentions.lets({ name: 'maps', namespace: 'us' }, { name: 'geo' })).to.equal(lets);
    });
  }
});
