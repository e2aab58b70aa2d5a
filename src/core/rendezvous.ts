/** Who answers for a service: the first advances it, the first two watch it and may take it back. Absent where there are too few. */
export interface Charge {
  readonly owner?: string;
  readonly guardian?: string;
}

/** Owner and guardian of a key among these members: first and second by rendezvous (highest random weight) hashing, so that a member that comes or goes moves only its own. */
export function chargeOf(key: string, members: readonly string[]): Charge {
  let owner: { readonly id: string; readonly score: number } | undefined;
  let guardian: typeof owner;
  for (const id of new Set(members)) {
    const one = { id, score: hash(`${id}\n${key}`) };
    if (owner === undefined || precedes(one, owner)) [owner, guardian] = [one, owner];
    else if (guardian === undefined || precedes(one, guardian)) guardian = one;
  }
  return { ...(owner === undefined ? {} : { owner: owner.id }), ...(guardian === undefined ? {} : { guardian: guardian.id }) };
}

function precedes(a: { readonly id: string; readonly score: number }, b: typeof a): boolean {
  return a.score > b.score || (a.score === b.score && a.id < b.id);
}

/** FNV-1a over UTF-16 code units, then the finaliser of MurmurHash3, which spreads the last characters over all 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
