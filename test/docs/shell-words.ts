/** The simple commands of a line as a POSIX shell would cut it, each as its words; comments, redirections and assignments before a command are left out. */
export function commandsOf(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  for (const { text, isOperator } of tokens(line)) {
    if (!isOperator) commands.at(-1)?.push(text);
    else if (text === '>' || text === '<') commands.at(-1)?.push(text);
    else commands.push([]);
  }
  return commands.map(withoutTrimmings).filter((words) => words.length > 0);
}

interface Token {
  readonly text: string;
  readonly isOperator: boolean;
}

const TOKEN = /\s+|#.*$|&&|\|\||[|;&()]|>>|[<>]|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\|;&()<>])+/y;

function tokens(line: string): readonly Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < line.length) {
    const at = TOKEN.lastIndex;
    const text = TOKEN.exec(line)?.[0];
    if (text === undefined) throw new Error(`a shell would not take this line: ${line} (column ${at + 1})`);
    // A # begins a comment only where a word could begin.
    if (/^\s/.test(text) || text.startsWith('#')) continue;
    const isOperator = /^(&&|\|\||[|;&()]|>>|[<>])$/.test(text);
    found.push({ text: isOperator ? text.replace('>>', '>') : unquote(text), isOperator });
  }
  return found;
}

function unquote(word: string): string {
  return word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) => single ?? double ?? escaped);
}

function withoutTrimmings(words: readonly string[]): readonly string[] {
  const plain = words.filter((word, i) => !['>', '<'].includes(word) && !['>', '<'].includes(words[i - 1] ?? ''));
  const first = plain.findIndex((word) => !/^\w+=/.test(word));
  return first === -1 ? [] : plain.slice(first);
}
