/** What a notice can be about, in the order in which a rollout may come to it. */
export const NOTICE_KINDS = [
  'started',
  'step',
  'paused',
  'held',
  'resumed',
  'promoted',
  'reverted',
  'superseded',
  'stuck',
] as const;

/**
 * `paused`: as planned, or by a person; `held`: by trouble, so that a person has to look; `resumed`: it goes on after either.
 * `step`: the weights moved. `stuck`: traffic has to go back to stable, and Consul takes no write; the only one that no log holds.
 */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What is told where the plan says nothing: all but the steps. */
export const USUAL_NOTICES: readonly NoticeKind[] = NOTICE_KINDS.filter((kind) => kind !== 'step');

/** Where a secret is kept: in a file, or in a variable of the environment. */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/** Chat rooms whose webhook's address is all that it takes to write into them. */
type ChatKind = 'slack' | 'discord';

/** Where notices go. `address` is what leads there: a webhook's address, or PagerDuty's routing key. Only that of `webhook` need not be a secret. */
export type Channel = { readonly on: readonly NoticeKind[] } & (
  | { readonly kind: ChatKind; readonly address: SecretPlace }
  /** `card`: for a flow that takes the bare card; absent: the message around it that the flow's template takes. */
  | { readonly kind: 'teams'; readonly address: SecretPlace; readonly format?: 'card' }
  /** `url`: where events go instead of PagerDuty's own address, as for accounts in the EU. */
  | { readonly kind: 'pagerduty'; readonly address: SecretPlace; readonly url?: string }
  | {
      readonly kind: 'webhook';
      readonly address: SecretPlace | { readonly url: string };
      /** Further headers by name. */
      readonly headers?: Readonly<Record<string, SecretPlace>>;
      /** File of a token, sent as `Authorization: Bearer`. */
      readonly tokenFile?: string;
      /** What every message is signed with. */
      readonly secret?: SecretPlace;
    }
);

/** Every kind of channel. */
export const CHANNEL_KINDS = ['slack', 'teams', 'discord', 'pagerduty', 'webhook'] as const satisfies readonly Channel['kind'][];

/** What the place of a channel's address is called in a plan, before `_file` and `_env`. */
export const ADDRESS_KEYS = {
  slack: 'webhook',
  teams: 'webhook',
  discord: 'webhook',
  pagerduty: 'routing_key',
  webhook: 'url',
} as const satisfies Readonly<Record<Channel['kind'], string>>;

/** Whether a channel is told of this: whoever hears of each step hears that a rollout goes on, too. */
export function wants({ on }: Channel, kind: NoticeKind): boolean {
  return on.includes(kind) || (kind === 'resumed' && on.includes('step'));
}

/** A channel for people, by where its address is kept; the address itself is never shown. */
export function describeChannel({ kind, address }: Channel): string {
  const key = ADDRESS_KEYS[kind];
  if ('url' in address) return `${kind} (url in the plan)`;
  return `${kind} (${'file' in address ? `${key}_file ${address.file}` : `${key}_env ${address.env}`})`;
}

/** Whether two channels lead to one place. */
export function sameAddress(a: Channel, b: Channel): boolean {
  return placeOf(a) === placeOf(b);
}

/** Kind and address of a channel as one text that no other place has; a secret is in it only by its place. */
export function placeOf({ kind, address }: Channel): string {
  if ('url' in address) return `${kind} url ${address.url}`;
  return 'file' in address ? `${kind} file ${address.file}` : `${kind} env ${address.env}`;
}
