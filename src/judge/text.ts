import type { Counts } from '../core/verdict.js';

/** A share for people, in percent with two significant digits: `0.52%`, `6.1%`, `12%`, `100%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent >= 99.5 && percent < 100) return `${Math.floor(percent * 10) / 10}%`;
  if (percent >= 10) return `${Math.round(percent)}%`;
  return `${percent >= 1 ? Math.round(percent * 10) / 10 : percent >= 0.1 ? Math.round(percent * 100) / 100 : Number(percent.toPrecision(2))}%`;
}

/** The same with as many digits as it takes to tell the number of bad requests from it: `11.5%` of 183 is 21. */
export function formatExact({ bad, total }: Counts): string {
  const usual = formatShare(bad / total);
  for (let digits = 2; digits <= 6; digits++) {
    const percent = digits === 2 ? Number.parseFloat(usual) : Number(((100 * bad) / total).toPrecision(digits));
    if (Math.round((percent / 100) * total) === bad) return `${percent}%`;
  }
  return usual;
}

/** A bound as the plan states it, in percent without rounding it away: `0.5%`, `0.25%`. */
export function formatBound(share: number): string {
  return `${Math.round(share * 1e8) / 1e6}%`;
}

/** A whole number with thousands set apart: `4,120`. */
export function formatCount(count: number): string {
  if (count < 1_000 && Number.isInteger(count)) return String(count);
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A measured number for people: at most four significant digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(4)));
}

/** The noun with its number: `1 request`, `4,120 requests`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Evidence for people: a whole number rounded down, one decimal below ten; huge ones stay short. */
function formatStrength(strength: number): string {
  if (strength >= 1e6) return 'over 1,000,000';
  return strength >= 10 ? formatCount(Math.floor(strength)) : String(Math.floor(strength * 10) / 10);
}

/** Evidence beside the line that fails: `(evidence 12 of the 100 needed)`. */
export function describeEvidence(strength: number, line: number): string {
  return `(evidence ${formatStrength(strength)} of the ${formatCount(line)} needed)`;
}
