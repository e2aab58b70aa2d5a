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
        urgency: 'alarm',
        step: { index: 2, of: 7 },
        index: 48_219,
        traffic: {
          stable: { subset: 'blue', version: '2', had: 90, asked: 100, observed: 89.8 },
          canary: { subset: 'green', version: '3', had: 10, asked: 0, observed: 10.2 },
        },
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

  it('says of what it does not know that it is unknown, and never that it is 0', () => {
    const side = { subset: 'green', version: undefined, had: undefined, asked: 0, observed: undefined };
    const notice = makeNotice({ canary: side, index: undefined, step: { index: 0, of: undefined } });
    const { data } = cloudEvent(notice) as { data: { traffic: object; index: null; step: object } };
    expect(data.traffic)
      .to.have.property('canary')
      .that.deep.equals({ ...side, version: null, had: null, observed: null });
    expect([data.index, data.step]).to.deep.equal([null, { index: 0, of: null }]);
  });

  it('has an id of its own where no log has its number', () => {
    const ids = (['reverted', 'stuck'] as const).map((kind) => (cloudEvent(makeNotice({ kind })) as { id: string }).id);
    expect(new Set(ids).size).to.equal(2);
  });

  it('stays under the 64 KiB that every receiver takes', () => {
    const long = '\u0001'.repeat(20_000);
    const evidence = Array.from({ length: 10 }, () => ({ ...makeNotice().evidence[0]!, message: long }));
    const event = cloudEvent(makeNotice({ sentence: long, title: long, evidence }));
    expect(Buffer.byteLength(JSON.stringify(event))).to.be.below(65_536);
  });
});
