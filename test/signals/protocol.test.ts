import { expect } from 'chai';
import { readProtocol } from '../../src/signals/protocol.js';
import { FakeCatalog, NEVER, PAYMENTS } from './fakes.js';

describe('the protocol of a service', () => {
  it('is what its discovery chain says, where it lives', async () => {
    const catalog = new FakeCatalog();
    catalog.protocol = 'grpc';
    expect(await readProtocol(catalog, { ...PAYMENTS, datacenter: 'dc2' }, NEVER)).to.equal('grpc');
    expect(catalog.asked).to.deep.equal(['/v1/discovery-chain/payments {"dc":"dc2"}']);
  });

  it('is not guessed where the chain does not say it', async () => {
    const catalog = new FakeCatalog();
    catalog.protocol = '';
    const failure = await readProtocol(catalog, PAYMENTS, NEVER).catch((error: Error) => error.message);
    expect(failure).to.equal('the discovery chain of payments names no protocol');
  });
});
