import { expect } from 'chai';
import fc from 'fast-check';
import { versionFilter } from '../../src/core/versions.js';
import { checkFilter } from '../../src/plan/filter.js';

const GOOD = [
  'Service.Meta.version == "2"',
  'Service.Meta.version == 2',
  'Service.Meta.version==2',
  'Service.Meta["my-key"] != `a"b`',
  '"canary" in Service.Tags',
  'Service.Tags not contains "old"',
  'Service.Meta.version matches `^2\\.`',
  'Service.Meta is not empty and not Service.ID == "x"',
  '(Service.Meta.version == "2" or Node.Meta.rack == r1) and ( Checks is empty )',
  ' \n Service.Meta.version == "2"\n',
];

const BAD: readonly (readonly [string, number])[] = [
  ['Service.Meta.version == 1.2.3', 24],
  ['Service.Meta.version == v1-rc', 26],
  ['Service.Meta.version = "2"', 20],
  ['Service.Meta.version == "2', 24],
  ['Service.Meta.version == "a\\q"', 24],
  ['Service.Meta.version == "2" AND Node.ID == 1', 28],
  ['Service.Meta.version == "2" and', 28],
  ['(Service.Meta.version == "2"', 28],
  ['Service.Meta.my-key == "2"', 15],
  ['Service.Meta[key] == "2"', 13],
  ['Service.Meta.version', 20],
  ['"2" == Service.Meta.version', 0],
  ['not(Service.Meta is empty)', 3],
  ['Service.Meta.version == ', 24],
  ['Service.Meta.version == "2"or Node.ID == 1', 27],
];

describe('checkFilter', () => {
  for (const filter of GOOD) {
    it(`accepts ${JSON.stringify(filter)}`, () => {
      expect(checkFilter(filter)).to.deep.equal([]);
    });
  }

  for (const [filter, offset] of BAD) {
    it(`refuses ${JSON.stringify(filter)} at character ${offset}`, () => {
      const [finding, ...others] = checkFilter(filter);
      expect(others).to.deep.equal([]);
      expect([finding?.severity, finding?.offset]).to.deep.equal(['error', offset]);
    });
  }

  it('refuses an empty filter, because it would be every instance', () => {
    for (const filter of ['', '  ', '\n']) expect(checkFilter(filter)[0]?.message).to.include('every instance');
  });

  for (const [filter, offset, hint] of [
    ['Service.Meta.version == "2" and Meta.version == "2"', 32, 'did you mean Service.Meta.version?'],
    ['Service.meta.version == "2"', 8, 'did you mean Service.Meta.version?'],
    ['Service.Metadata.version == 2', 8, 'did you mean Service.Meta.version?'],
    ['service.meta.version == 2', 0, 'did you mean Service.Meta.version?'],
    ['v1 in Service.Tag', 14, 'did you mean Service.Tags?'],
    ['v1 in Tags', 6, 'did you mean Service.Tags?'],
    ['Checks.State == "passing"', 7, 'did you mean Checks.Status?'],
    ['Node.Name == "a"', 5, 'known there: ID, Node, Address, Datacenter, Partition, PeerName, TaggedAddresses, Meta'],
    ['ServiceMeta.version == "2"', 0, 'did you mean Service.Meta.version?'],
    ['Service.Meta["my-key"]["x"] == "2"', 23, 'known there: nothing'],
    ['Service.Tags == "v1"', 13, 'it takes "value" in Service.Tags, is empty'],
    ['Service.Meta == "v1"', 13, 'it takes "value" in Service.Meta, is empty'],
    ['Service.Meta.version is empty', 21, 'it takes == and !=, "value" in Service.Meta.version, matches'],
    ['Service == "x"', 8, 'name a field in it'],
    ['"8080" in Service.Port', 7, 'it takes == and !='],
    ['Service.Port == "http"', 16, 'write digits'],
    ['Service.EnableTagOverride == yes', 29, 'write true or false'],
    ['Service.Meta.version matches "("', 29, 'it knows no look-ahead, no back-reference; write a plain one, like `^v?2[.]`'],
    ['Service.Meta.version matches `(?!3)`', 29, 'it knows no look-ahead, no back-reference; write a plain one, like `^v?2[.]`'],
  ] as const)
    it(`refuses ${filter}, which Consul keeps and cannot evaluate: ${hint}`, () => {
      const [finding, ...others] = checkFilter(filter);
      expect(others).to.deep.equal([]);
      expect([finding?.severity, finding?.offset, finding?.hint]).to.deep.equal(['error', offset, hint]);
      expect(finding?.message).to.match(/^Consul would keep this filter and never find an instance by it: /);
    });

  it('takes the filter of any version, but for a bare line break or a backtick beside a quote or a backslash', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (version) => {
        const impossible = version.includes(/["\\]/.test(version) ? '`' : '\n');
        expect(checkFilter(versionFilter(version)).length > 0).to.equal(impossible);
      }),
    );
  });

  it('answers any text without throwing, nested ones too', () => {
    const word = fc.constantFrom(
      'Service.Meta.version',
      '==',
      'not ',
      '(',
      ')',
      ' and ',
      ' or ',
      '"2"',
      '`',
      '"',
      '[',
      '1.2',
      ' in ',
      ' is empty',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
        ),
        (text) => {
          for (const { offset } of checkFilter(text)) expect(offset).to.be.within(0, text.length);
        },
      ),
    );
    expect(checkFilter('('.repeat(100_000))[0]?.severity).to.equal('error');
    expect(checkFilter('not '.repeat(100_000))[0]?.severity).to.equal('error');
  });
});
