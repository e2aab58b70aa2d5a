import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { makeCertificate } from '../support/certificates.js';
import { Shell, until } from '../support/shell.js';

/** Asks over TLS, trusting this certificate only. */
function ask(url: string, ca: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { ca: readFileSync(ca), agent: false }, (answer) => {
      let body = '';
      answer.on('data', (part: Buffer) => {
        body += part.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    }).on('error', reject);
  });
}

describe('splitter run with a certificate', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  before(async () => {
    sandbox = await startSandbox();
    shell = new Shell(sandbox.consulAddress);
  });
  after(() => sandbox.stop());

  it('serves page, API, probes and events over TLS, and plain HTTP to nobody', async () => {
    const { cert, key } = makeCertificate();
    const running = shell.start(`run --listen 127.0.0.1:0 --tls-cert ${cert} --tls-key ${key}`);
    const address = (): string | undefined => /"address":"(https:[^"]+)"/.exec(running.output())?.[1];
    try {
      await until('it listens', () => address() !== undefined);
      await until('it is ready', async () => (await ask(`${address()}/readyz`, cert)).status === 200);
      expect((await ask(`${address()}/`, cert)).body).to.include('<title>splitter</title>');
      expect(JSON.parse((await ask(`${address()}/v1/rollouts`, cert)).body)).to.have.property('items');
      const plain = await fetch(address()!.replace('https', 'http')).catch((error: Error) => error);
      expect(plain).to.be.instanceOf(Error);
      const stranger = await ask(`${address()}/`, makeCertificate().cert).catch((error: Error) => error);
      expect(stranger).to.be.instanceOf(Error);
      expect(running.output()).to.not.include('plain HTTP');
    } finally {
      running.interrupt();
      await running.done;
    }
  });

  for (const [what, flags, message] of [
    ['half of a pair', '--tls-cert /x/cert.pem', 'there is a certificate to serve with and no key'],
    [
      'a file that is not there',
      '--tls-cert /x/cert.pem --tls-key /x/key.pem',
      'the certificate /x/cert.pem cannot be read (ENOENT)',
    ],
  ] as const)
    it(`refuses ${what} before it does anything`, async () => {
      const { code, err } = await shell.run(`run --listen 127.0.0.1:0 ${flags}`);
      expect([code, err.includes(message)], err).to.deep.equal([1, true]);
      expect(err).to.include('--tls-cert');
    });

  it('warns where others reach it by plain HTTP, and works all the same', async () => {
    const running = shell.start('run --listen 0.0.0.0:0');
    await until('it warns', () => /0\.0\.0\.0:\d+ is plain HTTP: others than this machine reach it/.test(running.output()));
    running.interrupt();
    expect((await running.done).code).to.equal(0);
  });
});
