import type { Syntax } from './problem.js';

/** The language of a plan: by the ending of its file, and where that says nothing (as for stdin) by its first words. */
export function sniffSyntax(text: string, file: string): Syntax {
  if (/\.hcl$/i.test(file)) return 'hcl';
  if (/\.(ya?ml|json)$/i.test(file)) return 'yaml';
  const start = text.replace(/^\ufeff?(?:\s+|#[^\n]*)*/, '');
  return /^(?:\/\/|\/\*|[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w-]*))*\s*\{|[A-Za-z_][\w-]*\s*=)/.test(start)
    ? 'hcl'
    : 'yaml';
}
