import { expect } from 'chai';
import type { Ask } from './ask.js';

const splitter = (more: object) => ({ Kind: 'service-splitter', Name: 'strict', ...more });
const resolver = (more: object) => ({ Kind: 'service-resolver', Name: 'r1', ...more });
const router = (http: object, more: object = {}) => ({
  Kind: 'service-router',
  Name: 'strict',
  Routes: [{ Match: { HTTP: http }, ...more }],
});
const decoding = (text: string) => `Request decoding failed: ${text}`;
const whole = [{ Weight: 100 }];

const CASES: readonly (readonly [string, unknown, number, string])[] = [
  ['an empty body', '', 400, decoding('EOF')],
  ['a body that is not JSON', 'xx', 400, decoding("invalid character 'x' looking for beginning of value")],
  ['no kind', '{}', 400, decoding('Payload does not contain a kind/Kind key at the top level')],
  ['KIND', { KIND: 'service-splitter' }, 400, decoding('Payload does not contain a kind/Kind key at the top level')],
  ['an unknown kind', { Kind: 'nosuch', Name: 'x' }, 400, decoding('invalid config entry kind: nosuch')],
  [
    'unknown keys, nested ones first',
    splitter({ Bar: 2, Splits: [{ Weight: 100, Foo: 1 }] }),
    400,
    decoding('2 errors occurred:\n\t* invalid config key "Splits[0].Foo"\n\t* invalid config key "Bar"\n\n'),
  ],
  [
    'a namespace',
    splitter({ Namespace: 'x', Splits: whole }),
    400,
    decoding('1 error occurred:\n\t* invalid config key "Namespace", namespaces are a consul enterprise feature\n\n'),
  ],
  [
    'a nested Meta',
    splitter({ Splits: whole, Meta: { a: { b: 1 } } }),
    400,
    decoding(
      "decoding failed due to the following error(s):\n\n'Meta[a]' expected type 'string', got unconvertible type 'map[string]interface {}'",
    ),
  ],
  [
    'a weight that is no number',
    splitter({ Splits: [{ Weight: 'abc' }] }),
    400,
    decoding(
      "decoding failed due to the following error(s):\n\n'Splits[0].Weight' cannot parse value as 'float32': strconv.ParseFloat: invalid syntax",
    ),
  ],
  [
    'splits that are a text',
    splitter({ Splits: 'x' }),
    400,
    decoding('decoding failed due to the following error(s):\n\n\'Splits[0]\' expected a map or struct, got "string"'),
  ],
  [
    'a bad duration',
    resolver({ ConnectTimeout: 'zz' }),
    400,
    decoding("decoding failed due to the following error(s):\n\n'ConnectTimeout' time: invalid duration"),
  ],
  ['a splitter without name', { Kind: 'service-splitter' }, 500, 'Name is required'],
  ['a splitter without splits', splitter({}), 500, 'no splits configured'],
  ['a wrong sum', splitter({ Splits: [{ Weight: 50 }] }), 500, 'the sum of all split weights must be 100, not 50.000000'],
  ['a sum just off', splitter({ Splits: [{ Weight: 99.99 }] }), 500, 'the sum of all split weights must be 100, not 99.989998'],
  [
    'a destination twice',
    splitter({ Splits: [{ Weight: 50 }, { Weight: 50 }] }),
    500,
    'split destination occurs more than once: service="strict", subset="", namespace="", partition=""',
  ],
  [
    'a subset that is not there',
    splitter({ Splits: [{ Weight: 100, ServiceSubset: 'green' }] }),
    500,
    'service "strict" does not have a subset named "green"',
  ],
  [
    'a splitter on tcp',
    { Kind: 'service-splitter', Name: 'plain', Splits: whole },
    500,
    'discovery chain "plain" uses a protocol "tcp" that does not permit advanced routing or splitting behavior',
  ],
  [
    'legs of different protocols',
    splitter({ Splits: [{ Weight: 80 }, { Weight: 20, Service: 'plain' }] }),
    500,
    'discovery chain "strict" uses inconsistent protocols; service "plain" has "tcp" which is not "http"',
  ],
  [
    'a Meta value too long',
    splitter({ Splits: whole, Meta: { a: 'x'.repeat(513) } }),
    500,
    '1 error occurred:\n\t* Meta value for key "a" exceeds maximum length 512\n\n',
  ],
  [
    'a Meta key too long',
    splitter({ Splits: whole, Meta: { ['k'.repeat(129)]: '1' } }),
    500,
    `1 error occurred:\n\t* Meta key "${'k'.repeat(129)}" exceeds maximum length 128\n\n`,
  ],
  [
    'too many Meta pairs',
    splitter({ Splits: whole, Meta: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, '1'])) }),
    500,
    '1 error occurred:\n\t* Meta exceeds maximum element count 64\n\n',
  ],
  [
    'an unknown protocol',
    { Kind: 'service-defaults', Name: 'bad', Protocol: 'nope' },
    500,
    '1 error occurred:\n\t* invalid value for protocol: nope\n\n',
  ],
  ['other proxy-defaults', { Kind: 'proxy-defaults', Name: 'other' }, 500, 'invalid name ("other"), only "global" is supported'],
  ['a subset without name', resolver({ Subsets: { '': {} } }), 500, 'Subset defined with empty name'],
  [
    'a subset in capitals',
    resolver({ Subsets: { Blue: {} } }),
    500,
    'Subset "Blue" is invalid: must be 63 characters or fewer, begin or end with lower case alphanumeric characters, ' +
      "and contain lower case alphanumeric characters or '-' in between",
  ],
  [
    'a filter that does not parse',
    resolver({ Subsets: { blue: { Filter: 'Service.Meta.version = 1' } } }),
    500,
    'Filter for subset "blue" is not a valid expression: 1:22 (21): no match found, expected: ' +
      '"!=", "==", "contains", "in", "is", "matches", "not" or [ \\t\\r\\n]',
  ],
  ['an absent DefaultSubset', resolver({ DefaultSubset: 'x' }), 500, 'DefaultSubset "x" is not a valid subset'],
  ['an empty Redirect', resolver({ Redirect: {} }), 500, 'Redirect is empty'],
  [
    'Redirect and Failover',
    resolver({ Redirect: { Service: 'r2' }, Failover: { '*': { Service: 'r3' } } }),
    500,
    'Redirect and Failover cannot both be set',
  ],
  [
    'a Failover of no subset',
    resolver({ Failover: { green: { Service: 'z' } } }),
    500,
    'Bad Failover["green"]: not a valid subset subset',
  ],
  [
    'an empty Failover',
    resolver({ Failover: { '*': {} } }),
    500,
    'Bad Failover["*"]: one of Service, ServiceSubset, Namespace, Targets, SamenessGroup, or Datacenters is required',
  ],
  ['a negative timeout', resolver({ ConnectTimeout: '-1s' }), 500, "Bad ConnectTimeout '-1s', must be >= 0"],
  ['an unknown policy', resolver({ LoadBalancer: { Policy: 'x' } }), 500, 'Bad LoadBalancer policy: "x" is not supported'],
  [
    'hash policies on a random policy',
    resolver({ LoadBalancer: { Policy: 'random', HashPolicies: [{ SourceIP: true }] } }),
    500,
    'Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: "random"',
  ],
  ['a path without slash', router({ PathPrefix: 'nope' }), 500, "Route[0] PathPrefix doesn't start with '/': \"nope\""],
  [
    'two paths',
    router({ PathPrefix: '/a', PathExact: '/b' }),
    500,
    'Route[0] should only contain at most one of PathExact, PathPrefix, or PathRegex',
  ],
  [
    'a header match that says nothing',
    router({ Header: [{ Name: 'x' }] }),
    500,
    'Route[0] Header[0] should only contain one of Present, Exact, Prefix, Suffix, or Regex',
  ],
  ['a header match without name', router({ Header: [{ Exact: 'x' }] }), 500, 'Route[0] Header[0] missing required Name field'],
  [
    'a route to no subset',
    router({ PathPrefix: '/a' }, { Destination: { ServiceSubset: 'nosuch' } }),
    500,
    'service "strict" does not have a subset named "nosuch"',
  ],
];

