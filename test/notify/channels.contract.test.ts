import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Channel, USUAL_NOTICES } from '../../src/core/channel.js';
import { createNotifier } from '../../src/notify/notifier.js';
import { parseRetryAfter } from '../../src/notify/post.js';
import type { Sent } from '../../src/ports.js';
import { NEVER, refusingAddress } from '../signals/fakes.js';
import { makeNotice } from './notices.js';
import { ANSWER, type Receiver, type Reply, startReceiver } from './receiver.js';

const QUICK = { round: 10_000, attempt: 200, pause: 1 };
const SECRET_PATH = '/services/T0/B0/path-s3cret';
const TOKEN = 'token-s3cret';

/** One of each channel, with its address in the environment, and how it names its place. */
const CHANNELS: readonly { readonly channel: Channel; readonly type: string }[] = [
  { channel: { kind: 'slack', address: { env: 'HOOK' }, on: USUAL_NOTICES }, type: 'application/json; charset=utf-8' },
  {
    channel: {
      kind: 'webhook',
      address: { env: 'HOOK' },
      headers: { 'x-key': { env: 'KEY' } },
      on: USUAL_NOTICES,
    },
    type: 'application/cloudevents+json; charset=utf-8',
  },
];

describe('every channel', () => {
  let receiver: Receiver;
  let other: Receiver;
  let folder: string;
  before(async () => {
    other = await startReceiver();
    folder = mkdtempSync(join(tmpdir(), 'splitter-notify-'));
  });
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());
  after(async () => {
    rmSync(folder, { recursive: true });
    await other.close();
  });

  const env = (address = receiver.address): Record<string, string> => ({ HOOK: address + SECRET_PATH, KEY: `Key ${TOKEN}` });
  const send = (channel: Channel, patience = QUICK, environment = env(), abort = NEVER): Promise<Sent> =>
    createNotifier(environment, patience).send(makeNotice(), channel, abort);
  const expectNoSecret = (sent: Sent): void => {
    const told = JSON.stringify(sent);
    for (const secret of ['s3cret', '127.0.0.1', 'services', ANSWER, new URL(receiver.address).port])
      expect(told, told).to.not.include(secret);
  };

  for (const { channel, type } of CHANNELS) {
    describe(channel.kind, () => {
      it('posts JSON once where the receiver takes it', async () => {
        receiver.replies = [204];
        expect(await send(channel)).to.deep.equal({ kind: 'sent' });
        expect(receiver.got.map(({ path, headers }) => [path, headers['content-type']])).to.deep.equal([[SECRET_PATH, type]]);
        expect(JSON.parse(receiver.got[0]!.body)).to.be.an('object');
      });

      const passing: readonly Reply[] = [
        429,
        408,
        500,
        502,
        503,
        504,
        'reset',
        'silence',
        { status: 429, headers: { 'retry-after': '0' } },
      ];
      for (const reply of passing) {
        it(`sends the very same again after ${typeof reply === 'object' ? 'a Retry-After' : reply}`, async () => {
          receiver.replies = [reply, reply, 200];
          expect(await send(channel)).to.deep.equal({ kind: 'sent' });
          expect(receiver.got).to.have.length(3);
          expect(new Set(receiver.got.map(({ body }) => body)).size).to.equal(1);
        });
      }

      for (const [status, words] of [
        [301, 'redirects are not followed'],
        [400, 'does not take such messages'],
        [401, 'its secret is wrong'],
        [403, 'its secret is wrong'],
        [404, 'the receiver is gone'],
        [410, 'the receiver is gone'],
        [415, 'does not take such messages'],
      ] as const) {
        it(`gives up at once after ${status}, and says why without a secret`, async () => {
          receiver.replies = [{ status, headers: { location: `${other.address}${SECRET_PATH}` } }];
          const sent = await send(channel);
          expect(sent).to.have.property('kind', 'never');
          expect((sent as { why: string }).why).to.match(new RegExp(`^HTTP ${status}, .*${words}`));
          expect([receiver.got.length, other.got.length]).to.deep.equal([1, 0]);
          expectNoSecret(sent);
        });
      }

      for (const [reply, why] of [
        [500, 'HTTP 500'],
        ['reset', 'no connection (UND_ERR_SOCKET)'],
        ['silence', 'no answer within 200 ms'],
      ] as const) {
        it(`says at the end of a round that it is ${why}, without a secret`, async () => {
          receiver.replies = [reply];
          const sent = await send(channel, { ...QUICK, round: 300 });
          expect(sent).to.deep.equal({ kind: 'later', why });
          expect(receiver.got.length).to.be.above(1);
        });
      }

      it('waits for no Retry-After that is longer than its round, and tells it', async () => {
        receiver.replies = [{ status: 429, headers: { 'retry-after': '3600' } }];
        expect(await send(channel)).to.deep.equal({ kind: 'later', why: 'HTTP 429', after: 3_600_000 });
        expect(receiver.got).to.have.length(1);
      });

      it('tells of a refused connection without its address', async () => {
        const sent = await send(channel, { ...QUICK, round: 50 }, env(`http://${await refusingAddress()}`));
        expect(sent).to.deep.equal({ kind: 'later', why: 'connection refused' });
      });

      it('is given up when splitter ends, in the middle of a pause too', async () => {
        receiver.replies = [503];
        const end = new AbortController();
        const sent = send(channel, { round: 600_000, attempt: 600_000, pause: 600_000 }, env(), end.signal);
        while (receiver.got.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        end.abort();
        expect(await sent).to.deep.equal({ kind: 'later', why: 'given up' });
      });

      for (const [what, address, why] of [
        ['no address', undefined, 'HOOK is not set, and'],
        ['no address but words', 'path-s3cret', 'HOOK holds no http or https address'],
        ['another kind of address', 'file:///path-s3cret', 'HOOK holds no http or https address'],
        ['a password', 'http://me:path-s3cret@127.0.0.1/', 'HOOK holds a user or a password'],
        ['two lines', 'http://127.0.0.1/path-s3cret\nmore', 'HOOK is empty or holds characters'],
      ] as const) {
        it(`keeps a notice while its variable holds ${what}, and says what to put right`, async () => {
          const sent = await send(channel, QUICK, { KEY: 'x', ...(address === undefined ? {} : { HOOK: address }) });
          expect(sent).to.have.property('kind', 'later');
          expect((sent as { why: string }).why).to.include(why);
          expectNoSecret(sent);
        });
      }

      it('reads its file anew each time, so that a secret can be changed under it', async () => {
        const file = join(folder, channel.kind);
        const own = { ...channel, address: { file } } as Channel;
        const missing = await send(own);
        expect((missing as { why: string }).why).to.match(/^(webhook|url)_file cannot be read \(ENOENT\)/);
        writeFileSync(file, `${receiver.address}${SECRET_PATH}\n`);
        expect(await send(own)).to.deep.equal({ kind: 'sent' });
      });
    });
  }

  describe('webhook', () => {
    const webhook = CHANNELS[1]!.channel;

    it('sends headers and token from where the plan says', async () => {
      const tokenFile = join(folder, 'token');
      writeFileSync(tokenFile, `${TOKEN}\n`);
      expect(await send({ ...webhook, address: { url: `${receiver.address}/in` }, tokenFile } as Channel)).to.deep.equal({
        kind: 'sent',
      });
      const { path, headers } = receiver.got[0]!;
      expect([path, headers['x-key'], headers.authorization]).to.deep.equal(['/in', `Key ${TOKEN}`, `Bearer ${TOKEN}`]);
    });

    it('keeps a notice while a header or the token cannot be read', async () => {
      const { KEY: _, ...without } = env();
      expect(await send(webhook, QUICK, without))
        .to.have.property('why')
        .that.includes('KEY is not set, and the plan names it for header x-key');
      const sent = await send({ ...webhook, tokenFile: join(folder, 'none') } as Channel);
      expect(sent).to.have.property('why').that.includes('token_file cannot be read (ENOENT)');
    });
  });
});

describe('a Retry-After', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  for (const [text, ms] of [
    [null, undefined],
    ['7', 7_000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['99999999', 86_400_000],
    ['soon', undefined],
  ] as const) {
    it(`of ${text} is ${ms} ms`, () => expect(parseRetryAfter(text, now)).to.equal(ms));
  }
});
