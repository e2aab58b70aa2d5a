/** A page that was answered and says nothing that may be counted: empty, cut, or against what was read before. The caller is there all the same. */
export class UselessPage extends Error {}
