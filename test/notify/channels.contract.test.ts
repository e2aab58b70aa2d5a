import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHANNEL_KINDS, type Channel, USUAL_NOTICES } from '../../src/core/channel.js';
import { createNotifier } from '../../src/notify/notifier.js';
import { parseRetryAfter } from '../../src/notify/post.js';
import type { Sent } from '../../src/ports.js';
import { NEVER, refusingAddress } from '../signals/fakes.js';
import { HOSTILE, longText, makeNotice } from './notices.js';
import { ANSWER, type Receiver, type Reply, startReceiver } from './receiver.js';

const QUICK = { round: 10_000, attempt: 200, pause: 1 };
const SECRET_PATH = '/services/T0/B0/path-s3cret';
const TOKEN = 'token-s3cret';
const ROUTING_KEY = 'R0ut1ngKeyS3cretS3cretS3cretS3cr';
const SIGNING = `whsec_${Buffer.from('signing-s3cret-of-24-bytes').toString('base64')}`;
const PAGE = 'https://splitter.example';

/** What is true of one kind only. */
interface Kind {
  readonly channel: (address: string) => Channel;
  /** What the channel's secret is called. */
  readonly key: string;
  readonly secret: (address: string) => string;
  readonly path: string;
  readonly type: string;
  /** The most bytes that a receiver takes. */
  readonly most: number;
}

