import { expect } from 'chai';
import { parsePermission, policyLine, sayPermission } from '../../src/core/permission.js';

describe('a permission', () => {
  const refusals: readonly [words: string, line: string | undefined][] = [
    [
      `Permission denied: token with AccessorID 'x' lacks permission 'service:write' on "payments"`,
      'service "payments" { policy = "write" }',
    ],
    [`lacks permission 'session:write' on "n1"`, 'session "n1" { policy = "write" }'],
    [`lacks permission 'key:read' on "splitter/plans/payments"`, 'key "splitter/plans/payments" { policy = "read" }'],
    [
      `lacks permission 'key:write' on "splitter/history/payments/01M7ZQT03ZVH"`,
      'key_prefix "splitter/history/payments/" { policy = "write" }',
    ],
    [`lacks permission 'key:write' on "a/b/controllers/c1"`, 'key_prefix "a/b/controllers/" { policy = "write" }'],
    [`lacks permission 'key:list' on "splitter/controllers/"`, 'key_prefix "splitter/controllers/" { policy = "list" }'],
    [`lacks permission 'key:list' on "splitter/plans/"`, 'key_prefix "splitter/plans/" { policy = "list" }'],
    [`lacks permission 'mesh:write'`, undefined],
    [`lacks permission 'operator:write' on "x"`, undefined],
    ['Permission denied', undefined],
  ];
  for (const [words, line] of refusals)
    it(`of "${words}" is given by ${line ?? 'no rule of ours'}`, () => {
      const parsed = parsePermission(words);
      expect(parsed === undefined ? undefined : policyLine(parsed)).to.equal(line);
      if (parsed !== undefined) expect(words.replace('list', 'read')).to.include(sayPermission(parsed));
    });
});
