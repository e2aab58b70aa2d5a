import { expect } from 'chai';
import { errorOfAnswer, errorOfRequest, isPassing, NO_TOKEN } from '../../src/consul/errors.js';
import { readCompiledChain } from '../../src/consul/mesh.js';
import { resolveSettings } from '../../src/consul/settings.js';

const about = {
  what: 'writing service-splitter/payments',
  write: true,
  tokenFrom: 'CONSUL_HTTP_TOKEN',
  address: 'http://c:8500',
  addressFrom: 'CONSUL_HTTP_ADDR',
};

describe('errors of Consul', () => {
  const answers: readonly [number, string, string][] = [
    [500, 'No cluster leader', 'no-leader'],
    [500, 'rpc error making call: No cluster leader', 'no-leader'],
    [500, 'rpc error getting client: failed to get conn: dial tcp: connection refused', 'no-leader'],
    [500, 'Raft leader not found in server lookup mapping', 'no-leader'],
    [500, 'leadership lost while committing log', 'unknown-outcome'],
    [500, 'rpc error making call: EOF', 'unknown-outcome'],
    [500, 'i/o deadline reached', 'unknown-outcome'],
    [500, 'rpc error making call: read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer', 'unknown-outcome'],
    [500, 'No known Consul servers', 'no-leader'],
    [403, 'ACL not found', 'denied'],
    [403, "Permission denied: token with AccessorID 'x' lacks permission 'service:write' on \"payments\"", 'denied'],
    [429, 'rate limit exceeded, try again later or against a different server', 'limited'],
    [503, 'rate limit exceeded for operation that can only be performed by the leader, try again later', 'limited'],
    [500, 'the sum of all split weights must be 100, not 50.000000', 'rejected'],
    [400, 'Client sent an HTTP request to an HTTPS server.', 'tls'],
    [502, '<html><h1>Bad Gateway</h1></html>', 'unknown-outcome'],
    [504, 'Gateway Time-out', 'unknown-outcome'],
  ];
  for (const status of [502, 504])
    it(`a read that a proxy answers with ${status} may pass, and its page is no word of Consul's`, () => {
      const error = errorOfAnswer(status, '<html><h1>Bad Gateway</h1></html>', { ...about, write: false });
      expect([error.code, isPassing(error)]).to.deep.equal(['unreachable', true]);
      expect(error.message).to.equal(`what stands before Consul gets no answer from it (${about.what}: HTTP ${status})`);
    });
  for (const [status, text, code] of answers)
    it(`${status} "${text.slice(0, 60)}" is ${code}`, () => expect(errorOfAnswer(status, text, about).code).to.equal(code));
  for (const text of [
    'rpc error making call: EOF',
    'i/o deadline reached',
    'rpc error making call: stream closed',
    'session shutdown',
  ])
    it(`a read that lost its leader ("${text}") is no unknown outcome, and passes`, () => {
      const error = errorOfAnswer(500, text, { ...about, write: false });
      expect([error.code, isPassing(error)]).to.deep.equal(['no-leader', true]);
    });
  it('an agent of another datacenter cannot hold a lock, and what it takes is said', () => {
    const about500 = { ...about, what: 'creating a driver session' };
    const { code, message, hint } = errorOfAnswer(500, 'rpc error making call: Missing node registration', about500);
    expect([code, hint]).to.deep.equal(['rejected', 'set CONSUL_HTTP_ADDR (or -http-addr) to an agent of that datacenter']);
    expect(message).to.match(
      /^a lock needs an agent of the datacenter .*\(creating a driver session, 500: Missing node registration\)$/,
    );
  });
  it('what a policy lacks is said as the line to write; without a token, that one is to be given', () => {
    const denied = `Permission denied: token with AccessorID 'x' lacks permission 'service:write' on "payments"`;
    const { hint, lacksPermission } = errorOfAnswer(403, denied, about);
    expect([hint, lacksPermission]).to.deep.equal(['its policy lacks service "payments" { policy = "write" }', true]);
    const { hint: give } = errorOfAnswer(403, denied, { ...about, tokenFrom: `${NO_TOKEN}: no token was given` });
    expect(give).to.match(/give a token: --token-file/);
    expect(errorOfAnswer(403, 'ACL not found', about).lacksPermission).to.equal(false);
  });
  it('a write whose connection broke may have been applied; one that was refused was not', () => {
    expect(errorOfRequest(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), about).code).to.equal(
      'unknown-outcome',
    );
    expect(errorOfRequest(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), about).code).to.equal('unreachable');
  });
});