/** What Consul refuses, and its words. */
export function describeConfigErrors(ask: Ask): void {
  describe('refused config entries', () => {
    const put = (body: unknown, query = '') => ask('PUT', `/v1/config${query}`, body);

    before(async () => {
      await put({ Kind: 'service-defaults', Name: 'strict', Protocol: 'http' });
    });

    for (const [what, body, status, text] of CASES) {
      it(`refuses ${what}`, async () => {
        const refused = await put(body);
        expect([refused.status, refused.text]).to.deep.equal([status, text]);
        expect(refused.headers.get('content-type')).to.equal('text/plain; charset=utf-8');
      });
    }

    it('checks fields before cas, and cas before the graph', async () => {
      await put(splitter({ Splits: whole }));
      expect((await put(splitter({ Splits: [{ Weight: 50 }] }), '?cas=0')).status).to.equal(500);
      expect((await put(splitter({ Splits: [{ Weight: 100, ServiceSubset: 'nosuch' }] }), '?cas=0')).json).to.equal(false);
      const bad = await put(splitter({ Splits: whole }), '?cas=NaN');
      expect([bad.status, bad.text]).to.deep.equal([500, 'strconv.ParseUint: parsing "NaN": invalid syntax']);
    });

    it('refuses to delete what others need', async () => {
      await put({ Kind: 'service-resolver', Name: 'strict', Subsets: { blue: {} } });
      await put(splitter({ Splits: [{ Weight: 100, ServiceSubset: 'blue' }] }));
      const resolver = await ask('DELETE', '/v1/config/service-resolver/strict');
      expect([resolver.status, resolver.text]).to.deep.equal([500, 'service "strict" does not have a subset named "blue"']);
      const defaults = await ask('DELETE', '/v1/config/service-defaults/strict');
      expect(defaults.text).to.equal(
        'discovery chain "strict" uses a protocol "tcp" that does not permit advanced routing or splitting behavior',
      );
      const shrunk = await put({ Kind: 'service-resolver', Name: 'strict', Subsets: { red: {} } });
      expect(shrunk.text).to.equal('service "strict" does not have a subset named "blue"');
    });

    it('refuses circles', async () => {
      await put({ Kind: 'service-defaults', Name: 'round', Protocol: 'http' });
      await put({ Kind: 'service-splitter', Name: 'round', Splits: [{ Weight: 80 }, { Weight: 20, Service: 'strict' }] });
      const circle = await put(splitter({ Splits: [{ Weight: 80 }, { Weight: 20, Service: 'round' }] }));
      // Consul compiles the chains of both, in no order of its own: either may be where it goes round.
      const [strict, round] = ['splitter:strict.default.default', 'splitter:round.default.default'];
      expect([circle.status, circle.text]).to.be.deep.oneOf([
        [500, `detected circular reference: [${strict} -> ${round} -> ${strict}]`],
        [500, `detected circular reference: [${round} -> ${strict} -> ${round}]`],
      ]);
      await put({ Kind: 'service-resolver', Name: 'l1', Redirect: { Service: 'l2' } });
      const redirects = await put({ Kind: 'service-resolver', Name: 'l2', Redirect: { Service: 'l1' } });
      expect(redirects.text).to.match(
        /^detected circular resolver redirect: \[(l[12])\.default\.default\.dc1 -> l[12]\.default\.default\.dc1 -> \1\.default\.default\.dc1\]$/,
      );
    });

    it('refuses a kind that does not exist, and a delete without a name', async () => {
      const list = await ask('GET', '/v1/config/nosuch');
      expect([list.status, list.text]).to.deep.equal([500, 'invalid config entry kind: nosuch']);
      const remove = await ask('DELETE', '/v1/config/nosuch/x');
      expect([remove.status, remove.text]).to.deep.equal([400, 'invalid config entry kind: nosuch']);
      const nameless = await ask('DELETE', '/v1/config/service-splitter');
      expect([nameless.status, nameless.text]).to.deep.equal([404, 'Must provide both a kind and name to delete']);
      const filtered = await ask('GET', '/v1/config/service-splitter?filter=Name==a');
      expect([filtered.status, filtered.text]).to.deep.equal([
        500,
        'filtering not supported for config entry kind=service-splitter',
      ]);
    });
  });
}
