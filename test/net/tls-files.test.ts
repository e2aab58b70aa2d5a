import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { openTls } from '../../src/net/tls-files.js';
import { makeCertificate } from '../support/certificates.js';
import { until } from '../support/shell.js';

const NEVER_TROUBLED = (why: string): void => {
  throw new Error(why);
};

describe('the certificate that is served with', () => {
  it('has to be there, and to belong to its key; the refusal holds nothing of either', () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    const open = (cert: string, key: string) => () => openTls({ cert, key }, NEVER_TROUBLED);
    expect(open(one.cert, one.key)().now().cert).to.equal(readFileSync(one.cert, 'utf8'));
    expect(open('/nowhere/cert.pem', one.key)).to.throw('the certificate /nowhere/cert.pem cannot be read (ENOENT)');
    expect(open(one.cert, '/nowhere/key.pem')).to.throw('the key /nowhere/key.pem cannot be read (ENOENT)');
    expect(open(one.cert, other.key)).to.throw(/ are no certificate and its key \(ERR_OSSL_X509_KEY_VALUES_MISMATCH\)$/);
    writeFileSync(other.cert, 's3cret');
    expect(open(other.cert, other.key)).to.throw(/^(?!.*s3cret).* are no certificate and its key/);
  });

  it('is taken anew when its files change; a bad pair is told once, and the last good one stays', async () => {
    const [files, next] = [makeCertificate('first'), makeCertificate('second')];
    const [told, taken]: [string[], string[]] = [[], []];
    const stop = openTls(files, (why) => void told.push(why), 10).follow(({ cert }) => void taken.push(cert));
    try {
      rmSync(files.key);
      await until('it is told', () => told.length === 1);
      expect(told[0]).to.match(/cannot be read \(ENOENT\); the last good certificate stays$/);
      copyFileSync(next.key, files.key);
      await until('the halves do not fit', () => told.length === 2);
      copyFileSync(next.cert, files.cert);
      await until('it is taken', () => taken.length === 1);
      expect(taken).to.deep.equal([readFileSync(next.cert, 'utf8')]);
    } finally {
      stop();
    }
  });
});
