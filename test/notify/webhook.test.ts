import { expect } from 'chai';
import { cloudEvent } from '../../src/notify/webhook.js';
import { makeNotice } from './notices.js';

describe('a notice as a CloudEvent', () => {
  it('has every attribute that CloudEvents 1.0 asks for, and the facts as data', () => {
    expect(cloudEvent(makeNotice({ datacenter: 'dc1', namespace: 'a b' }))).to.deep.equal({
      specversion: '1.0',
      id: 'payments/01JDK7Q0000000000000000000/9',
      source: '/dc1/a%20b/payments',
      type: 'dev.splitter.rollout.reverted',
      time: '2026-11-21T12:00:00.000Z',
      subject: 'payments',
      datacontenttype: 'application/json',
      data: {
        service: 'payments',
        namespace: 'a b',
        datacenter: 'dc1',
        rollout: '01JDK7Q0000000000000000000',
        seq: 9,
        kind: 'reverted',
        phase: 'Reverted',
        reason: 'SignalFailed',
        stable: 'blue',
        canary: 'green',
        by: 'dana',
        driver: 'start:dana:1:x',
        next: 'splitter history payments',
        title: 'payments is reverted to blue "2" (SignalFailed)',
        message: 'errors: 3% of 900 requests, more than 0.5%',
        weights: { blue: 100, green: 0 },
        signals: [
          { signal: 'errors', verdict: 'Failed', value: '3%', bound: '<= 0.5%', samples: 900, message: '27 of 900 failed' },
        ],
      },
    });
  });

  it('stays under the 64 KiB that every receiver takes', () => {
    const long = '\u0001'.repeat(20_000);
    const evidence = Array.from({ length: 10 }, () => ({ ...makeNotice().evidence[0]!, message: long }));
    const event = cloudEvent(makeNotice({ sentence: long, title: long, evidence }));
    expect(Buffer.byteLength(JSON.stringify(event))).to.be.below(65_536);
  });
});
