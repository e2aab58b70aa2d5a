import { expect } from 'chai';
import { isUnresolved, sayFailureBlindly, sayNetworkFailure } from '../../src/net/failure.js';

const failed = (message: string, code?: string): Error =>
  Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(message), code === undefined ? {} : { code }) });
const late = Object.assign(new Error('The operation was aborted'), { name: 'TimeoutError' });

describe('why a fetch failed', () => {
  for (const [name, error, said, blindly, unresolved] of [
    ['a late answer', late, 'no answer within 1 s', 'no answer within 1 s', false],
    ['a refused connection', failed('connect 10.0.0.1:80', 'ECONNREFUSED'), 'connection refused', 'connection refused', false],
    [
      'a name that nobody knows',
      failed('getaddrinfo ENOTFOUND secret.example', 'ENOTFOUND'),
      'the host name cannot be resolved',
      'the host name cannot be resolved',
      true,
    ],
    [
      'a certificate for another host',
      failed("Host: secret.example. is not in the cert's altnames", 'ERR_TLS_CERT_ALTNAME_INVALID'),
      "Host: secret.example. is not in the cert's altnames",
      'no connection (ERR_TLS_CERT_ALTNAME_INVALID)',
      false,
    ],
    ['what has no code', failed('odd secret.example'), 'odd secret.example', 'no connection (no reason given)', false],
  ] as const) {
    it(`is said of ${name}, and blindly without a word of the address`, () => {
      expect(sayNetworkFailure(error, 1_000)).to.equal(said);
      expect(sayFailureBlindly(error, 1_000)).to.equal(blindly);
      expect(isUnresolved(error)).to.equal(unresolved);
    });
  }
});
