const EVERY = 5_000;
let last = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Tells screen readers one sentence, at most one in five seconds: the newest. */
export function say(sentence: string): void {
  clearTimeout(waiting);
  const put = (): void => {
    last = Date.now();
    place('said', sentence);
  };
  waiting = setTimeout(put, Math.max(0, last + EVERY - Date.now()));
}

/** Interrupts with what cannot wait. */
export function alarm(sentence: string): void {
  place('alarm', sentence);
}

/** Takes this alarm back, and no other that came after it. */
export function calm(sentence: string): void {
  if (document.getElementById('alarm')?.textContent === sentence) place('alarm', '');
}

function place(id: string, sentence: string): void {
  const element = document.getElementById(id);
  if (element !== null && element.textContent !== sentence) element.textContent = sentence;
}
