import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findTool } from '../mesh/tools/find.js';

/** What a page asked for and said while it was open. */
export interface Watched {
  readonly page: Page;
  /** Every URL that was asked for. */
  readonly urls: readonly string[];
  /** Errors on its console, and exceptions; a lost connection is none. */
  readonly errors: readonly string[];
}

/** A real Chromium, without a window. */
export function launch(): Promise<Browser> {
  if (!existsSync(new URL('../../src/server/dashboard/page/page.js', import.meta.url)))
    throw new Error('the page was not bundled: npm run build');
  return chromium.launch({ executablePath: findTool('chromium'), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Opens an address in a fresh profile, and keeps what the page asks for and complains of. */
export async function openPage(
  browser: Browser,
  address: string,
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<Watched> {
  const { width = 1200, height = 900, dark = false } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  const [urls, errors]: [string[], string[]] = [[], []];
  page.on('request', (request) => void urls.push(request.url()));
  page.on('pageerror', (error) => void errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) errors.push(message.text());
  });
  page.on('dialog', (dialog) => {
    errors.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(address);
  return { page, urls, errors };
}
