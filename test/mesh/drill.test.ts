import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';

const FAULT = `const answer = await fetch(process.argv[2] + '/' + process.env.SPLITTER_CANARY_VERSION + '/' + process.argv[3]);
process.exit(answer.ok ? 0 : 1);
`;

describe('splitter drill on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  let faults: Server;
  let folder: string;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    load = startLoad({ url: mesh.url, rps: 200 });
    folder = mkdtempSync(join(tmpdir(), 'splitter-drill-'));
    writeFileSync(join(folder, 'fault.mjs'), FAULT);
    // What a person's own script would reach: it makes an application fail a share of its answers.
    faults = createServer((request, response) => {
      const [, version = '', share = ''] = (request.url ?? '').split('/');
      const app = mesh.apps.get(version);
      if (app !== undefined) app.errorRate = Number(share);
      response.writeHead(app === undefined ? 404 : 200).end();
    });
    await new Promise<void>((resolve) => faults.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await load?.stop();
    faults?.close();
    await mesh?.stop();
  });
  const fault = (share: number): string =>
    `${process.execPath} ${join(folder, 'fault.mjs')} http://127.0.0.1:${(faults.address() as AddressInfo).port} ${share}`;
  const home = (): Promise<void> => until('version 2 answers everything', () => shareOf('2', load.results().slice(-100)) === 1);

  it('goes there and back without a failed request, and is taken back by an impossible bound where nobody breaks anything', async () => {
    const { code, out, err } = await shell.run(`drill ${SERVICE} --pace 2s -o json`);
    expect(code, out + err).to.equal(0);
    await home();
    expect(failuresIn(load.results())).to.deep.equal([]);
    const told = JSON.parse(out);
    expect(told.real).to.match(/no request was made to fail/);
    expect(told.parts.map(({ phase }: { phase: string }) => phase)).to.deep.equal(['Promoted', 'Promoted', 'Reverted']);
    for (const part of told.parts) expect(part.requests.sent).to.be.greaterThan(100);
    expect((await mesh.config('service-resolver', SERVICE))?.DefaultSubset).to.equal('blue');
  });

  it('times how a canary that a person’s program breaks is taken back, and mends it', async () => {
    const report = join(folder, 'report.md');
    const log = join(folder, 'log.md');
    const words = ['drill', SERVICE, '--pace', '2s', '--break', fault(0.3), '--mend', fault(0), '--report', report, '--log', log];
    const { code, out, err } = await shell.words([...words, '-o', 'json']);
    expect(code, out + err).to.equal(0);
    await home();
    const { parts } = JSON.parse(out);
    const { lapsesMs, requests, reason } = parts[2];
    expect(reason).to.equal('SignalFailed');
    expect(lapsesMs.firstFailureToRevert).to.be.a('number');
    expect(lapsesMs.revertToClear).to.be.greaterThan(0);
    const failed = failuresIn(load.results());
    expect(failed.length).to.be.greaterThan(0);
    expect(requests.failed, 'what the sidecars counted is what the caller felt').to.equal(failed.length);
    expect(mesh.apps.get('3')!.errorRate).to.equal(0);
    process.stdout.write(
      `      break to revert ${lapsesMs.breakToRevert} ms, first failure to revert ${lapsesMs.firstFailureToRevert} ms, revert to no request ${lapsesMs.revertToClear} ms, ${failed.length} failed\n`,
    );
    expect(readFileSync(report, 'utf8')).to.include('| result | **passed** |');
    expect(readFileSync(log, 'utf8')).to.match(/\| passed: 2 promoted, 1 taken back by itself .* \| dana \|\n$/);
  });
}).timeout(120_000);
