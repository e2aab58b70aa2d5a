import type { Span } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';

/** What becomes of a field that is not in the plan. */
export const STAYS = 'it stays as it is in Consul: splitter keeps what it does not know';

/** A field that a plan has no word for. */
export function unsaid(at: Span, key: string): Problem {
  return warningAt([], at, `a plan does not say ${key}`, STAYS);
}

/** A subset that picks every instance. */
export function noFilter(at: Span, subset: string): Problem {
  const message = `the subset "${subset}" has no filter, so it is every instance`;
  return errorAt([], at, message, 'give it a filter like Service.Meta.version == "2"');
}

/** A subset that the plan has no place for. */
export function leftOut(at: Span, subset: string): Problem {
  return warningAt([], at, `the subset "${subset}" carries nothing, so it is left out of the plan`, STAYS);
}

/** A resolver with less than two subsets. */
export function tooFew(at: Span, service: string, subsets: readonly string[]): Problem {
  const what = subsets.length === 0 ? 'no subset' : `the subset ${subsets[0]} only`;
  return errorAt([], at, `service-resolver/${service} has ${what}; a rollout is between two`, 'add the other subset');
}

/** A splitter, or whatever else, without the resolver that would say what its subsets are. */
export function noResolver(at: Span, service: string, subsets: readonly string[]): Problem {
  const which = subsets.length === 0 ? 'the subsets' : subsets.join(' and ');
  const message = `there is no service-resolver/${service} among these, so nothing says which instances ${which} are`;
  return errorAt([], at, message, `name its file too, or take it from Consul: splitter import ${service}`);
}

/** A leg to a subset that the resolver lacks. */
export function unknownSubset(at: Span, subset: string): Problem {
  const message = `a leg names the subset "${subset}", which the resolver does not have`;
  return errorAt([], at, message, 'add it to Subsets of the resolver');
}

/** A leg to another service. */
export function elsewhere(at: Span, service: string): Problem {
  const message = `this leg leads to another service (${service}); a rollout is between subsets of one`;
  return errorAt([], at, message, 'a plan cannot take this splitter over');
}

/** A leg without a subset, where no default says which it is. */
export function noSubset(at: Span): Problem {
  return warningAt([], at, 'this leg names no subset, so a plan cannot say what it is', 'name one: ServiceSubset');
}

/** A protocol that Consul splits no traffic of. */
export function unsplittable(at: Span, protocol: string): Problem {
  const message = `Consul cannot split ${protocol}, so the plan says no protocol`;
  return warningAt([], at, message, 'if the service speaks HTTP, say so: protocol: http');
}

/** A stable subset that had to be guessed. */
export function guessed(at: Span, stable: string): Problem {
  const message = `nothing says which subset users are on; ${stable} is taken`;
  return warningAt([], at, message, 'look at stable in the plan, or set DefaultSubset of the resolver');
}

/** An entry that somebody else writes. */
export function owned(at: Span, owner: string): Problem {
  const message = `this entry belongs to ${owner}, so splitter will not write it`;
  return warningAt([], at, message, 'delete external-source from its Meta once nothing else writes it');
}
