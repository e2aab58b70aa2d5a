import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPlans } from '../../src/plan/load.js';
import { hclPlan, yamlPlan } from './spell.js';

describe('loadPlans', () => {
  let folder: string;
  const noStdin = async (): Promise<string> => {
    throw new Error('nobody asked for stdin');
  };
  const put = async (name: string, text: string) => {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const named = (service: string, text: string) => text.replace('payments', service);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'splitter-plans-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('reads a directory and all below it, in order, without dot files, node_modules and other files', async () => {
    await put('z.yml', named('z', yamlPlan({})));
    await put('b/c.hcl', named('c', hclPlan({})));
    await put('a.yaml', named('a', yamlPlan({})));
    for (const skipped of ['.hidden.yaml', 'node_modules/x.yaml', 'README.md', '.git/x.yaml']) await put(skipped, 'not: a plan');
    const { plans, diagnostics } = await loadPlans([folder], noStdin);
    expect(diagnostics).to.deep.equal([]);
    expect(plans.map((p) => p.plan.service)).to.deep.equal(['a', 'c', 'z']);
    expect(plans[1]!.file).to.equal(join(folder, 'b', 'c.hcl'));
  });

  it('follows links to files and directories, each directory once, even where they lead in a circle', async () => {
    await put('real/.data/b.yaml', named('b', yamlPlan({})));
    await put('real/a.yaml', named('a', yamlPlan({})));
    await symlink('.data/b.yaml', join(folder, 'real', 'b.yaml'));
    await symlink('.', join(folder, 'real', 'again'));
    await symlink('real', join(folder, 'current'));
    const { plans, diagnostics } = await loadPlans([folder], noStdin);
    expect(diagnostics).to.deep.equal([]);
    expect(plans.map((p) => p.file)).to.deep.equal(['a.yaml', 'b.yaml'].map((name) => join(folder, 'current', name)));
  });

  it('reads stdin for a dash', async () => {
    const { plans } = await loadPlans(['-'], async () => hclPlan({}));
    expect(plans.map((p) => [p.plan.service, p.file])).to.deep.equal([['payments', '-']]);
  });

  it('says that a path is missing, or that a directory holds no plan', async () => {
    const missing = join(folder, 'nowhere.yaml');
    const { plans, diagnostics } = await loadPlans([missing, folder], noStdin);
    expect(plans).to.deep.equal([]);
    expect(diagnostics.map((d) => [d.file, d.severity, d.message])).to.deep.equal([
      [missing, 'error', 'there is no such file or directory'],
      [folder, 'error', 'there is no plan in this directory'],
    ]);
  });

  it('refuses two plans for one service in two files, and takes one file once', async () => {
    const one = await put('one.yaml', yamlPlan({}));
    const two = await put('two.hcl', hclPlan({}));
    const { diagnostics } = await loadPlans([one, two, one], noStdin);
    expect(diagnostics.map((d) => [d.file, d.line, d.message])).to.deep.equal([[two, 1, 'two plans for the service "payments"']]);
    expect(diagnostics[0]!.hint).to.include(`${one}:1`);
  });

  it('goes on after a file with mistakes', async () => {
    await put('a.yaml', 'service: 3');
    await put('b.yaml', yamlPlan({}));
    const { plans, diagnostics } = await loadPlans([folder], noStdin);
    expect(plans).to.have.length(1);
    expect(diagnostics.every((d) => d.file === join(folder, 'a.yaml'))).to.equal(true);
  });
});
