import { expect } from 'chai';
import fc from 'fast-check';
import { USUAL_NOTICES } from '../../src/core/channel.js';
import { adaptiveCard, teamsMessage } from '../../src/notify/teams.js';
import { HOSTILE, makeNotice } from './notices.js';

interface Element {
  readonly type: string;
  readonly style?: string;
  readonly items?: readonly Element[];
  readonly inlines?: readonly { readonly type: string; readonly text: string }[];
}
interface Card {
  readonly version: string;
  readonly fallbackText: string;
  readonly body: readonly Element[];
  readonly actions?: readonly unknown[];
}

const cardOf = (...change: Parameters<typeof makeNotice>): Card => adaptiveCard(makeNotice(...change)) as Card;
const elementsOf = ({ body }: Card): readonly Element[] => body.flatMap((one) => one.items ?? [one]);
const linesOf = (card: Card): readonly string[] =>
  elementsOf(card).map(({ inlines }) => inlines!.map(({ text }) => text).join(''));

const channel = { kind: 'teams', address: { env: 'HOOK' }, on: USUAL_NOTICES } as const;

describe('a notice in Microsoft Teams', () => {
  it('is a card of a version that Teams shows, with the house sentence first', () => {
    const card = cardOf({ datacenter: 'dc1' });
    expect(card.version).to.equal('1.4');
    expect(card.body[0]!.style).to.equal('attention');
    expect(linesOf(card)).to.deep.equal([
      'payments is reverted to blue "2" (SignalFailed): errors: 3% of 900 requests, more than 0.5%',
      'errors Failed: 3% (bound <= 0.5%, 900 samples): 27 of 900 failed',
      'Service: payments',
      'Datacenter: dc1',
      'Versions: blue "2" -> green "3"',
      'Traffic: green 10% (observed 10.2%) -> 0%; now blue 100%, green 0%',
      'Step: 3 of 7',
      'Phase: Reverted (SignalFailed)',
      'By: dana',
      'Driver: start:dana:1:x',
      'Index: 48219',
      'Rollout: 01JDK7Q0000000000000000000 #9',
      'Next: splitter history payments',
    ]);
  });

  it('has the message around it that the template takes, or is bare for a flow made by hand', async () => {
    const env = { HOOK: 'https://prod-1.westeurope.logic.azure.com/workflows/x/triggers/manual/paths/invoke?sig=s3cret' };
    const { body } = await teamsMessage(makeNotice(), channel, env);
    const { type, attachments } = JSON.parse(body);
    expect([type, attachments.length, attachments[0].contentType]).to.deep.equal([
      'message',
      1,
      'application/vnd.microsoft.card.adaptive',
    ]);
    const bare = JSON.parse((await teamsMessage(makeNotice(), { ...channel, format: 'card' }, env)).body);
    expect(bare).to.deep.equal(attachments[0].content).and.to.have.property('type', 'AdaptiveCard');
  });

  it('is sent to no connector that Microsoft has ended, and the refusal holds no part of its address', async () => {
    const HOOK = 'https://acme.webhook.office.com/webhookb2/s3cret@s3cret/IncomingWebhook/s3cret';
    const error = await teamsMessage(makeNotice(), channel, { HOOK }).catch((caught: Error) => caught);
    expect(error).to.be.instanceOf(Error);
    expect((error as Error).message)
      .to.match(/webhook\.office\.com.*make a flow in Teams/)
      .and.to.not.match(/s3cret|acme/);
  });

  it('has only texts that take no markup, no mention and nothing to fill in', () => {
    const card = cardOf({ sentence: HOSTILE, by: HOSTILE, title: HOSTILE });
    for (const { type, inlines } of elementsOf(card)) {
      expect(type).to.equal('RichTextBlock');
      for (const run of inlines!) expect(run.type).to.equal('TextRun');
    }
    const text = JSON.stringify(card);
    expect(text).to.not.match(/\{\{|<\/?at\b|\u202e/i);
    expect(text).to.include('[log in](https://evil.example/x)');
  });

  it('stays under the 28 KB of Teams, whatever the texts are', () => {
    const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('€'.repeat(6_000), '"'.repeat(6_000), ''));
    fc.assert(
      fc.property(any, any, any, fc.nat(20), (sentence, by, message, count) => {
        const evidence = Array.from({ length: count }, () => ({ ...makeNotice().evidence[0]!, message }));
        const card = adaptiveCard(
          makeNotice({ title: sentence, sentence, by, driver: by, evidence }),
          'https://splitter.example/',
        );
        const whole = JSON.stringify({ type: 'message', attachments: [{ content: card }] });
        expect(Buffer.byteLength(whole)).to.be.below(27_500);
        for (const line of linesOf(card as Card)) expect(line).to.not.equal('');
      }),
      { numRuns: 50 },
    );
  });
});
