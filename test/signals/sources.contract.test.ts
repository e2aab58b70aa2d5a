import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Signal } from '../../src/core/plan.js';
import type { Reading } from '../../src/core/verdict.js';
import { findingOf, judge } from '../../src/judge/judge.js';
import { createSignalSource } from '../../src/signals/registry.js';
import { FakeCatalog, type Local, NEVER, PAYMENTS, realPrograms, refusingAddress, serve } from './fakes.js';
import { NOW, type Reply, VENDORS } from './vendor-answers.js';

for (const vendor of VENDORS) {
  describe(`the source of numbers ${vendor.title}`, () => {
    let server: Local;
    let asked: string;
    let reply: Reply | undefined;
    const env = { ...vendor.env, ...vendor.secrets };

    before(async () => {
      server = await serve((request, response) => {
        let body = '';
        request.on('data', (part) => {
          body += part;
        });
        request.on('end', () => {
          const headers = Object.entries(request.headers).sort(([a], [b]) => a.localeCompare(b));
          asked = [request.method, request.url, ...headers.map(([name, value]) => `${name}: ${value}`), body].join(' ');
          if (reply !== undefined) response.writeHead(reply.status ?? 200, { location: '/login' }).end(reply.body);
        });
      });
    });
    after(() => server.close());

    /** The address that the environment names is the signal's own, unless `own` names another. */
    const measure = async (signal: Signal, own: Record<string, string> = env, abort = NEVER): Promise<Reading> => {
      const { url } = signal as { readonly url?: string };
      const options = {
        catalog: new FakeCatalog(),
        countReady: async () => 1,
        runProgram: realPrograms,
        env: { ...(vendor.address === undefined || url === undefined ? {} : { [vendor.address]: url }), ...own },
        now: () => NOW,
      };
      const [reading] = await createSignalSource(options).read([signal], PAYMENTS, abort);
      expectNoSecret(reading);
      return reading!;
    };
    const expectNoSecret = (shown: unknown) => {
      const text = JSON.stringify(shown);
      for (const secret of Object.values(vendor.secrets)) {
        // Its beginning too: a text that is cut short may not keep a part of it.
        expect(text).to.not.include(secret.slice(0, 8));
      }
    };
    const ask = (given: Reply | undefined, more: object = {}): Promise<Reading> => {
      reply = given;
      return measure({ ...vendor.signal(`http://${server.address}`), ...more } as Signal);
    };
    const verdictOf = (reading: Reading) => {
      const signal = vendor.signal('http://h');
      const before = findingOf(signal, undefined, { alpha: 0.01, at: NOW });
      const { finding } = judge(signal, undefined, reading, { alpha: 0.01, at: NOW });
      expectNoSecret([before, finding]);
      return finding.verdict;
    };

    it('asks its API with the secret and with the query filled in', async () => {
      const { query } = await ask(vendor.number);
      expect(asked).to.match(vendor.asks);
      expect(decodeURIComponent(asked.replace(/%(?![0-9A-F]{2})/gi, '%25')))
        .to.include('green')
        .and.to.not.include('{{');
      expect(query).to.not.include('{{').and.to.not.equal('');
    });

    it('gives the number, with the answer beside it', async () => {
      const reading = await ask(vendor.number);
      expect(reading.measurement).to.deep.equal({ kind: 'scalar', value: 0.25 });
      expect(reading.raw).to.include('0.25');
      expect(verdictOf(reading)).to.equal('Successful');
    });

    [vendor.empty, ...vendor.nothing].forEach((answer, i) => {
      it(`takes no data for no data and not for a pass: ${answer.body.trim().slice(-60) || `an empty answer, ${i}`}`, async () => {
        const reading = await ask(answer);
        expect(reading.measurement.kind).to.equal('none');
        expect(verdictOf(reading)).to.equal('Inconclusive');
      });
    });

    it('refuses several series, and says how to make them one', async () => {
      const { measurement } = await ask(vendor.several);
      expect(measurement.kind).to.equal('error');
      expect(measurement)
        .to.have.property('why')
        .that.matches(/(2 series|list of 2).*(;|,) .*(one|sum)/i);
    });

    if (vendor.title !== 'http with json') {
      it('makes one number of several series when it is told how', async () => {
        expect((await ask(vendor.several, { reduce: 'sum' })).measurement).to.deep.equal({ kind: 'scalar', value: 3 });
        expect((await ask(vendor.several, { reduce: 'max' })).measurement).to.deep.equal({ kind: 'scalar', value: 2 });
        expect((await ask(vendor.number, { reduce: 'sum' })).measurement).to.deep.equal({ kind: 'scalar', value: 0.25 });
        expect((await ask(vendor.empty, { reduce: 'sum' })).measurement.kind).to.equal('none');
      });

      it('asks the same about both subsets to compare them', async () => {
        const signal = JSON.stringify(vendor.signal(`http://${server.address}`)).replaceAll('{{canary}}', '{{subset}}');
        const { query, measurement } = await ask(vendor.number, {
          ...JSON.parse(signal),
          compare: { margin: 0, worse: 'higher' },
        });
        expect(measurement).to.deep.equal({ kind: 'pair', canary: 0.25, stable: 0.25 });
        expect(query).to.match(/green.*\(canary\); .*blue.*\(stable\)/);
      });
    }

    it('says why a query is refused', async () => {
      const { measurement } = await ask(vendor.badQuery);
      expect(measurement.kind).to.equal('error');
      expect(measurement)
        .to.have.property('why')
        .that.matches(/answers.*(Error|error|failed|unknown|invalid|missing|nothing here).*; check/);
    });

    const refusals: readonly [number, RegExp][] = [
      [302, /HTTP 302.*; it redirects, perhaps to a login page: check the url/],
      [401, /HTTP 401.*; (check|set) /],
      [403, /HTTP 403.*; (check|set|the token) /],
      [429, /HTTP 429.*; it is asked too often: write a longer interval/],
      [500, /HTTP 500.*; the trouble is on its side/],
    ];
    for (const [status, why] of refusals) {
      it(`gives an error that says what to do for HTTP ${status}`, async () => {
        const { measurement } = await ask({ status, body: '' });
        expect(measurement.kind).to.equal('error');
        expect(measurement).to.have.property('why').that.matches(why);
      });
    }

    if (Object.keys(vendor.secrets).length > 0)
      it('sends no secret of the environment to an address that only the plan names, and says why', async () => {
        const elsewheres = [`http://${await refusingAddress()}`, ''];
        for (const elsewhere of elsewheres) {
          [asked, reply] = ['', { status: 401, body: '' }];
          const own = { ...env, [vendor.address!]: elsewhere };
          const { measurement } = await measure(vendor.signal(`http://${server.address}`), own);
          for (const secret of Object.values(vendor.secrets))
            expect(asked)
              .to.not.include(secret)
              .and.not.include(btoa(`ana:${secret}`));
          expect(measurement)
            .to.have.property('why')
            .that.matches(new RegExp(`(${Object.keys(vendor.secrets).join('|')}) is for .*, so it is not sent`))
            .and.includes(`http://${server.address}`);
        }
      });

    it('hides its secrets in whatever the other side repeats of them', async () => {
      const echo = Object.values(vendor.secrets).join(' ');
      const padded = `${'x'.repeat(190)}${echo}`;
      for (const body of [echo, JSON.stringify({ error: echo, message: echo, errors: [echo] }), padded]) {
        for (const status of [200, 403]) expect((await ask({ status, body })).measurement.kind).to.not.equal('scalar');
      }
    });

    it('gives an error for an answer of another kind', async () => {
      for (const body of ['<html>', '{"a": {}}', '17', '"text"']) {
        const { measurement } = await ask({ body });
        expect(measurement.kind, body).to.equal(vendor.title === 'http with json' && body !== '<html>' ? 'none' : 'error');
      }
    });

    it('gives an error when nobody answers in time', async () => {
      const { measurement } = await ask(undefined, { timeout: 50 });
      expect(measurement)
        .to.have.property('why')
        .that.matches(/no answer within 50 ms; ask for less, or write a longer timeout/);
      expect(measurement.kind).to.equal('error');
    });

    it('gives an error when the connection is refused', async () => {
      const { measurement } = await measure(vendor.signal(`http://${await refusingAddress()}`));
      expect(measurement)
        .to.have.property('why')
        .that.matches(/cannot be asked: connection refused; check its address/);
      expect(measurement.kind).to.equal('error');
    });

    it('gives no error when the driver itself gave up', async () => {
      reply = vendor.number;
      const { measurement } = await measure(vendor.signal(`http://${server.address}`), env, AbortSignal.abort());
      expect(measurement.kind).to.equal('none');
    });

    for (const [variable, secret] of Object.entries(vendor.secrets)) {
      const optional = ['PROMETHEUS_TOKEN', 'AWS_SESSION_TOKEN'].includes(variable);
      if (!optional) {
        it(`says what to set when ${variable} is missing`, async () => {
          const { [variable]: _, ...less } = env;
          asked = '';
          const { measurement } = await measure(vendor.signal(`http://${server.address}`), less);
          expect(measurement.kind).to.equal('error');
          expect(measurement).to.have.property('why').that.includes(`set ${variable} or ${variable}_FILE`);
          expect(asked).to.equal('');
        });
      }

      it(`reads ${variable} from a file, and shows none of one that cannot be right`, async () => {
        const folder = await mkdtemp(join(tmpdir(), 'sources-'));
        try {
          const { [variable]: _, ...less } = env;
          const file = join(folder, 'secret');
          reply = vendor.number;
          const read = () => measure(vendor.signal(`http://${server.address}`), { ...less, [`${variable}_FILE`]: file });
          expect((await read()).measurement)
            .to.have.property('why')
            .that.includes(`${variable}_FILE cannot be read (ENOENT)`);
          await writeFile(file, `${secret}\n`);
          expect((await read()).measurement).to.deep.equal({ kind: 'scalar', value: 0.25 });
          await writeFile(file, `two words ${secret}\n`);
          const { measurement } = await read();
          expect(measurement).to.have.property('why').that.includes(`${variable}_FILE is empty or holds`).and.not.includes('two');
        } finally {
          await rm(folder, { recursive: true });
        }
      });
    }
  });
}
