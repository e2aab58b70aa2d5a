import { fillPlaceholders } from '../core/placeholders.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** An address is http or https, and holds no secret. Placeholders may stand in it. */
export function checkUrl(text: string | undefined, path: Path): Problem[] {
  if (text === undefined) return [];
  const at = [...path, 'url'];
  const plain = fillPlaceholders(text, { service: 'x', canary: 'x', stable: 'x', versions: { x: '1' } });
  const url = URL.canParse(plain) ? new URL(plain) : undefined;
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
