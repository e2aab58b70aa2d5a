import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { hideTokens } from '../../src/cli/keep-secrets.js';
import { policyCommand } from '../../src/cli/policy-command.js';
import { ROOT } from '../plan/root.js';
import { Shell } from '../support/shell.js';

// Nothing listens there: the command asks no Consul.
const shell = new Shell('http://127.0.0.1:1');

describe('splitter acl-policy', () => {
  it('prints the policy of a service, and says how to use it', async () => {
    const { code, out, err } = await shell.run('acl-policy payments');
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(/^# Consul ACL policy for an operator who ramps payments with splitter, and no more\.\n/);
    expect(out).to.include('consul acl policy create -name splitter-operator -rules @this-file');
    expect(out).to.include('service "payments" {\n  policy     = "write"\n  intentions = "deny"\n}\n');
  });

  it('takes every service, a prefix, plans, directories and stdin', async () => {
    expect((await shell.json('acl-policy')).service_prefix).to.deep.equal({ '': { policy: 'write', intentions: 'deny' } });
    const shop = await shell.json('acl-policy shop-*');
    expect(shop.service_prefix).to.have.keys('', 'shop-');
    const folder = mkdtempSync(join(tmpdir(), 'splitter-plans-'));
    for (const name of ['payments.yaml', 'checkout.hcl']) copyFileSync(join(ROOT, 'examples', name), join(folder, name));
    const all = await shell.json(`acl-policy ${folder}/ --callers web`);
    rmSync(folder, { recursive: true });
    expect(all.service).to.include.keys('payments', 'cart', 'stock', 'checkout');
    const piped = await shell.run('acl-policy - -o json', readFileSync(join(ROOT, 'examples/payments.yaml'), 'utf8'));
    expect(JSON.parse(piped.out).key).to.have.property('splitter/plans/payments');
  });

  it('goes by the prefix of the keys, from the flag or the environment', async () => {
    for (const ran of [
      shell.run('acl-policy payments --kv-prefix teams/a'),
      shell.with({ SPLITTER_KV_PREFIX: 'teams/a/' }).run('acl-policy payments'),
    ])
      expect((await ran).out).to.include('key "teams/a/plans/payments"');
  });

  it('warns of a controller that would see what it may not write', async () => {
    expect((await shell.run('acl-policy payments --controller')).err).to.match(/--callers web/);
    expect((await shell.run('acl-policy payments --controller --callers web')).err).to.equal('');
    expect((await shell.run('acl-policy --controller')).err).to.equal('');
  });

  const wrong: readonly [line: string, code: number, says: RegExp][] = [
    ['acl-policy payments --controller --read-only', 1, /exclude each other/],
    ['acl-policy payments --follows-plans', 1, /belongs to --controller/],
    ['acl-policy pay*ments', 1, /names no service/],
    ['acl-policy ./nowhere.yaml', 6, /nowhere\.yaml/],
  ];
  for (const [line, code, says] of wrong)
    it(`${line} ends with ${code}`, async () => {
      const ran = await shell.run(line);
      expect([ran.code, ran.out]).to.deep.equal([code, '']);
      expect(ran.err).to.match(says);
    });

  it('configs/acl-policy.hcl is what it prints for the examples (when it is not fresh: its second line makes it)', async () => {
    const kept = readFileSync(join(ROOT, 'configs/acl-policy.hcl'), 'utf8');
    const line = /^# Made by: splitter (.*)$/m.exec(kept)?.[1] ?? '';
    const from = line.replaceAll('examples/', `${join(ROOT, 'examples')}/`);
    expect((await shell.run(from)).out.replaceAll(`${join(ROOT, 'examples')}/`, 'examples/')).to.equal(kept);
  });
});

describe('the command that prints what is missing', () => {
  const cases: readonly [command: string, args: readonly string[], prints: string][] = [
    ['ramp', ['payments'], 'splitter acl-policy payments'],
    ['apply', ['plans/', 'b.yaml'], 'splitter acl-policy plans/ b.yaml'],
    ['status', ['payments'], 'splitter acl-policy payments --read-only'],
    ['freeze', ['on'], 'splitter acl-policy'],
    ['list', [], 'splitter acl-policy --read-only'],
    ['run', [], 'splitter acl-policy --controller'],
  ];
  for (const [command, args, prints] of cases)
    it(`of ${command} is ${prints}`, () => expect(policyCommand(command, args)).to.equal(prints));
});

describe('arguments in a process list', () => {
  it('show no token, however the flag is spelt', () => {
    const args = ['ramp', '--token', 'a', '-token', 'b', '--token=c', '-token=d', '--token-file', 'kept', '--to', '50'];
    expect(hideTokens(args).join(' ')).to.equal('ramp --token *** -token *** --token=*** -token=*** --token-file kept --to 50');
  });
});
