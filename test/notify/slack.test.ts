import { expect } from 'chai';
import fc from 'fast-check';
import { slackBody } from '../../src/notify/slack.js';
import { makeNotice } from './notices.js';

interface Text {
  readonly type: string;
  readonly text: string;
}
interface Body {
  readonly text: string;
  readonly blocks: readonly { type: string; text?: Text; fields?: readonly Text[]; elements?: readonly Text[] }[];
}

const bodyOf = (...change: Parameters<typeof makeNotice>): Body => slackBody(makeNotice(...change)) as Body;
const textsOf = ({ blocks }: Body): readonly Text[] =>
  blocks.flatMap(({ text, fields, elements }) => [...(text === undefined ? [] : [text]), ...(fields ?? []), ...(elements ?? [])]);

describe('a notice in Slack', () => {
  it('says what happened, why, where it stands, by whom, and what to type', () => {
    const { text, blocks } = bodyOf();
    expect(text).to.equal('payments is reverted to blue "2" (SignalFailed): errors: 3% of 900 requests, more than 0.5%');
    expect(blocks.map(({ type }) => type)).to.deep.equal(['header', 'section', 'section', 'section', 'context']);
    expect(textsOf(bodyOf()).map((one) => one.text)).to.deep.equal([
      'payments is reverted to blue "2" (SignalFailed)',
      'errors: 3% of 900 requests, more than 0.5%',
      'errors Failed: 3% (bound &lt;= 0.5%, 900 samples): 27 of 900 failed',
      'Service\npayments',
      'Versions\nblue "2" -&gt; green "3"',
      'Traffic\ngreen 10% (observed 10.2%) -&gt; 0%; now blue 100%, green 0%',
      'Step\n3 of 7',
      'Phase\nReverted (SignalFailed)',
      'By\ndana',
      'Driver\nstart:dana:1:x',
      'Index\n48219',
      'Rollout\n01JDK7Q0000000000000000000 #9',
      'Next: splitter history payments',
    ]);
  });

  it('links to the page only', () => {
    const { blocks } = slackBody(makeNotice(), 'https://splitter.example/#/rollouts/a%26b') as Body;
    expect(blocks.at(-1)!.elements!.at(-1)).to.deep.equal({
      type: 'mrkdwn',
      text: '<https://splitter.example/#/rollouts/a%26b|Open the page>',
    });
  });

  it('lets nobody be called, and nothing be a link, by what others wrote', () => {
    const body = bodyOf({ sentence: '<!channel> & <https://evil|here>', by: '<@U1>' });
    expect(body.text).to.include('&lt;!channel&gt; &amp; &lt;https://evil|here&gt;');
    expect(textsOf(body).map(({ text }) => text)).to.include('By\n&lt;@U1&gt;');
    for (const { type } of textsOf(body)) expect(type).to.equal('plain_text');
  });

  it('keeps within the limits of Slack, never cuts an escape, and is never empty, whatever the texts are', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.constantFrom('&'.repeat(4_000), 'é<'.repeat(3_000), ''),
    );
    fc.assert(
      fc.property(any, any, any, fc.nat(20), (sentence, by, message, count) => {
        const evidence = Array.from({ length: count }, () => ({ ...makeNotice().evidence[0]!, message }));
        const body = bodyOf({ title: `payments ${sentence}`, sentence, by, evidence });
        expect(JSON.stringify(body).replaceAll(/[^<>]/g, '')).to.equal('');
        for (const { text } of textsOf(body)) {
          expect(text.length).to.be.within(1, 3_000);
          expect(text.replaceAll(/&(amp|lt|gt);/g, '')).to.not.include('&');
        }
        expect(body.blocks[0]!.text!.text.length).to.be.at.most(150);
        const whole = textsOf(body).reduce((sum, { text }) => sum + text.length, body.text.length);
        expect(whole).to.be.at.most(13_200);
      }),
    );
  });
});
