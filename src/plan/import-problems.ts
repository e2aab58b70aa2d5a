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
  return warningAt([], at, `this leg leads to another service (${service}), and keeps its share through every rollout`, STAYS);
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

/** A stable subset that no default subset and no person names, and by what it is told. */
export function guessed(at: Span, stable: string, why: string): Problem {
  return warningAt(
    [],
    at,
    `no DefaultSubset says which subset users are on; ${why}`,
    `look at "stable: ${stable}" in the plan, or set DefaultSubset of the resolver`,
  );
}

/** A default subset that nobody is sent to any more. */
export function disagrees(at: Span, byDefault: string, stable: string): Problem {
  const message = `DefaultSubset is ${byDefault}, but the splitter sends all traffic to ${stable}, so the plan calls ${stable} stable`;
  return warningAt(
    [],
    at,
    message,
    `set DefaultSubset = "${stable}" if ${stable} is released, or stable: ${byDefault} in the plan if ${byDefault} is to get the traffic back`,
  );
}

/** Nothing tells which subset users are on. */
export function unknowable(at: Span, subsets: readonly string[]): Problem {
  const message = 'nothing says which subset users are on: no weights, no DefaultSubset, and no order of versions';
  return warningAt([], at, message, `add "stable: ${subsets.join('" or "stable: ')}" to the plan; a start is refused without it`);
}

/** An entry that somebody else writes. */
export function owned(at: Span, owner: string): Problem {
  const message = `this entry belongs to ${owner}, so splitter will not write it`;
  return warningAt([], at, message, 'delete external-source from its Meta once nothing else writes it');
}
