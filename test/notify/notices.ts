import type { Notice } from '../../src/core/notice.js';
import { NOON } from '../support/world.js';

/** A notice of a revert, with these changes. */
export function makeNotice(change: Partial<Notice> = {}): Notice {
  return {
    service: 'payments',
    rollout: '01JDK7Q0000000000000000000',
    seq: 9,
    kind: 'reverted',
    at: NOON,
    title: 'payments is reverted to blue "2" (SignalFailed)',
    sentence: 'errors: 3% of 900 requests, more than 0.5%',
    phase: 'Reverted',
    reason: 'SignalFailed',
    urgency: 'alarm',
    step: { index: 2, of: 7 },
    index: 48_219,
    stable: { subset: 'blue', version: '2', had: 9_000, asked: 10_000, observed: 8_980 },
    canary: { subset: 'green', version: '3', had: 1_000, asked: 0, observed: 1_020 },
    weights: [
      { subset: 'blue', weight: 10_000 },
      { subset: 'green', weight: 0 },
    ],
    by: 'dana',
    driver: 'start:dana:1:x',
    evidence: [{ signal: 'errors', verdict: 'Failed', value: '3%', bound: '<= 0.5%', samples: 900, message: '27 of 900 failed' }],
    next: 'splitter history payments',
    ...change,
  };
}

/** A text of so many characters that people may have written: words, signs and letters of two UTF-16 units. */
export function longText(length: number): string {
  return 'the reason & <why> *it* was 😀 '.repeat(Math.ceil(length / 30)).slice(0, length);
}

/** What somebody may write who wants others to be called, links to be clicked, or text to look like splitter's own. */
export const HOSTILE =
  '<!channel> @everyone @here <@U1> <@&123> <at>All</at> [log in](https://evil.example/x) **bold** `code` ||spoiler|| ' +
  'https://evil.example/y discord.gg/evil {{DATE(2026-01-01T00:00:00Z, SHORT)}} <script>alert(1)</script> \u202egnp.exe :bomb: # h1\n> quote\nBy: root';
