import { expect } from 'chai';
import { type Field, HEALTH_FIELDS } from '../../src/core/filter-fields.js';
import { checkFilter } from '../../src/plan/filter.js';
import type { Ask } from './ask.js';

const BOTH = ['pay-2', 'pay-3'];
const TAKEN: readonly (readonly [string, readonly string[]])[] = [
  ['', BOTH],
  ['Service.Meta.version == "2"', ['pay-2']],
  ['Service.Meta.version == 2', ['pay-2']],
  ['Service.Meta.version == `2`', ['pay-2']],
  ['Service.Meta.version==2', ['pay-2']],
  ['Service.Meta["version"] == "2"', ['pay-2']],
  ['Service.Meta.nokey == "2"', []],
  ['Service.Meta.nokey != "2"', BOTH],
  ['Service.Meta.version != "2"', ['pay-3']],
  ['Service.Meta.version == v1', []],
  ['Service.ID == "pay-2"', ['pay-2']],
  ['Service.Service == pay', BOTH],
  ['Service.Kind == "connect-proxy"', []],
  ['Service.Kind == ""', BOTH],
  ['Service.Port == 9001', BOTH],
  ['Service.Meta.version matches "^2"', ['pay-2']],
  ['Service.Meta.version not matches "^2"', ['pay-3']],
  ['Service.Meta.version contains "2"', ['pay-2']],
  ['Service.Meta.version not contains "2"', ['pay-3']],
  ['Service.Tags contains "t2"', ['pay-2']],
  ['"t2" in Service.Tags', ['pay-2']],
  ['"t2" not in Service.Tags', ['pay-3']],
  ['version in Service.Meta', BOTH],
  ['Service.Meta contains "version"', BOTH],
  ['Service.Meta is empty', []],
  ['Service.Meta is not empty', BOTH],
  ['Checks.Status == "passing"', BOTH],
  ['Checks is empty', []],
  ['Node.Node == "sandbox"', BOTH],
  ['not Service.Meta.version == "2"', ['pay-3']],
  ['not (Service.Meta.version == "2" or Service.Meta.version == "3")', []],
  ['(Service.Meta.version == "2" or Service.Meta.version == "3") and Service.ID == "pay-3"', ['pay-3']],
  ['Service.Meta.version == "2" or Service.Meta.version == "3" and Service.ID == "nobody"', ['pay-2']],
];

const REFUSED: readonly (readonly [string, string])[] = [
  ['Service.Metaa.version == "2"', 'Selector "Service.Metaa" is not valid'],
  ['Service.Foo == "x"', 'Selector "Service.Foo" is not valid'],
  ['Foo == x', 'Selector "Foo" is not valid'],
  ['ServiceKind == "x"', 'Selector "ServiceKind" is not valid'],
  ['Service.Tags == "t"', 'Invalid match operator "Equal" for selector "Service.Tags"'],
  ['Service.Meta == "t"', 'Invalid match operator "Equal" for selector "Service.Meta"'],
  ['Service == "x"', 'Invalid match operator "Equal" for selector "Service"'],
  ['Service.Meta.version is empty', 'Invalid match operator "Is Empty" for selector "Service.Meta.version"'],
  [
    'Service.Port == "abc"',
    'Failed to coerce value "abc" for selector "Service.Port": strconv.ParseInt: parsing "abc": invalid syntax',
  ],
  ['Service.Meta.version matches "("', 'Failed to compile regular expression "(": error parsing regexp: missing closing ): `(`'],
  [
    'Service.Meta.version = 1',
    '1:22 (21): no match found, expected: "!=", "==", "contains", "in", "is", "matches", "not" or [ \\t\\r\\n]',
  ],
  ['Service.Meta.version == ', '1:25 (24): no match found, expected: "-", "0", "\\"", "`", [ \\t\\r\\n], [1-9] or [a-zA-Z]'],
  ['Service.Meta.version == 1.2.3', '1:28 (27): rule "number": Invalid number literal'],
  ['Service.Meta.version in "123"', '1:25 (24): rule "match": Invalid selector'],
  ['Service.Meta.version == "2" and', '1:32 (31): no match found, expected: [ \\t\\r\\n]'],
  ['AND', '1:4 (3): no match found, expected: "!=", ".", "==", "[", [ \\t\\r\\n] or [a-zA-Z0-9_]'],
];

