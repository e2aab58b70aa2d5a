/** Whether an address is one of the connectors of Office 365 that Microsoft has ended: Teams takes no messages there. */
export function isRetiredConnector(address: string): boolean {
  return /^\s*https?:\/\/(?:[^/?#\s]*[@.])?(?:webhook\.office(?:365)?\.com|outlook\.office(?:365)?\.com)(?::\d+)?(?:[/?#\s]|$)/i.test(
    address,
  );
}

/** What is wrong with such an address, and what to do about it. */
export const RETIRED_CONNECTOR = {
  message:
    'this is a connector of Office 365 (webhook.office.com), and Microsoft ended these in 2026: nobody gets what is sent there',
  hint: 'make a flow in Teams (Workflows, "Post to a channel when a webhook request is received"), and keep its address in a file',
} as const;
