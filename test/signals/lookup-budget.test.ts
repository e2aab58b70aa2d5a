import { expect } from 'chai';
import type { CatalogReader } from '../../src/signals/catalog-reader.js';
import { EnvoySource } from '../../src/signals/envoy.js';
import { LookupBudget } from '../../src/signals/lookup-budget.js';
import { FakeCatalog, NEVER, PAYMENTS } from './fakes.js';

describe('LookupBudget', () => {
  it('gives five at once, then five a second, and no more after a long rest', () => {
    let now = 5_000;
    const budget = new LookupBudget(() => now);
    const take = (tries: number, which: 'first' | 'again' = 'again'): number =>
      Array.from({ length: tries }, () => budget.take(which)).filter(Boolean).length;
    expect(take(50)).to.equal(5);
    now += 600;
    expect(take(50)).to.equal(3);
    now += 3_600_000;
    expect(take(50)).to.equal(5);
    now -= 2_000;
    expect(take(50), 'the clock was set back').to.equal(5);
    expect(take(50, 'first'), 'who looks for the first time waits for nobody').to.equal(10);
  });

  it('keeps thirty services without any metrics from asking Consul more than a few times a second', async () => {
    const catalog = new FakeCatalog();
    let [now, asked, peak] = [1_000_000, 0, 0];
    const counting: CatalogReader = {
      get: (path, query) => {
        asked++;
        return catalog.get(path, query);
      },
    };
    const envoy = new EnvoySource(counting, () => now);
    const targets = Array.from({ length: 30 }, (_, i) => ({ ...PAYMENTS, service: `service-${i}`, rollout: '01A' }));
    const minute = async (): Promise<number> => {
      const before = asked;
      for (let second = 0; second < 60; second++, now += 1_000) {
        const began = asked;
        await Promise.all(targets.map((target) => envoy.traffic(target, NEVER)));
        await new Promise((resolve) => setImmediate(resolve));
        peak = Math.max(peak, asked - began);
      }
      return (asked - before) / 60;
    };
    await minute();
    const perSecond = await minute();
    expect(perSecond).to.be.greaterThan(1).and.at.most(12);
    expect(peak).to.be.at.most(60);
  });
});
