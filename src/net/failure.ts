/** The code of what went wrong under a failed fetch, like ECONNREFUSED; undefined when there is none. */
function failureCode(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: string; errors?: readonly { code?: string }[] } };
  return cause?.code ?? cause?.errors?.[0]?.code;
}

/** Why a fetch failed, in a few words; `timeout` in ms is what it was given. */
export function sayNetworkFailure(error: unknown, timeout: number): string {
  const { cause, message } = error as Error;
  return sayCommonFailure(error, timeout) ?? (cause instanceof Error && cause.message !== '' ? cause.message : message);
}

/** Why a fetch failed, in words that cannot hold a part of its address, whatever the error says. */
export function sayFailureBlindly(error: unknown, timeout: number): string {
  return sayCommonFailure(error, timeout) ?? `no connection (${failureCode(error) ?? 'no reason given'})`;
}

/** Whether the host's name was the trouble, which says nothing about the host. */
export function isUnresolved(error: unknown): boolean {
  return ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'].includes(failureCode(error) ?? '');
}

function sayCommonFailure(error: unknown, timeout: number): string | undefined {
  if ((error as Error).name === 'TimeoutError')
    return `no answer within ${timeout >= 1_000 ? `${timeout / 1_000} s` : `${timeout} ms`}`;
  if (failureCode(error) === 'ECONNREFUSED') return 'connection refused';
  return isUnresolved(error) ? 'the host name cannot be resolved' : undefined;
}
