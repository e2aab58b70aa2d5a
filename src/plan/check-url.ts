import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** What an address in a plan must be: http or https, and without a password, since a plan holds no secrets. */
export function checkUrl(text: string | undefined, path: Path): Problem[] {
  if (text === undefined) return [];
  const at = [...path, 'url'];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return [errorAt(at, 'value', 'the url is no http or https address', 'write it like http://127.0.0.1:9090/path')];
  }
  if (url.username === '' && url.password === '') return [];
  return [
    errorAt(
      at,
      'value',
      'the url holds a user or a password, and a plan holds no secrets',
      'take what stands before the @ out of it',
    ),
  ];
}
