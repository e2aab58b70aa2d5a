import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Program } from '../../src/core/plan.js';
import type { ProgramOutcome } from '../../src/core/programs.js';
import { createPrograms } from '../../src/programs/run.js';

const SECRETS = { CONSUL_HTTP_TOKEN: 'secret', CONSUL_HTTP_TOKEN_FILE: '/secret', CONSUL_HTTP_AUTH: 'a:secret' };
const own = { PATH: process.env.PATH, OWN: 'kept', CONSUL_HTTP_ADDR: 'consul:8500', ...SECRETS };
const programs = createPrograms(own, { now: () => Date.now() });

function run(program: Program, abort: AbortSignal = new AbortController().signal): Promise<ProgramOutcome> {
  const variables = { SPLITTER_SERVICE: 'payments', SPLITTER_WEIGHT: '10' };
  return programs.run({ id: 'one', point: 'before_step', step: 2, program, variables }, abort);
}

const script = (code: string, timeout = 10_000): Program => ({
  kind: 'command',
  command: [process.execPath, '-e', code],
  timeout,
});

describe('a program of the user’s', () => {
  it('gets SPLITTER_* variables beside the environment, and passes with exit 0', async () => {
    const outcome = await run(script('console.log(process.env.SPLITTER_SERVICE, process.env.SPLITTER_WEIGHT, process.env.OWN)'));
    expect([outcome.ok, outcome.message, outcome.output]).to.deep.equal([true, 'exit 0', 'payments 10 kept\n']);
    expect([outcome.id, outcome.point, outcome.step]).to.deep.equal(['one', 'before_step', 2]);
  });

  it('is told where Consul is, but not given splitter’s own access to it', async () => {
    const outcome = await run(script('console.log(Object.keys(process.env).filter((name) => /^CONSUL/.test(name)).join())'));
    expect(outcome.output).to.equal('CONSUL_HTTP_ADDR\n');
  });

  it('sees no shell: a word is an argument, whatever is in it', async () => {
    const odd = '$(touch x); `id` && "quoted" *';
    const program: Program = {
      kind: 'command',
      command: [process.execPath, '-e', 'console.log(process.argv[1])', odd],
      timeout: 10_000,
    };
    expect((await run(program)).output).to.equal(`${odd}\n`);
  });

  it('fails with another exit, and keeps the end of both its outputs', async () => {
    const outcome = await run(script('process.stdout.write("x".repeat(5000)); console.error("no answer"); process.exitCode = 7'));
    expect([outcome.ok, outcome.message, outcome.output.length]).to.deep.equal([false, 'exit 7', 2_000]);
    expect(outcome.output).to.include('no answer');
  });

  it('is ended with all that it started when its time is over', async () => {
    const outcome = await run(
      script('require("child_process").spawn("sleep", ["60"], { stdio: "inherit" }); setInterval(() => 0, 1000)', 300),
    );
    expect([outcome.ok, outcome.message]).to.deep.equal([false, 'no end within 300ms']);
  });

  it('is ended although it ignores the first signal', async () => {
    const outcome = await run(script('process.on("SIGTERM", () => 0); setInterval(() => 0, 1000)', 500));
    expect(outcome.message).to.equal('no end within 500ms');
  });

  it('is given up when splitter ends, and that is said', async () => {
    const end = new AbortController();
    const outcome = run(script('setInterval(() => 0, 1000)'), end.signal);
    setTimeout(() => end.abort(), 50);
    expect((await outcome).message).to.equal('given up: splitter ended');
  });

  it('that is not there, or not executable, is a failure with what to do', async () => {
    const command = (file: string): Program => ({ kind: 'command', command: [file], timeout: 1_000 });
    expect((await run(command('./no-such-program'))).message).to.match(
      /^there is no program \.\/no-such-program \(a path is seen from/,
    );
    expect((await run(command('./package.json'))).message).to.equal('./package.json is not executable (chmod +x ./package.json)');
  });
});

describe('a program that cannot even be tried', () => {
  it('is a failure like any other, and never throws', async () => {
    const outcome = await run({ kind: 'command', command: ['x\u0000y'], timeout: 1_000 });
    expect([outcome.ok, outcome.message]).to.satisfy(
      ([ok, message]: [boolean, string]) => !ok && message.startsWith('cannot be started: '),
    );
  });
});

describe('an HTTP call', () => {
  const asked: { method: string | undefined; body: string }[] = [];
  let server: Server;
  let url: string;
  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        asked.push({ method: request.method, body });
        if (request.url === '/slow') return;
        response.writeHead(request.url === '/no' ? 500 : 204).end(request.url === '/no' ? 'not ready' : undefined);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const http = (path: string, method: 'GET' | 'POST' = 'POST'): Program => ({
    kind: 'http',
    url: url + path,
    method,
    timeout: 500,
  });

  it('sends the variables as JSON, and passes with any 2xx', async () => {
    expect((await run(http('/'))).ok).to.equal(true);
    expect(asked.at(-1)).to.deep.equal({ method: 'POST', body: '{"SPLITTER_SERVICE":"payments","SPLITTER_WEIGHT":"10"}' });
    await run(http('/', 'GET'));
    expect(asked.at(-1)).to.deep.equal({ method: 'GET', body: '' });
  });

  it('fails with another status, without an answer in time, and without a connection', async () => {
    const refused = await run(http('/no'));
    expect([refused.ok, refused.message, refused.output]).to.deep.equal([false, 'HTTP 500', 'not ready']);
    expect((await run(http('/slow'))).message).to.equal('no answer within 500ms');
    expect((await run({ kind: 'http', url: 'http://127.0.0.1:1/', method: 'POST', timeout: 500 })).message).to.match(
      /^no connection \(/,
    );
  });
});
