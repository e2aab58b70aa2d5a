import { startSandbox } from '../../src/sandbox/sandbox.js';
import { launch, openPage } from '../browser/browser.js';
import { startLive } from '../server/api/live.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 5 }, { pause: 6s }, { weight: 20 }, { pause: 8s }, { weight: 50 }, { pause: 1h }, { weight: 100 }]
bake: 1h
signals:
  - { name: errors, source: envoy, metric: errors, max: 1% }
  - { name: slow, source: envoy, metric: latency, over: 500ms, max: 5% }
`;
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;
/** How long the chart is left to grow before the picture, ms. */
const CHART = 6_000;

/** Pictures of the page by file name: one rollout under way on the sandbox, at the size of a desktop and of a phone, light and dark. */
export async function shootPages(): Promise<Readonly<Record<string, Buffer>>> {
  const sandbox = await startSandbox();
  const live = await startLive(sandbox, '--anonymous-actions --id controller-1');
  const browser = await launch();
  try {
    const shell = new Shell(sandbox.consulAddress);
    await shell.run(`start ${planFile(PLAN)}`);
    // Opened before it moves, so that the chart has all of it.
    const shots = Object.entries(SIZES).flatMap(([size, box]) =>
      [false, true].map(async (dark) => ({
        name: `page-${size}-${dark ? 'dark' : 'light'}.png`,
        ...(await openPage(browser, `${live.address}/#/rollouts/payments`, { ...box, dark })),
      })),
    );
    const open = await Promise.all(shots);
    await until(
      'half is on green and judged',
      async () => {
        const { canary, signals } = await shell.json('status payments');
        return canary?.weight.stored === 50 && signals.every(({ verdict }: { verdict: string }) => verdict === 'Successful');
      },
      60_000,
    );
    await new Promise((resolve) => setTimeout(resolve, CHART));
    const taken = await Promise.all(open.map(async ({ name, page }) => [name, await page.screenshot()] as const));
    return Object.fromEntries(taken);
  } finally {
    await browser.close();
    await live.stop();
    await sandbox.stop();
  }
}
