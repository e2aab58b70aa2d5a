import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CommandError } from '../../src/cli/exit.js';
import { type RunFlags, readSettings, variableOf } from '../../src/cli/run-settings.js';
import { readSettingsFile } from '../../src/cli/settings-file.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { settingsSchema } from '../../src/controller/settings.js';
import { ROOT } from '../plan/root.js';
import { planFile } from '../support/plan-file.js';

const CONFIG = join(ROOT, 'configs', 'controller.yaml');
type Env = Record<string, string>;

async function refusal(text: string | undefined, flags: RunFlags = {}, env: Env = {}): Promise<string> {
  const error = await readSettings(flags, env, text === undefined ? undefined : planFile(text)).catch(
    (caught: unknown) => caught,
  );
  expect(error).to.be.instanceOf(CommandError);
  const { message, hint } = error as CommandError;
  return `${message.replace(/\S*\/(?=plan-\d+\.yaml)/g, '').replace(/plan-\d+/g, 'c')} -> ${hint}`;
}

describe('readSettings', () => {
  it('has a default for everything', async () => {
    const { id, ...rest } = await readSettings({}, {});
    expect(id).to.match(/^[A-Za-z0-9._-]+-[0-9a-f]{4}$/);
    expect((await readSettings({}, {})).id).to.not.equal(id);
    expect(rest).to.deep.equal({
      listen: { host: '127.0.0.1', port: 8410, chosen: false },
      allowedHosts: [],
      readAuth: false,
      anonymousActions: false,
      logLevel: 'info',
      logFormat: 'json',
      kvPrefix: 'splitter/',
      sessionTtl: 10_000,
      scrape: { perSecond: 500, perCaller: 10 },
      consul: {},
    });
  });

  it('takes how many pages may be read from the file, the environment or a flag, and refuses what is no number of them', async () => {
    const path = planFile('scrape_pages: 200\n');
    const { scrape } = await readSettings({ config: path, scrapePagesPerCaller: '2' }, { SPLITTER_SCRAPE_PAGES: '100' });
    expect(scrape).to.deep.equal({ perSecond: 100, perCaller: 2 });
    for (const wrong of ['0', 'many', '2.5', '20000'])
      expect(await refusal(undefined, { scrapePages: wrong })).to.equal(
        `--scrape-pages is "${wrong}", which is no number of pages a second -> write a number from 1 to 10000`,
      );
  });

  const layers: readonly [key: string, property: string, flag: keyof RunFlags, texts: readonly [string, string, string]][] = [
    ['id', 'id', 'id', ['a', 'b', 'c']],
    ['plans', 'plans', 'plans', ['/a', '/b', '/c']],
    ['kv_prefix', 'kvPrefix', 'kvPrefix', ['a/', 'b/', 'c/']],
    ['log_level', 'logLevel', 'logLevel', ['debug', 'warn', 'error']],
  ];
  for (const [key, property, flag, [file, variable, option]] of layers)
    it(`takes ${key} from the flag, else the environment, else the file`, async () => {
      const path = planFile(`${key}: ${file}\n`);
      const read = async (flags: RunFlags, env: Env) =>
        ((await readSettings(flags, env, path)) as unknown as Record<string, unknown>)[property];
      expect(await read({}, {})).to.equal(file);
      expect(await read({}, { [variableOf(key)]: '' })).to.equal(file);
      expect(await read({}, { [variableOf(key)]: variable })).to.equal(variable);
      expect(await read({ [flag]: option }, { [variableOf(key)]: variable })).to.equal(option);
    });

  it('finds its file by --config, else SPLITTER_CONFIG', async () => {
    const [one, other] = [planFile('id: one\n'), planFile('id: other\n')];
    expect((await readSettings({}, { SPLITTER_CONFIG: one })).id).to.equal('one');
    expect((await readSettings({ config: other }, { SPLITTER_CONFIG: one })).id).to.equal('other');
  });

  it('understands addresses, lists and times', async () => {
    const env = { SPLITTER_LISTEN: '[::1]:0', SPLITTER_ALLOWED_HOSTS: 'a.internal,b.internal', SPLITTER_SESSION_TTL: '1m30s' };
    const { listen, allowedHosts, sessionTtl } = await readSettings({}, env);
    expect(listen).to.deep.equal({ host: '::1', port: 0, chosen: true });
    expect(allowedHosts).to.deep.equal(['a.internal', 'b.internal']);
    expect(sessionTtl).to.equal(90_000);
  });

  it('reading takes a token wherever others than this machine may come, unless it is said otherwise', async () => {
    for (const [flags, env, readAuth] of [
      [{}, {}, false],
      [{ listen: '0.0.0.0:8410' }, {}, true],
      [{ listen: '0.0.0.0:8410', readAuth: false }, {}, false],
      [{}, { SPLITTER_READ_AUTH: 'true' }, true],
      [{ readAuth: false }, { SPLITTER_READ_AUTH: '1' }, false],
    ] as const)
      expect((await readSettings(flags, env)).readAuth, JSON.stringify([flags, env])).to.equal(readAuth);
    const wrong = await readSettings({}, { SPLITTER_ANONYMOUS_ACTIONS: 'perhaps' }).catch((error: Error) => error.message);
    expect(wrong).to.equal('SPLITTER_ANONYMOUS_ACTIONS is "perhaps", which is neither true nor false');
  });

  const file = 'consul:\n  address: http://file:1\n  token_file: /file/token\n  ca_file: /file/ca\n  datacenter: dc7\n';
  const consul: readonly [name: string, flags: RunFlags, env: Env, expected: object][] = [
    ['the file alone', {}, {}, { httpAddr: 'http://file:1', tokenFile: '/file/token', caFile: '/file/ca', datacenter: 'dc7' }],
    [
      'variables, left to the environment',
      {},
      { CONSUL_HTTP_ADDR: 'e', CONSUL_HTTP_TOKEN: 't', CONSUL_CAPATH: 'p' },
      { datacenter: 'dc7' },
    ],
    [
      'flags',
      { httpAddr: 'flag:1', token: 'x', datacenter: 'dc9' },
      {},
      { httpAddr: 'flag:1', token: 'x', caFile: '/file/ca', datacenter: 'dc9' },
    ],
  ];
  for (const [name, flags, env, expected] of consul)
    it(`reaches Consul by ${name}`, async () => {
      const path = planFile(file);
      const { httpAddrFrom, ...rest } = (await readSettings(flags, env, path)).consul;
      expect(rest).to.deep.equal(expected);
      expect(httpAddrFrom).to.equal(name === 'the file alone' ? path : undefined);
    });

  it('lets an error of Consul name the file of the address', async () => {
    const path = planFile('consul: { address: 10.0.0.1:8500 }\n');
    const { consul: flags } = await readSettings({}, {}, path);
    expect(resolveSettings(flags, {})).to.include({ address: 'http://10.0.0.1:8500', addressFrom: path });
  });

  const NO_LISTEN = 'which is no address to listen on -> write host:port, like 127.0.0.1:8410, or [::1]:8410';
  const refused: readonly [text: string | undefined, message: string, flags?: RunFlags, env?: Env][] = [
    ['id: a\nlisen: x\n', 'c.yaml:2:1: unknown key "lisen" in the settings -> did you mean "listen"?'],
    [
      'consul:\n  token: hush\n',
      'c.yaml:2:3: unknown key "token" in "consul" -> known here: address, token_file, ca_file, ca_path, client_cert, client_key, tls_server_name, datacenter, namespace, partition',
    ],
    ['listen: 8410\n', `c.yaml:1:9: "listen" is 8410, ${NO_LISTEN}`],
    ['listen: "h:70000"\n', `c.yaml:1:9: "listen" is "h:70000", ${NO_LISTEN}`],
    [
      '\n  log_level: loud\n',
      'c.yaml:2:14: "log_level" is "loud", which is not one of debug, info, warn, error -> docs/controller.md lists the settings',
    ],
    [
      'session_ttl: 5s\n',
      'c.yaml:1:14: "session_ttl" is "5s", which is no time that Consul takes for a session -> write 10s to 24h',
    ],
    ['id: a b\n', 'c.yaml:1:5: "id" is "a b", which is no id -> use 1 to 64 letters, digits, - _ and .'],
    [
      'kv_prefix: /splitter\n',
      'c.yaml:1:12: "kv_prefix" is "/splitter", which is no prefix of keys -> write it like splitter/, without a slash at its start',
    ],
    ['id: a\nid: b\n', 'c.yaml:2:1: duplicate key "id" -> it is there already, at 1:1; keep one'],
    ['- id\n', 'c.yaml:1:1: the settings are a map of keys and values -> write them like listen: 127.0.0.1:8410'],
    ['id: a\n---\nid: b\n', 'c.yaml:3:1: a second document begins here -> keep all settings in one'],
    ['id: "a\n', 'c.yaml:1:5: not valid YAML: this text is never closed -> add a quote at its end'],
    ['plans: [a]\n', 'c.yaml:1:8: "plans" must be a text, not a list -> docs/controller.md lists the settings'],
    [
      'lisen: x\nid: a b\n',
      '2 things are wrong with the settings:\n  c.yaml:1:1: unknown key "lisen" in the settings (did you mean "listen"?)\n  c.yaml:2:5: "id" is "a b", which is no id (use 1 to 64 letters, digits, - _ and .) -> docs/controller.md lists the settings',
    ],
    [undefined, `--listen is ":80", ${NO_LISTEN}`, { listen: ':80' }],
    [
      undefined,
      'SPLITTER_LOG_FORMAT is xml, which is not one of json, text -> SPLITTER_LOG_FORMAT json',
      {},
      { SPLITTER_LOG_FORMAT: 'xml' },
    ],
    [undefined, '--plans is "", which is empty -> give --plans a value', { plans: '' }],
    [undefined, '--allowed-host is ["",""], which is empty -> give --allowed-host a value', { allowedHost: ['', ''] }],
    [
      undefined,
      'the settings /nowhere/c.yaml cannot be read (ENOENT) -> check --config (SPLITTER_CONFIG)',
      { config: '/nowhere/c.yaml' },
    ],
  ];
  for (const [text, message, flags, env] of refused)
    it(`refuses ${JSON.stringify(text ?? { ...flags, ...env })}`, async () => {
      expect(await refusal(text, flags, env)).to.equal(message);
    });

  it('takes an empty file, and one that holds only comments', () => {
    for (const text of ['', '# nothing\n', '---\n']) expect(readSettingsFile(text, 'c')).to.deep.equal(settingsSchema.parse({}));
  });
});

describe('configs/controller.yaml', () => {
  const text = readFileSync(CONFIG, 'utf8');
  const commented = /^#( *)([a-z_]+): (.+)$/gm;

  it('says of each key its default', () => {
    expect(readSettingsFile(text, CONFIG)).to.deep.equal(settingsSchema.parse({}));
  });

  it('names every key there is, and none that is not: those without a default as comments that may be taken in as they are', () => {
    const whole = text
      .replace(/^consul: \{\}$/m, 'consul:')
      .replace(commented, (_, indent: string, key: string, value: string) => `${indent.slice(1)}${key}: ${value}`);
    const settings = readSettingsFile(whole, CONFIG);
    expect(Object.keys(settings)).to.have.members(Object.keys(settingsSchema.shape));
    const consul = settingsSchema.shape.consul.unwrap() as typeof settingsSchema.shape.consul.def.innerType;
    expect(Object.keys(settings.consul)).to.have.members(Object.keys(consul.shape));
  });
});