/** Every selector of an instance that the plan's check knows, and each with its last name misspelt. */
function selectors(field: Field = { record: HEALTH_FIELDS }, path = ''): readonly string[] {
  const own = path === '' ? [] : [path];
  if (field === 'map') return [...own, `${path}.some_key`, `${path}["a key"]`, `${path}.some.key`];
  if (typeof field === 'string') return [...own, `${path}.More`];
  const inner = 'rows' in field ? field.rows : 'record' in field ? field.record : { lan: { record: field.values } as Field };
  const deeper = Object.entries(inner).flatMap(([name, next]) => {
    const whole = path === '' ? name : `${path}.${name}`;
    return [...selectors(next, whole), `${whole}s.x`, whole.replace(name, name.toLowerCase()), whole.replace(name, `${name}x`)];
  });
  return [...own, ...deeper];
}

/** Each comparison there is, with values that fit some kinds of field and not others. */
const COMPARISONS: readonly ((selector: string) => string)[] = [
  (selector) => `${selector} == "x"`,
  (selector) => `${selector} != 7`,
  (selector) => `${selector} == 0x1f`,
  (selector) => `${selector} == T`,
  (selector) => `${selector} == "9223372036854775808"`,
  (selector) => `"x" in ${selector}`,
  (selector) => `"x" not in ${selector}`,
  (selector) => `${selector} contains "x"`,
  (selector) => `${selector} is empty`,
  (selector) => `${selector} is not empty`,
  (selector) => `${selector} matches "^x"`,
  (selector) => `${selector} not matches "x"`,
];

const PATTERNS = [
  '(',
  'a**',
  '(?i)x',
  '(?P<n>x)',
  '(?=x)',
  '(?<!x)',
  '\\\\d+',
  '\\\\1',
  '\\\\y',
  '[',
  '[[:alpha:]]',
  'x{2,1}',
  '^v?[0-9.]+$',
];

/** The filter language; uses the instances that the catalog's part has registered. */
export function describeFilters(ask: Ask): void {
  describe('filters', () => {
    const filter = (text: string) => ask('GET', `/v1/health/service/pay?filter=${encodeURIComponent(text)}`);

    for (const [text, taken] of TAKEN) {
      it(`takes ${taken.join(' and ') || 'nothing'} for ${text || 'an empty filter'}`, async () => {
        const { json } = await filter(text);
        expect(json.map((row: { Service: { ID: string } }) => row.Service.ID)).to.deep.equal(taken);
      });
    }

    it('evaluates every comparison of every selector that the check of a plan takes, and no other', async () => {
      const texts = [
        ...selectors().flatMap((selector) => COMPARISONS.map((compare) => compare(selector))),
        ...PATTERNS.map((pattern) => `Service.Meta.version matches "${pattern}"`),
      ];
      const differing: string[] = [];
      for (let at = 0; at < texts.length; at += 16)
        await Promise.all(
          texts.slice(at, at + 16).map(async (text) => {
            const { status, text: said } = await filter(text);
            const taken = checkFilter(text).length === 0;
            if (taken !== (status === 200)) differing.push(`${text}: ${status} ${said.slice(0, 200)}`);
          }),
        );
      expect(differing).to.deep.equal([]);
      expect(texts.length).to.be.above(2_000);
    });

    for (const [text, reason] of REFUSED) {
      it(`refuses ${text}`, async () => {
        const refused = await filter(text);
        expect([refused.status, refused.text]).to.deep.equal([500, `Failed to create boolean expression evaluator: ${reason}`]);
      });
    }
  });
}
