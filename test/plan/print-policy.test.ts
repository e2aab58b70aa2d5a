import { expect } from 'chai';
import type { PolicyScope } from '../../src/core/acl-policy.js';
import type { AclRule } from '../../src/core/acl-rules.js';
import { policyDocument, printPolicy } from '../../src/plan/print-policy.js';

const service: AclRule = { resource: 'service', prefix: false, name: 'payments', access: 'write', why: 'its entries' };
const keys: AclRule = { resource: 'key', prefix: true, name: 'a "b"/', access: 'read', why: 'its keys' };

describe('a policy as text', () => {
  it('has what each rule is for above it, and denies intentions wherever a service is named', () => {
    expect(printPolicy(['Made by: splitter', ''], [{ rules: [service, keys] }])).to.equal(
      `# Made by: splitter
#

# its entries
service "payments" {
  policy     = "write"
  intentions = "deny"
}

# its keys
key_prefix "a \\"b\\"/" {
  policy = "list"
}
`,
    );
  });

  it('is the same as JSON', () => {
    expect(policyDocument([{ rules: [service, keys] }])).to.deep.equal({
      service: { payments: { policy: 'write', intentions: 'deny' } },
      key_prefix: { 'a "b"/': { policy: 'list' } },
    });
  });

  it('puts the rules of a namespace and a partition into blocks of these names', () => {
    const scopes: readonly PolicyScope[] = [
      { rules: [service] },
      { namespace: 'bank', rules: [keys] },
      { partition: 'eu', namespace: 'bank', rules: [keys] },
    ];
    expect(printPolicy([], scopes)).to.match(
      /\nnamespace "bank" \{\n {2}# its keys\n {2}key_prefix .*\n {4}policy = "list"\n {2}\}\n\}\n\npartition "eu" \{\n {2}namespace "bank" \{\n {4}# its keys\n/,
    );
    expect(policyDocument(scopes)).to.have.nested.property('partition.eu.namespace.bank.key_prefix');
  });
});
