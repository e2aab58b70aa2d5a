import { expect } from 'chai';
import { consulKind } from '../../src/server/consul-kind.js';

describe('consulKind', () => {
  for (const [path, kind] of [
    ['/config/service-splitter/payments', 'config'],
    ['/kv/splitter/plans/payments', 'kv'],
    ['/session/renew/abc', 'session'],
    ['/catalog/services', 'catalog'],
    ['/health/service/payments', 'health'],
    ['/discovery-chain/payments', 'chain'],
    ['/constructor', 'other'],
    ['', 'other'],
  ] as const)
    it(`takes ${path} for ${kind}`, () => expect(consulKind(path)).to.equal(kind));

  it('tells blocking queries apart, whatever they are about', () => {
    expect(consulKind('/config/service-splitter', true)).to.equal('watch');
  });
});
