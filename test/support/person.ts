import type { Io } from '../../src/cli/io.js';

/** What a person does at a question: an answer, Ctrl-C, or something else first that then answers. */
type Answer = string | 'Ctrl-C' | (() => Promise<string | undefined>);

/** A person at a terminal who gives these answers in turn, then none, until no answer is needed any more. Keeps what was asked. */
export class Person {
  readonly asked: string[] = [];
  readonly #answers: Answer[];

  constructor(...answers: readonly Answer[]) {
    this.#answers = [...answers];
  }

  /** What the command is given to ask with. */
  readonly ask: NonNullable<Io['ask']> = async (question, needless) => {
    this.asked.push(question);
    const answer = this.#answers.shift();
    if (typeof answer === 'string') return answer === 'Ctrl-C' ? undefined : answer;
    const needed = new Promise<undefined>((resolve) => {
      if (needless?.aborted === true) resolve(undefined);
      needless?.addEventListener('abort', () => resolve(undefined));
    });
    return answer === undefined ? needed : Promise.race([answer(), needed]);
  };
}
