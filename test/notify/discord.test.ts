import { expect } from 'chai';
import fc from 'fast-check';
import { discordBody } from '../../src/notify/discord.js';
import { HOSTILE, makeNotice } from './notices.js';

interface Body {
  readonly content: string;
  readonly allowed_mentions: object;
  readonly embeds: readonly {
    readonly title?: string;
    readonly url?: string;
    readonly description?: string;
    readonly color?: number;
    readonly fields: readonly { readonly name: string; readonly value: string }[];
    readonly footer: { readonly text: string };
    readonly timestamp: string;
  }[];
}

const bodyOf = (change: Parameters<typeof makeNotice>[0] = {}, page?: string): Body =>
  discordBody(makeNotice(change), page) as Body;
const bare = (text: string): string => text.replace(/\\([^\w\s])/g, '$1');

describe('a notice in Discord', () => {
  it('has the house sentence first, the facts below, and one name for all that is told of one rollout', () => {
    const { content, embeds } = bodyOf({ datacenter: 'dc1', namespace: 'shop' }, 'https://splitter.example/#/rollouts/payments');
    expect(bare(content)).to.equal('payments is reverted to blue "2" (SignalFailed): errors: 3% of 900 requests, more than 0.5%');
    const [{ title, url, description, fields, footer, timestamp }] = embeds as [Body['embeds'][number]];
    expect([title, url]).to.deep.equal(['Open the page', 'https://splitter.example/#/rollouts/payments']);
    expect(bare(description!)).to.equal('errors Failed: 3% (bound <= 0.5%, 900 samples): 27 of 900 failed');
    expect(fields.map(({ name, value }) => `${name}: ${bare(value)}`)).to.include.members([
      'Datacenter: dc1/shop',
      'Traffic: green 10% (observed 10.2%) -> 0%; now blue 100%, green 0%',
      'Next: `splitter history payments`',
    ]);
    expect(footer.text).to.equal('splitter/dc1/shop/payments/01JDK7Q0000000000000000000');
    expect(timestamp).to.equal('2026-11-21T12:00:00.000Z');
  });

  it('calls nobody, and shows what others wrote as they wrote it', () => {
    const body = bodyOf({ sentence: HOSTILE, by: HOSTILE, title: HOSTILE, next: 'splitter `x`' });
    expect(body.allowed_mentions).to.deep.equal({ parse: [] });
    const told = [body.content, body.embeds[0]!.description!, ...body.embeds[0]!.fields.slice(0, -1).map(({ value }) => value)];
    for (const text of told) {
      // Every sign of markup follows a backslash, and no address is whole.
      expect(text.replace(/\\[^\w\s]/g, '')).to.not.match(/[*_~`|>#[\]()<@:]/);
      expect(text).to.not.match(/:\/\/|\bdiscord\.gg|\u202e/);
    }
    expect(body.embeds[0]!.fields.at(-1)!.value).to.equal("`splitter 'x'`");
  });

  it('keeps within the limits of Discord, never cuts an escape, and is never empty, whatever the texts are', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('*'.repeat(6_000), `x${'😀*'.repeat(3_000)}`, ''),
    );
    fc.assert(
      fc.property(any, any, any, fc.nat(20), (sentence, by, message, count) => {
        const evidence = Array.from({ length: count }, () => ({ ...makeNotice().evidence[0]!, message }));
        const { content, embeds } = bodyOf({ title: sentence, sentence, by, driver: by, evidence }, 'https://splitter.example');
        expect(content.length).to.be.within(1, 2_000);
        const [{ title, description = '', fields, footer }] = embeds as [Body['embeds'][number]];
        expect(fields.length).to.be.at.most(25);
        for (const { name, value } of fields) {
          expect(name.length).to.be.within(1, 256);
          expect(value.length).to.be.within(1, 1_024);
          expect(value).to.not.match(/(?<!\\)(?:\\\\)*\\…?$/);
        }
        expect(JSON.stringify(content)).to.not.match(/\\ud[89a-f]/);
        const parts = [title ?? '', description, footer.text, ...fields.flatMap(({ name, value }) => [name, value])];
        expect(parts.reduce((sum, part) => sum + part.length, 0)).to.be.at.most(6_000);
      }),
      { numRuns: 50 },
    );
  });
});