const CHAT = { key: 'webhook', secret: (address: string): string => address + SECRET_PATH };
const KINDS: Readonly<Record<Channel['kind'], Kind>> = {
  slack: {
    ...CHAT,
    channel: () => ({ kind: 'slack', address: { env: 'HOOK' }, on: USUAL_NOTICES }),
    path: SECRET_PATH,
    type: 'application/json; charset=utf-8',
    most: 100_000,
  },
  teams: {
    ...CHAT,
    channel: () => ({ kind: 'teams', address: { env: 'HOOK' }, on: USUAL_NOTICES }),
    path: SECRET_PATH,
    type: 'application/json; charset=utf-8',
    most: 28_000,
  },
  discord: {
    ...CHAT,
    channel: () => ({ kind: 'discord', address: { env: 'HOOK' }, on: USUAL_NOTICES }),
    path: `${SECRET_PATH}?wait=true`,
    type: 'application/json',
    most: 100_000,
  },
  pagerduty: {
    key: 'routing_key',
    secret: () => ROUTING_KEY,
    channel: (url) => ({ kind: 'pagerduty', address: { env: 'HOOK' }, url, on: USUAL_NOTICES }),
    path: '/v2/enqueue',
    type: 'application/json',
    most: 512 * 1024,
  },
  webhook: {
    key: 'url',
    secret: CHAT.secret,
    channel: () => ({
      kind: 'webhook',
      address: { env: 'HOOK' },
      headers: { 'x-key': { env: 'KEY' } },
      secret: { env: 'SIGNING' },
      on: USUAL_NOTICES,
    }),
    path: SECRET_PATH,
    type: 'application/cloudevents+json; charset=utf-8',
    most: 64 * 1024,
  },
};

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

  const expectNoSecret = (told: string): void => {
    for (const secret of ['s3cret', ROUTING_KEY, '127.0.0.1', 'services', ANSWER, SIGNING, new URL(receiver.address).port])
      expect(told).to.not.include(secret);
  };

  for (const kind of CHANNEL_KINDS) {
    const { channel: channelTo, key, secret, path, type, most } = KINDS[kind];
    describe(kind, () => {
      const env = (address = receiver.address): Record<string, string> => ({
        HOOK: secret(address),
        KEY: `Key ${TOKEN}`,
        SIGNING,
      });
      const send = (
        change: Partial<Channel> = {},
        patience = QUICK,
        environment = env(),
        abort = NEVER,
        notice = makeNotice(),
      ): Promise<Sent> =>
        createNotifier({ env: environment, page: PAGE }, patience).send(
          notice,
          { ...channelTo(receiver.address), ...change } as Channel,
          abort,
        );

      it('posts JSON once where the receiver takes it', async () => {
        receiver.replies = [204];
        expect(await send()).to.deep.equal({ kind: 'sent' });
        expect(receiver.got.map((got) => [got.path, got.headers['content-type']])).to.deep.equal([[path, type]]);
        expect(JSON.parse(receiver.got[0]!.body)).to.be.an('object');
      });

      it('says what happened, why, where it stands, by whom, and what to type; and links to the page', async () => {
        await send({}, QUICK, env(), NEVER, makeNotice({ datacenter: 'dc1' }));
        const whole = plainOf(receiver.got[0]!.body);
        for (const said of [
          'payments is reverted to blue "2" (SignalFailed)',
          'errors: 3% of 900 requests, more than 0.5%',
          'dc1',
          '27 of 900 failed',
          '<= 0.5%',
          'dana',
          'start:dana:1:x',
          '48219',
          '01JDK7Q0000000000000000000',
          'splitter history payments',
          `${PAGE}/#/rollouts/payments`,
        ])
          expect(whole, said).to.include(said);
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
          expect(await send()).to.deep.equal({ kind: 'sent' });
          expect(receiver.got).to.have.length(3);
          expect(new Set(receiver.got.map(({ body }) => body)).size).to.equal(1);
        });
      }

      for (const [status, words] of [
        [301, 'redirects are not followed'],
        [307, 'redirects are not followed'],
        [400, 'does not take such messages'],
        [401, 'its secret is wrong'],
        [403, 'its secret is wrong'],
        [404, 'the receiver is gone'],
        [410, 'the receiver is gone'],
        [413, 'does not take such messages'],
        [415, 'does not take such messages'],
      ] as const) {
        it(`gives up at once after ${status}, and says why without a secret`, async () => {
          receiver.replies = [{ status, headers: { location: `${other.address}${SECRET_PATH}` } }];
          const sent = await send();
          expect(sent).to.have.property('kind', 'never');
          expect((sent as { why: string }).why).to.match(new RegExp(`^HTTP ${status}, .*${words}`));
          expect([receiver.got.length, other.got.length]).to.deep.equal([1, 0]);
          expectNoSecret(JSON.stringify(sent));
        });
      }

      for (const [reply, why] of [
        [500, 'HTTP 500'],
        ['reset', 'no connection (UND_ERR_SOCKET)'],
        ['silence', 'no answer within 200 ms'],
      ] as const) {
        it(`says at the end of a round that it is ${why}, without a secret`, async () => {
          receiver.replies = [reply];
          const sent = await send({}, { ...QUICK, round: 300 });
          expect(sent).to.deep.equal({ kind: 'later', why });
          expect(receiver.got.length).to.be.above(1);
        });
      }

      it('waits for no Retry-After that is longer than its round, and tells it', async () => {
        receiver.replies = [{ status: 429, headers: { 'retry-after': '3600' } }];
        expect(await send()).to.deep.equal({ kind: 'later', why: 'HTTP 429', after: 3_600_000 });
        expect(receiver.got).to.have.length(1);
      });

      it('tells of a refused connection without its address', async () => {
        const address = `http://${await refusingAddress()}`;
        const sent = await send(channelTo(address), { ...QUICK, round: 50 }, env(address));
        expect(sent).to.deep.equal({ kind: 'later', why: 'connection refused' });
      });

      it('is given up when splitter ends, in the middle of a pause too', async () => {
        receiver.replies = [503];
        const end = new AbortController();
        const sent = send({}, { round: 600_000, attempt: 600_000, pause: 600_000 }, env(), end.signal);
        while (receiver.got.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        end.abort();
        expect(await sent).to.deep.equal({ kind: 'later', why: 'given up' });
      });

      for (const [what, value, why] of [
        ['nothing', undefined, 'HOOK is not set, and'],
        ['two lines', `${kind === 'pagerduty' ? ROUTING_KEY : 'http://127.0.0.1/path-s3cret'}\nmore`, 'HOOK is empty or holds'],
        ...(kind === 'pagerduty'
          ? ([['no key', 'path-s3cret', 'HOOK is empty or holds characters']] as const)
          : ([
              ['no address but words', 'path-s3cret', 'HOOK holds no http or https address'],
              ['another kind of address', 'file:///path-s3cret', 'HOOK holds no http or https address'],
              ['a password', 'http://me:path-s3cret@127.0.0.1/', 'HOOK holds a user or a password'],
            ] as const)),
      ] as const) {
        it(`keeps a notice while its variable holds ${what}, and says what to put right`, async () => {
          const sent = await send({}, QUICK, { KEY: 'x', SIGNING, ...(value === undefined ? {} : { HOOK: value }) });
          expect(sent).to.have.property('kind', 'later');
          expect((sent as { why: string }).why).to.include(why);
          expectNoSecret(JSON.stringify(sent));
        });
      }

      it('reads its file anew each time, so that a secret can be changed under it', async () => {
        const file = join(folder, kind);
        const missing = await send({ address: { file } });
        expect((missing as { why: string }).why).to.include(`${key}_file cannot be read (ENOENT)`);
        writeFileSync(file, `${secret(receiver.address)}\n`);
        expect(await send({ address: { file } })).to.deep.equal({ kind: 'sent' });
      });

      it('takes a reason of 5,000 characters, cut to what the receiver takes', async () => {
        const evidence = Array.from({ length: 10 }, () => ({ ...makeNotice().evidence[0]!, message: longText(5_000) }));
        const long = makeNotice({ sentence: longText(5_000), by: longText(5_000), driver: longText(5_000), evidence });
        expect(await send({}, QUICK, env(), NEVER, long)).to.deep.equal({ kind: 'sent' });
        const { body } = receiver.got[0]!;
        expect(Buffer.byteLength(body)).to.be.below(most);
        expect(body).to.include('…');
      });

      it('lets no text of others pass for a control character, or for half of one', async () => {
        const hostile = makeNotice({ sentence: HOSTILE, by: HOSTILE, title: `${HOSTILE}\ud83d` });
        expect(await send({}, QUICK, env(), NEVER, hostile)).to.deep.equal({ kind: 'sent' });
        if (kind === 'webhook') return;
        expect(receiver.got[0]!.body).to.not.match(/\u202e|\\u202e|\\ud83d|\\nBy: root/);
      });
    });
  }

  describe('webhook', () => {
    const env = (): Record<string, string> => ({ HOOK: receiver.address + SECRET_PATH, KEY: `Key ${TOKEN}`, SIGNING });
    const webhook = (change: object = {}): Channel => ({ ...KINDS.webhook.channel(''), ...change }) as Channel;
    const send = (channel: Channel, environment = env()): Promise<Sent> =>
      createNotifier({ env: environment }, QUICK).send(makeNotice(), channel, NEVER);

    it('sends headers and token from where the plan says', async () => {
      const tokenFile = join(folder, 'token');
      writeFileSync(tokenFile, `${TOKEN}\n`);
      expect(await send(webhook({ address: { url: `${receiver.address}/in` }, tokenFile }))).to.deep.equal({ kind: 'sent' });
      const { path, headers } = receiver.got[0]!;
      expect([path, headers['x-key'], headers.authorization]).to.deep.equal(['/in', `Key ${TOKEN}`, `Bearer ${TOKEN}`]);
    });

    it('keeps a notice while a header, the token or the secret cannot be read', async () => {
      for (const [channel, without, why] of [
        [webhook(), 'KEY', 'KEY is not set, and the plan names it for header x-key'],
        [webhook(), 'SIGNING', 'SIGNING is not set, and the plan names it for secret'],
        [webhook({ tokenFile: join(folder, 'none') }), '', 'token_file cannot be read (ENOENT)'],
      ] as const) {
        const { [without]: _, ...environment } = env();
        expect(await send(channel, environment))
          .to.have.property('why')
          .that.includes(why);
      }
    });
  });

  describe('discord', () => {
    const sendQuick = (round: number): Promise<Sent> =>
      createNotifier({ env: { HOOK: receiver.address } }, { ...QUICK, round }).send(
        makeNotice(),
        KINDS.discord.channel(''),
        NEVER,
      );

    it('waits as long as the body of a 429 says', async () => {
      receiver.replies = [{ status: 429, body: '{"message":"…","retry_after":0.05,"global":false}' }, 200];
      expect(await sendQuick(10_000)).to.deep.equal({ kind: 'sent' });
      const [first, second] = receiver.got;
      expect(second!.at - first!.at).to.be.at.least(49);
      receiver.replies = [{ status: 429, headers: { 'retry-after': '1' }, body: '{"retry_after":64.57}' }];
      expect(await sendQuick(1_000)).to.deep.equal({ kind: 'later', why: 'HTTP 429', after: 64_570 });
    });

    for (const body of ['', 'no json', '{"retry_after":"soon"}', '[]', 'null', `{"pad":"${'x'.repeat(100_000)}"}`])
      it(`minds no body that says nothing: ${body.slice(0, 24)}`, async () => {
        receiver.replies = [{ status: 429, body }, 200];
        expect(await sendQuick(10_000)).to.deep.equal({ kind: 'sent' });
      });
  });
});

/** The text of a message as people read it: without escapes of JSON, of Slack and of Markdown. */
function plainOf(body: string): string {
  const texts: string[] = [];
  JSON.parse(body, (_, value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number') texts.push(String(value));
    return value;
  });
  return texts
    .join('\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\\([^\w\s])/g, '$1');
}

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
