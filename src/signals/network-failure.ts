/** The code of what went wrong under a failed fetch, like ECONNREFUSED; undefined when there is none. */
function failureCode(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: string; errors?: readonly { code?: string }[] } };
  return cause?.code ?? cause?.errors?.[0]?.code;
}

/** Why a fetch failed, in a few words; `timeout` in ms is what it was given. */
export function sayNetworkFailure(error: unknown, timeout: number): string {
  if ((error as Error).name === 'TimeoutError')
    return `no answer within ${timeout >= 1_000 ? `${timeout / 1_000} s` : `${timeout} ms`}`;
  const code = failureCode(error);
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (isUnresolved(error)) return 'the host name cannot be resolved';
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

/** Whether the host's name was the trouble, which says nothing about the host. */
export function isUnresolved(error: unknown): boolean {
  return ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'].includes(failureCode(error) ?? '');
}
