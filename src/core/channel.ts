/** What a notice can be about, in the order in which a rollout may come to it. */
export const NOTICE_KINDS = ['started', 'step', 'paused', 'held', 'promoted', 'reverted', 'superseded'] as const;

/** `paused`: as planned, or by a person; `held`: by trouble, so that a person has to look. `step`: the weights moved, or it goes on. */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What is told where the plan says nothing: all but the steps. */
export const USUAL_NOTICES: readonly NoticeKind[] = NOTICE_KINDS.filter((kind) => kind !== 'step');

/** Where a secret is kept: in a file, or in a variable of the environment. */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/** Where notices go. The address of Slack's webhook is a secret by itself; that of another receiver may stand in the plan. */
export type Channel =
  | { readonly kind: 'slack'; readonly address: SecretPlace; readonly on: readonly NoticeKind[] }
  | {
      readonly kind: 'webhook';
      readonly address: SecretPlace | { readonly url: string };
      /** Further headers by name. */
      readonly headers?: Readonly<Record<string, SecretPlace>>;
      /** File of a token, sent as `Authorization: Bearer`. */
      readonly tokenFile?: string;
      readonly on: readonly NoticeKind[];
    };

/** A channel for people, by where its address is kept; the address itself is never shown. */
export function describeChannel({ kind, address }: Channel): string {
  const key = kind === 'slack' ? 'webhook' : 'url';
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
