import { Command, CommanderError, Option } from 'commander';
import type { AclPolicyFlags } from './acl-policy.js';
import { addEntryCommands } from './entry-commands.js';
import { examplesText } from './examples.js';
import { EXIT, EXIT_MEANINGS, type ExitCode, explainError } from './exit.js';
import type { FreezeFlags } from './freeze.js';
import type { CommandIo, Io } from './io.js';
import { addOccasionalCommands } from './occasional-commands.js';
import { collect, withVariables } from './plan-flags.js';
import { policyCommand } from './policy-command.js';
import type { RampFlags } from './ramp.js';
import type { ReplayFlags } from './replay-flags.js';
import type { SimulateFlags } from './simulate-flags.js';
import { VERSION } from './version.js';

const ONTO_NOBODY = 'even where stable has no ready instance, so that users fail; the record says so';

type Flags = Record<string, never>;

/** Runs one command line; resolves to its exit code. Commands are loaded when they are used, so that the others cost nothing. */
export async function runCommand(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const opened: (() => void)[] = [];
  const program = buildProgram({ ...io, atEnd: (close) => void opened.push(close) }, (result) => {
    code = result;
  });
  let asked: Command | undefined;
  program.hook('preAction', (_, command) => {
    asked = command;
  });
  try {
    await program.parseAsync(argv.map(widenDash), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.error;
    const { exit, text } = explainError(error, policyCommand(asked?.name() ?? '', asked?.args ?? []));
    io.err(text);
    return exit;
  } finally {
    for (const close of opened) close();
  }
}

/** Consul's own tools write long flags with one dash; both forms mean the same. */
export function widenDash(argument: string): string {
  return /^-[a-z][a-z-]+(=|$)/.test(argument) ? `-${argument}` : argument;
}

const EXITS = `\nExit codes: ${EXIT_MEANINGS.map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`;

/** The whole command line; `done` gets the exit code of the command that ran. */
export function buildProgram(io: CommandIo, done: (code: ExitCode) => void): Command {
  const program = new Command('splitter')
    .description(
      'Progressive delivery on HashiCorp Consul: ramp traffic between two versions of a service, and take it back when the new one hurts users.',
    )
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showSuggestionAfterError()
    .addHelpText('after', `${EXITS}\n\nFirst sentence to learn:  splitter ramp payments --to 50`);

  const command = (usage: string, description: string): Command =>
    program
      .command(usage)
      .description(description)
      .exitOverride()
      .configureOutput({ writeOut: io.out, writeErr: io.err })
      .addHelpText('after', ({ command: asked }) => examplesText(asked.name()));
  const connected = (usage: string, description: string): Command => withConsul(command(usage, description));
  const finish = async (result: Promise<ExitCode>): Promise<void> => done(await result);

  withVariables(connected('ramp <service>', "move canary's weight to a target in the foreground, watching all the while"))
    .option('--to <pct>', "canary's weight to reach, like 50 or 12.5%")
    .option('-i, --interactive', 'ask for one weight after the other, then for full deploy or abort')
    .option('--by-instances', 'with --interactive: weights by counts of instances, and what share they really give')
    .option('--by <pct>', 'move so much at a time')
    .option('--every <duration>', 'pause between two moves, like 1m')
    .option('--hold <duration>', 'watch at the target until the evidence is clear, at most so long (default: 2m)')
    .option('--no-hold', 'leave the target at once; it is not proven then (exit 5)')
    .option('--bake <duration>', 'the watch at 100% before promotion')
    .option(
      '--signal <name=bound...>',
      'what to watch instead of the plan: errors=0.5%, unanswered=stable+1%, 4xx=stable+1%, latency=500ms:5%, healthy=1, probe=http://…, none',
    )
    .option('--plan <file>', 'take subsets, signals and bake from this plan')
    .option('--stable <subset>', 'which subset users are on, where nothing says so')
    .option('--protocol <protocol>', 'http, http2 or grpc, where the mesh says none')
    .addOption(new Option('--on-interrupt <what>', 'what Ctrl-C does').choices(['hold', 'revert']).default('hold'))
    .option('--dry-run', 'show every write instead of making it')
    .option('--detach', 'let the controllers drive it')
    .option('--force', "skip the plan's own checks; the record says so")
    .option('--skip-check <name>', 'skip one of them; may be given again, and the record says so', collect)
    .action((service: string, flags: RampFlags) => finish(import('./ramp.js').then((m) => m.ramp(service, flags, io))));
  withVariables(connected('start <service-or-file>', "follow a plan's own steps"))
    .option('--foreground', 'drive it in this terminal instead of leaving it to the controllers')
    .option('--wait', 'return when it needs a person (exit 5) or has ended, and say what to type next')
    .option('--hold <duration>', 'go on watching after the last step')
    .addOption(new Option('--on-interrupt <what>', 'what Ctrl-C does').choices(['hold', 'revert']).default('hold'))
    .option('--dry-run', 'show every write instead of making it')
    .option('--force', "skip the plan's own checks; the record says so")
    .option('--skip-check <name>', 'skip one of them; may be given again, and the record says so', collect)
    .action((target: string, flags: Flags) => finish(import('./start.js').then((m) => m.start(target, flags, io))));
  withVariables(withOutput(command('validate <paths...>', 'check plans: files, directories, - for stdin'))).action(
    (paths: string[], flags: Flags) => finish(import('./validate.js').then((m) => m.validate(paths, flags, io))),
  );
  withVariables(connected('plan <file>', 'show every write that a plan would make, in order, as a diff'))
    .option('--entries [kind]', 'print the entries instead, one a line, each as `consul config write -` takes it')
    .option('--detailed-exitcode', 'exit 2 when there are changes')
    .option('--out <file>', 'keep what apply would do now, for splitter apply FILE to do exactly that or nothing')
    .action((file: string, flags: Flags) => finish(import('./plan.js').then((m) => m.plan(file, flags, io))));
  withVariables(
    connected(
      'apply <paths...>',
      'write the base of plans (protocol, subsets, splitter at 100/0) and keep them in KV; or exactly what plan --out kept',
    ),
  )
    .option('--dry-run', 'show the writes instead of making them')
    .action((paths: string[], flags: Flags) => finish(import('./apply.js').then((m) => m.apply(paths, flags, io))));
  connected('status <service>', 'where a rollout stands')
    .option('-w, --watch', 'follow it; exits by its outcome')
    .option('--timeout <duration>', 'follow it at most so long, then exit 4')
    .action((service: string, flags: Flags) => finish(import('./status.js').then((m) => m.status(service, flags, io))));
  connected('run', 'the controller: looks after every rollout of the datacenter, beside other controllers')
    .option('--config <file>', 'its settings, in YAML (SPLITTER_CONFIG); flags and environment beat them')
    .option('--plans <dir>', 'follow the plans in this directory (SPLITTER_PLANS)')
    .option('--listen <host:port>', 'address of the page, the API and /metrics (SPLITTER_LISTEN, default 127.0.0.1:8410)')
    .option('--tls-cert <file>', 'serve with this certificate (SPLITTER_TLS_CERT); without it, plain HTTP')
    .option('--tls-key <file>', 'the key of that certificate (SPLITTER_TLS_KEY)')
    .option('--page-url <url>', 'where people reach the page, for links in notifications (SPLITTER_PAGE_URL)')
    .option('--allowed-host <name...>', 'further names in the Host header that it answers to (SPLITTER_ALLOWED_HOSTS)')
    .option('--read-auth', 'reading the API takes a Consul token too (SPLITTER_READ_AUTH)')
    .option('--no-read-auth', 'it takes none, on whatever address')
    .option('--anonymous-actions', 'without a token, actions are passed on to Consul without one (SPLITTER_ANONYMOUS_ACTIONS)')
    .option('--id <name>', 'the name of this controller (SPLITTER_ID; default: the host and a random part)')
    .option('--log-level <level>', 'debug, info, warn or error (SPLITTER_LOG_LEVEL)')
    .option('--log-format <form>', 'json or text (SPLITTER_LOG_FORMAT)')
    .option('--scrape-pages <n>', 'metrics pages of Envoy read a second, in all (SPLITTER_SCRAPE_PAGES)')
    .option('--scrape-pages-per-caller <n>', 'of these from one caller (SPLITTER_SCRAPE_PAGES_PER_CALLER)')
    .option('--session-ttl <duration>', 'after so long without a beat it counts as dead (SPLITTER_SESSION_TTL)')
    .action((flags: Flags) => finish(import('./run.js').then((m) => m.run(flags, io))));
  connected('list', 'every splitter with its rollout').action((flags: Flags) =>
    finish(import('./list.js').then((m) => m.list(flags, io))),
  );
  connected('history <service>', 'the decision log: what was decided, by whom, on which evidence')
    .option('--rollout <id>', 'of this rollout instead of the last')
    .option('--all', 'of every rollout that is kept')
    .action((service: string, flags: Flags) => finish(import('./history.js').then((m) => m.history(service, flags, io))));
  connected('pause <service>', 'hold a rollout where it is; whoever watches it still reverts it').action(
    (service: string, flags: Flags) => finish(import('./verbs.js').then((m) => m.runPause(service, flags, io))),
  );
  connected('resume <service>', 'let a paused rollout go on')
    .option('--adopt', "after drift: go on from the others' weights")
    .option('--reassert', 'after drift: put our weights back')
    .option('--force', 'pass the pause although a freeze or a closed window holds everybody; the record says so')
    .action((service: string, flags: Flags) => finish(import('./verbs.js').then((m) => m.runResume(service, flags, io))));
  connected(
    'continue <service>',
    'what waits for a person goes on: resume, or promote at a reached target; drives where nobody does',
  )
    .option('--wait', 'where others drive it: return when it next needs a person (exit 5) or has ended')
    .action((service: string, flags: Flags) => finish(import('./continue.js').then((m) => m.runContinue(service, flags, io))));
  connected('cancel <service>', 'abort by another name')
    .option('--force', ONTO_NOBODY)
    .action((service: string, flags: Flags) => finish(import('./continue.js').then((m) => m.runCancel(service, flags, io))));
  connected('promote <service>', 'pass the present step; at a reached target, go to all traffic')
    .option('--full', 'skip all steps and the bake')
    .option('--force', 'although a freeze or a closed window holds everybody; the record says so')
    .action((service: string, flags: Flags) => finish(import('./verbs.js').then((m) => m.runPromote(service, flags, io))));
  connected('abort <service>', 'take all traffic back to stable, now')
    .option('--force', ONTO_NOBODY)
    .action((service: string, flags: Flags) => finish(import('./verbs.js').then((m) => m.runAbort(service, flags, io))));
  connected('undo <service>', 'take a finished promotion back in one write; with --to, to any earlier version that still runs')
    .option('--to <version>', 'this version, or the one that users were on after this rollout (its id, from splitter history)')
    .action((service: string, flags: Flags) => finish(import('./verbs.js').then((m) => m.runUndo(service, flags, io))));
  connected('retry <service>', 'begin a reverted rollout anew, by the same plan')
    .option('--hold <duration>', 'go on watching after the last step')
    .option('--detach', 'let the controllers drive it')
    .option('--force', "skip the plan's own checks; the record says so")
    .option('--skip-check <name>', 'skip one of them; may be given again, and the record says so', collect)
    .action((service: string, flags: Flags) => finish(import('./retry.js').then((m) => m.retry(service, flags, io))));
  connected('freeze [on|off]', 'stop every advance of every rollout, or let them go on; reverts always go on. Alone: show which')
    .option('--reason <text>', 'why, for those whom it holds')
    .option('--until <time>', 'when it ends by itself: 4h, or 2026-12-01T09:00:00Z')
    .action((word: string | undefined, flags: FreezeFlags) =>
      finish(import('./freeze.js').then((m) => m.freeze(word, flags, io))),
    );
  withVariables(connected('doctor <service>', 'every check before a ramp, with what to type'))
    .option('--plan <file>', 'check against this plan')
    .action((service: string, flags: Flags) => finish(import('./doctor.js').then((m) => m.doctor(service, flags, io))));
  withVariables(
    withOutput(command('simulate <plan>', "a plan's whole course on a time line, and what users would feel; touches no Consul")),
  )
    .option('--errors <pct>', 'with a canary that fails so much of its requests, like 2%')
    .option('--false-reverts', 'with healthy canaries: how often this plan takes one back by mistake')
    .option('--rps <number>', 'requests a second to the whole service (default: 50)')
    .option('--onset <duration>', 'the canary is well for so long, like 30m')
    .option('--runs <number>', 'rollouts to simulate (default: 200; 1000 at each level of --false-reverts)')
    .option('--seed <number>', 'other chances, the same for the same number (default: 1)')
    .action((file: string, flags: SimulateFlags) => finish(import('./simulate.js').then((m) => m.simulate(file, flags, io))));
  withVariables(
    withOutput(
      command('replay <plan>', 'where this plan would have reverted on past data; touches no Consul. Exits 3 when it would have'),
    ),
  )
    .option('--prometheus <url>', "the server with the callers' Envoy series (PROMETHEUS_URL)")
    .option('--from <time>', 'where the past begins: 2026-11-21T09:00:00Z, unix seconds, or -2h')
    .option('--to <time>', 'where it ends (default: now)')
    .option('--step <duration>', 'between two looks at the counters, from 1s (default: 15s)')
    .option('--canary <subset>', 'which subset was the canary then')
    .option('--record <file>', 'keep what was fetched, to replay it again with --file')
    .option('--file <file>', 'replay a recording instead')
    .action((file: string, flags: ReplayFlags) => finish(import('./replay.js').then((m) => m.replayPlan(file, flags, io))));
  addEntryCommands({ connected, finish, io });
  withVariables(
    withOutput(command('acl-policy [names...]', "the least policy of Consul's ACLs for services, plans or directories of plans")),
  )
    .option('--controller', 'for splitter run, instead of for an operator who ramps')
    .option('--follows-plans', 'with --controller: it follows a directory of plans (run --plans)')
    .option('--read-only', 'for looking only: status, list, history, subsets')
    .option('--callers <services...>', "read the sidecars of these services only, instead of everybody's")
    .option('--gateways <names...>', 'and these gateways')
    .option('--agents <nodes...>', 'sessions on these nodes only: those of the Consul agents that are asked')
    .option('--kv-prefix <prefix>', 'SPLITTER_KV_PREFIX, default splitter/')
    .action((names: string[], flags: AclPolicyFlags) =>
      finish(import('./acl-policy.js').then((m) => m.printAclPolicy(names, flags, io))),
    );
  addOccasionalCommands({ connected, finish, io });
  command('completion <bash|zsh|fish>', 'print a script that completes commands, flags and live services').action(
    (shell: string) => finish(import('./completion.js').then((m) => m.completion(shell, program, io))),
  );
  withConsul(program.command('__complete <what>', { hidden: true }))
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .action((what: string, flags: Flags) => finish(import('./complete.js').then((m) => m.complete(what, flags, io))));
  command('schema', "print the plan's JSON Schema, for editors").action(() =>
    finish(import('./schema.js').then((m) => m.schema(io))),
  );
  command('sandbox', 'a Consul, a mesh and traffic in this process, to try things on')
    .option('--story', 'play a good ramp and a bad one in it, then end')
    .option('--port <port>', "the sandbox Consul's port (default: 8500, or a free one)")
    .action((flags: Flags) => finish(import('./sandbox.js').then((m) => m.sandbox(flags, io, runCommand))));
  return program;
}

function withOutput(command: Command): Command {
  return command.addOption(new Option('-o, --output <form>', 'text or json').choices(['text', 'json']).default('text'));
}

function withConsul(command: Command): Command {
  return withOutput(command)
    .option('--http-addr <address>', 'Consul (CONSUL_HTTP_ADDR)')
    .option('--token <token>', 'better: --token-file or CONSUL_HTTP_TOKEN')
    .option('--token-file <file>', 'CONSUL_HTTP_TOKEN_FILE')
    .option('--ca-file <file>', 'CONSUL_CACERT')
    .option('--ca-path <folder>', 'CONSUL_CAPATH')
    .option('--client-cert <file>', 'CONSUL_CLIENT_CERT')
    .option('--client-key <file>', 'CONSUL_CLIENT_KEY')
    .option('--tls-server-name <name>', 'CONSUL_TLS_SERVER_NAME')
    .option(
      '--datacenter <dc>',
      "default: the agent's; whatever drives a rollout takes a lock, so it needs an agent of this one (--http-addr)",
    )
    .option('--namespace <ns>', 'CONSUL_NAMESPACE')
    .option('--partition <partition>', 'CONSUL_PARTITION')
    .option('--kv-prefix <prefix>', 'SPLITTER_KV_PREFIX, default splitter/');
}