describe('settings of Consul', () => {
  const address = (env: Record<string, string>, flag?: string) =>
    resolveSettings(flag === undefined ? {} : { httpAddr: flag }, env).address;
  const forms: readonly [Record<string, string>, string | undefined, string][] = [
    [{}, undefined, 'http://127.0.0.1:8500'],
    [{ CONSUL_HTTP_ADDR: 'consul:8501' }, undefined, 'http://consul:8501'],
    [{ CONSUL_HTTP_ADDR: 'consul:8501', CONSUL_HTTP_SSL: 'true' }, undefined, 'https://consul:8501'],
    [{ CONSUL_HTTP_ADDR: 'http://consul:8501', CONSUL_HTTP_SSL: '1' }, undefined, 'https://consul:8501'],
    [{ CONSUL_HTTP_ADDR: 'https://consul/prefix/' }, undefined, 'https://consul/prefix'],
    [{ CONSUL_HTTP_ADDR: 'a:1' }, 'b:2', 'http://b:2'],
  ];
  for (const [env, flag, expected] of forms)
    it(`${JSON.stringify(env)} ${flag ?? ''} gives ${expected}`, () => expect(address(env, flag)).to.equal(expected));
  it('a unix socket is taken, an unknown scheme and half a certificate are refused', () => {
    expect(resolveSettings({}, { CONSUL_HTTP_ADDR: 'unix:///run/consul.sock' }).socketPath).to.equal('/run/consul.sock');
    expect(() => address({ CONSUL_HTTP_ADDR: 'ftp://x' })).to.throw(/does not speak: ftp/);
    expect(() => address({ CONSUL_HTTP_ADDR: 'https://x', CONSUL_CLIENT_CERT: '/nope' })).to.throw(/needs its key/);
    expect(() => address({ CONSUL_HTTP_SSL: 'yes' })).to.throw(/neither true nor false/);
  });
  it('a user and a password in the address become the login, so that no message shows them', () => {
    const { address, basicAuth } = resolveSettings({}, { CONSUL_HTTP_ADDR: 'https://dana:s%40cret@consul:8501' });
    expect([address, basicAuth]).to.deep.equal(['https://consul:8501', 'dana:s@cret']);
  });
  it('what cannot be a token is refused without being shown', () => {
    for (const token of ['two words', 'first\nsecond', 'ümlaut']) {
      const refused = (): unknown => resolveSettings({ token }, {});
      expect(refused).to.throw(/the token from -token holds characters that no token has/);
      expect(refused).to.not.throw(token);
    }
    expect(() => resolveSettings({ tokenFile: '/dev/null' }, {})).to.throw(/the token from the file \/dev\/null is empty/);
  });
  it('a token file beats a token, a flag beats both, and a missing file is an error', () => {
    expect(resolveSettings({ token: 'flag' }, { CONSUL_HTTP_TOKEN: 'env' }).token).to.equal('flag');
    expect(() => resolveSettings({}, { CONSUL_HTTP_TOKEN: 'env', CONSUL_HTTP_TOKEN_FILE: '/nope' })).to.throw(
      /token file \/nope cannot be read/,
    );
  });
});

describe('a compiled chain', () => {
  const resolver = (subset: string) => ({ Type: 'resolver', Resolver: { Target: `t-${subset}` } });
  const Targets = { 't-blue': { ServiceSubset: 'blue' }, 't-green': { ServiceSubset: 'green' }, 't-': {} };
  it('is followed through a router’s last route to the splitter, equal legs summed, a missing weight 0', () => {
    const Nodes = {
      r: { Type: 'router', Routes: [{ NextNode: 'g' }, { NextNode: 's' }] },
      s: { Type: 'splitter', Splits: [{ Weight: 60, NextNode: 'b' }, { Weight: 40, NextNode: 'b' }, { NextNode: 'g' }] },
      b: resolver('blue'),
      g: resolver('green'),
    };
    expect(readCompiledChain({ Chain: { Protocol: 'http', StartNode: 'r', Nodes, Targets } })).to.deep.equal({
      protocol: 'http',
      startsWith: 'router',
      routed: [],
      legs: [
        { subset: 'blue', weight: 10_000 },
        { subset: 'green', weight: 0 },
      ],
    });
  });
  it('without a splitter leads to one target with everything', () => {
    const chain = readCompiledChain({ Chain: { Protocol: 'http', StartNode: 'x', Nodes: { x: resolver('') }, Targets } });
    expect(chain).to.deep.equal({ protocol: 'http', startsWith: 'resolver', legs: [{ subset: '', weight: 10_000 }] });
  });
});
