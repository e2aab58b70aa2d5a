import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { SignalText } from './signal-text.js';

type PrometheusText = Extract<SignalText, { source: 'prometheus' }>;

/** Headers that the request itself needs. */
const OWN = ['host', 'content-type', 'content-length', 'connection', 'transfer-encoding'];
/** Headers whose values are secrets, by their names. */
const SECRET = /auth|token|secret|cookie|password|key$/i;

/** Who asks a Prometheus server is said in one way, and what is secret of it stands in files. */
export function checkLogin(signal: PrometheusText, path: Path): Problem[] {
  const { username, password_file, token_file, headers = {} } = signal;
  const problems: Problem[] = [];
  if (username?.includes(':') === true)
    problems.push(errorAt([...path, 'username'], 'value', 'the username holds a colon, which ends it', 'write it without'));
  if (password_file !== undefined && username === undefined)
    problems.push(errorAt([...path, 'password_file'], 'key', '"password_file" needs "username"', 'add username: NAME'));
  if (token_file !== undefined && username !== undefined)
    problems.push(
      errorAt([...path, 'token_file'], 'key', 'a request says a token or a user, not both', 'keep "token_file" or "username"'),
    );
  const said = Object.keys(headers).find((name) => name.toLowerCase() === 'authorization');
  if (said !== undefined && (username ?? token_file) !== undefined)
    problems.push(
      errorAt(
        [...path, 'headers', said],
        'key',
        `"${said}" is sent by "${username === undefined ? 'token_file' : 'username'}" too`,
        'keep one of them',
      ),
    );
  return [
    ...problems,
    ...Object.entries(headers).flatMap(([name, value]) => checkHeader(name, value, [...path, 'headers', name])),
  ];
}

function checkHeader(name: string, value: string | { readonly file: string }, path: Path): Problem[] {
  if (OWN.includes(name.toLowerCase())) return [errorAt(path, 'key', `"${name}" is set by the request itself`, 'remove it')];
  if (typeof value !== 'string') return [];
  if (SECRET.test(name))
    return [
      errorAt(
        path,
        'value',
        'the value of this header may be a secret, and a plan holds no secrets',
        `write it into a file, and here ${name}: { file: /path/to/file }`,
      ),
    ];
  if (/^[\x20-\x7e]+$/.test(value)) return [];
  return [errorAt(path, 'value', 'the value holds characters that no header carries', 'write it in ASCII, on one line')];
}
