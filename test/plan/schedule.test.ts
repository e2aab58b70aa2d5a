import { expect } from 'chai';
import { readPlan } from '../../src/plan/read.js';
import { hclPlan, yamlPlan } from './spell.js';

const YAML = yamlPlan({
  more: `schedule:
  start: { cron: 0 9 * * mon-fri, timezone: Europe/Paris, catch_up: 2h }
  windows: [{ days: [tue, mon], from: "22:00", to: "24:00" }, { from: "09:00", to: "04:30", timezone: Europe/Paris }]
  freeze: [{ from: 2026-12-20, to: 2027-01-03, reason: holidays }]`,
});
const HCL = hclPlan({
  more: `schedule {
  start {
    cron     = "0 9 * * mon-fri"
    timezone = "Europe/Paris"
    catch_up = "2h"
  }
  window {
    days = ["tue", "mon"]
    from = "22:00"
    to   = "24:00"
  }
  window {
    from     = "09:00"
    to       = "04:30"
    timezone = "Europe/Paris"
  }
  freeze {
    from   = "2026-12-20"
    to     = "2027-01-03"
    reason = "holidays"
  }
}`,
});

describe('the schedule of a plan', () => {
  it('is the same in both languages, in normal form', async () => {
    const [yaml, hcl] = [await readPlan(YAML, 'p', 'yaml'), await readPlan(HCL, 'p', 'hcl')];
    expect([yaml.diagnostics, hcl.diagnostics]).to.deep.equal([[], []]);
    expect(hcl.plans[0]!.digest).to.equal(yaml.plans[0]!.digest);
    const schedule = yaml.plans[0]!.plan.schedule!;
    const start = schedule.start?.kind === 'cron' ? schedule.start : undefined;
    expect([start?.timezone, start?.catchUp, start?.fields.hours, start?.fields.weekdays]).to.deep.equal([
      'Europe/Paris',
      7_200_000,
      [9],
      [1, 2, 3, 4, 5],
    ]);
    expect([start?.fields.everyHour, start?.fields.everyDay, start?.fields.everyWeekday]).to.deep.equal([false, true, false]);
    expect(schedule.windows).to.deep.equal([
      { days: [1, 2], from: 1_320, to: 1_440, timezone: 'UTC' },
      { days: [0, 1, 2, 3, 4, 5, 6], from: 540, to: 270, timezone: 'Europe/Paris' },
    ]);
    expect(schedule.freeze).to.deep.equal([{ from: '2026-12-20', to: '2027-01-03', timezone: 'UTC', reason: 'holidays' }]);
  });

  it('starts on a new version where canary takes one', async () => {
    const more = 'schedule: { start: { on: new_version } }';
    const subsets = 'subsets:\n  blue: { version: auto }\n  green: { version: auto }';
    const { plans, diagnostics } = await readPlan(yamlPlan({ subsets, more }), 'p', 'yaml');
    expect([diagnostics, plans[0]?.plan.schedule]).to.deep.equal([[], { start: { kind: 'new-version' } }]);
  });

  it('is absent in a plan without one, so that its digest stays', async () => {
    const { plans } = await readPlan(yamlPlan({}), 'p', 'yaml');
    expect(plans[0]!.canonical).to.not.include('schedule');
  });
});
