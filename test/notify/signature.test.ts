import { expect } from 'chai';
import { signatureHeaders } from '../../src/notify/signature.js';

const MESSAGE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', now: 1_614_265_330_999 };
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const sign = (secret: string): Promise<Readonly<Record<string, string>>> =>
  signatureHeaders({ env: 'SIGNING' }, MESSAGE, { SIGNING: secret });

describe('the signature of a webhook', () => {
  it('is that of Standard Webhooks, by the example that its libraries are tested with', async () => {
    expect(await sign(SECRET)).to.deep.equal({
      'webhook-id': MESSAGE.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  it('is one for each secret while they are changed', async () => {
    const next = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const { 'webhook-signature': both } = await sign(`${next}\n${SECRET}\n`);
    expect(both!.split(' ')).to.have.length(2).and.to.include(SIGNATURE);
  });

  for (const [what, secret, why] of [
    ['no prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'SIGNING is empty or holds'],
    ['too few bytes', 'whsec_MfKQ9r8GKYqrTwjU', 'has to have 24 to 64 bytes'],
    ['too many bytes', `whsec_${Buffer.alloc(65).toString('base64')}`, 'has to have 24 to 64 bytes'],
    ['other characters', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2Laß', 'SIGNING is empty or holds'],
  ] as const) {
    it(`is none with ${what}, which is said without the secret`, async () => {
      const error = await sign(secret).catch((caught: Error) => caught);
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message)
        .to.include(why)
        .and.to.not.include('MfKQ');
    });
  }
});
