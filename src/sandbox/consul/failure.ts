/** An answer that is not 200: Consul's status and the exact text that it gives. */
export class Failure extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** Several findings in the layout of Consul's error lists. */
export function listErrors(findings: readonly string[]): string {
  const count = findings.length === 1 ? '1 error' : `${findings.length} errors`;
  return `${count} occurred:\n${findings.map((finding) => `\t* ${finding}\n`).join('')}\n`;
}
