import { checkUrl } from './check-url.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';

/** What `run` steps, hooks and checks must say: a program or an address, one of them; and each check a name of its own. */
export function checkPrograms(plan: PlanText): Problem[] {
  const steps = plan.steps.flatMap((step, i) => ('run' in step ? checkProgram(step.run, ['steps', i, 'run']) : []));
  const hooks = Object.entries(plan.hooks).flatMap(([name, program]) =>
    program === undefined || Array.isArray(program) ? [] : checkProgram(program, ['hooks', name]),
  );
  const checks = plan.checks.flatMap((check, i) => [
    ...checkProgram(check, ['checks', i]),
    ...(plan.checks.findIndex(({ name }) => name === check.name) === i
      ? []
      : [errorAt(['checks', i, 'name'], 'value', `two checks are called ${check.name}`, 'give each a name of its own')]),
  ]);
  return [...steps, ...hooks, ...checks];
}

/** What a route must say: at least one of its three ways. */
export function checkRoute({ route }: PlanText): Problem[] {
  if (route === undefined || Object.values(route).some((way) => way !== undefined)) return [];
  const hint = 'write route: { header: { name: x-canary, value: "1" } }, a cookie in the same form, or sticky: true';
  return [errorAt(['route'], 'key', 'the route leads nobody to canary', hint)];
}

function checkProgram(
  { command, url, method }: { command?: string[] | undefined; url?: string | undefined; method?: string | undefined },
  path: Path,
): Problem[] {
  if (command === undefined && url === undefined)
    return [errorAt(path, 'key', 'there is nothing to run', 'write command: [./program, argument], or url: http://…')];
  if (command !== undefined && url !== undefined)
    return [errorAt([...path, 'url'], 'key', 'both a command and a url are given', 'write one of them')];
  if (command !== undefined && method !== undefined)
    return [errorAt([...path, 'method'], 'key', 'a command has no method', 'remove it, or write url instead of command')];
  return checkUrl(url, path);
}
