import { expect } from 'chai';
import { divideAnswer } from '../../src/signals/divide-answer.js';

const series = (service: string, subset: string, value: string): object => ({
  metric: { consul_destination_service: service, consul_destination_service_subset: subset },
  value: [1, value],
});
const answer = (result: unknown, more: object = {}): string =>
  JSON.stringify({ status: 'success', ...more, data: { resultType: 'vector', result } });

describe('dividing the answer about many services', () => {
  it('gives each the answer that it would have got alone', () => {
    const body = answer([series('payments', 'green', '1'), series('orders', 'green', '2'), series('payments', 'blue', '3')], {
      warnings: ['slow'],
    });
    const of = divideAnswer({ status: 200, body });
    expect(of('payments', 'green')).to.deep.equal({
      status: 200,
      body: answer([series('payments', 'green', '1')], { warnings: ['slow'] }),
    });
    expect(JSON.parse(of('carts', 'green').body).data.result).to.deep.equal([]);
  });

  for (const [what, sent] of [
    ['a refusal', { status: 422, body: answer([series('payments', 'green', '1')]) }],
    ['what is no JSON', { status: 200, body: '<html>' }],
    ['another shape', { status: 200, body: JSON.stringify({ data: { resultType: 'scalar', result: 7 } }) }],
    ['an empty answer', { status: 200, body: '' }],
  ] as const) {
    it(`leaves ${what} to everybody as it is`, () => {
      expect(divideAnswer(sent)('payments', 'green')).to.equal(sent);
    });
  }
});
