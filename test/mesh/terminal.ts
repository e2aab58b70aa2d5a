import { spawn } from 'node:child_process';
import { until } from '../support/shell.js';
import { environment, keep, MAIN, type SplitterProcess } from './program.js';

/** A splitter at a terminal of 80 columns and 24 rows, with somebody who types. */
export interface TerminalProcess extends SplitterProcess {
  /** Waits until this was printed since the last answer, then types an answer and Enter. */
  answer(question: RegExp, text: string): Promise<void>;
  /** Waits until this was printed since the last answer. */
  sees(text: RegExp, ms?: number): Promise<void>;
  /** Types control characters, as they are. */
  press(keys: string): void;
}

/** Starts the real program at a pseudo-terminal (util-linux's script). `term` is what it takes the terminal for; dumb prints plain lines. */
export function startAtTerminal(consulAddress: string, line: string, term = 'dumb'): TerminalProcess {
  const command = `stty cols 80 rows 24 && exec ${process.execPath} ${MAIN} ${line}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: environment(consulAddress, { TERM: term, SHELL: '/bin/sh' }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const program = keep(child);
  let answered = 0;
  const output = (): string => program.output().replaceAll('\r\n', '\n');
  const sees = (text: RegExp, ms = 120_000): Promise<void> =>
    until(`the terminal shows ${text}:\n${output()}`, () => text.test(output().slice(answered)), ms);
  const press = (keys: string): void => void child.stdin?.write(keys);
  return {
    ...program,
    output,
    sees,
    press,
    answer: async (question, text) => {
      await sees(question);
      answered = output().length;
      press(`${text}\r`);
    },
  };
}
