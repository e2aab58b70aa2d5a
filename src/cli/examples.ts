/** What people type most, by command; shown in help, in the man page and on the pages of the commands. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  ramp: [
    'splitter ramp payments --to 10',
    'splitter ramp payments --to 50 --by 10 --every 1m --signal errors=0.5%',
    'splitter ramp payments --interactive',
  ],
  start: [
    'splitter start payments.yaml --foreground',
    'splitter start payments.yaml --foreground --var window=5m --skip-check migrations',
    'splitter start payments',
    'splitter start payments --wait',
  ],
  validate: [
    'splitter validate plans/',
    'splitter validate payments.yaml --var window=5m --var-file staging.yaml',
    'cat payments.yaml | splitter validate -',
  ],
  plan: ['splitter plan payments.yaml', 'splitter plan payments.yaml --out payments.plan && splitter apply payments.plan'],
  apply: ['splitter apply plans/', 'splitter apply payments.yaml --var window=5m', 'splitter apply payments.plan'],
  status: ['splitter status payments', 'splitter status payments --timeout 10m'],
  run: ['splitter run', 'splitter run --plans plans/'],
  list: ['splitter list', 'splitter list -o json'],
  history: ['splitter history payments', 'splitter history payments --all'],
  pause: ['splitter pause payments'],
  resume: ['splitter resume payments', 'splitter resume payments --adopt'],
  continue: ['splitter continue payments'],
  cancel: ['splitter cancel payments'],
  promote: ['splitter promote payments', 'splitter promote payments --full'],
  abort: ['splitter abort payments'],
  undo: ['splitter undo payments', 'splitter undo payments --to 2'],
  drill: ['splitter drill', 'splitter drill payments --break "./fault.sh on" --mend "./fault.sh off" --log drills.md'],
  remove: ['splitter remove payments --dry-run', 'splitter remove payments'],
  retry: ['splitter retry payments'],
  freeze: ['splitter freeze on --reason "release of the new checkout" --until 4h', 'splitter freeze off', 'splitter freeze'],
  doctor: ['splitter doctor payments', 'splitter doctor payments --plan payments.yaml'],
  subsets: ['splitter subsets payments', 'splitter subsets payments -o json'],
  import: ['splitter import payments --out payments.yaml', 'splitter import payments_resolver.hcl payments_splitter.hcl'],
  export: [
    'splitter export payments',
    'splitter export payments --kind service-resolver | consul config write -',
    'splitter export --all --out entries/',
    'splitter export --plan payments --format hcl',
  ],
  'acl-policy': [
    'splitter acl-policy payments > payments-policy.hcl',
    'splitter acl-policy plans/ --controller --callers web --gateways ingress',
    "splitter acl-policy 'shop-*' --read-only",
  ],
  simulate: ['splitter simulate payments.yaml', 'splitter simulate payments.yaml --errors 2%'],
  replay: ['splitter replay payments.yaml --prometheus http://127.0.0.1:9090 --from -2h --canary green'],
  schema: ['splitter schema > plan.schema.json'],
  completion: [
    'source <(splitter completion bash)',
    'source <(splitter completion zsh)',
    'splitter completion fish > ~/.config/fish/completions/splitter.fish',
  ],
  sandbox: ['splitter sandbox', 'splitter sandbox --story'],
};

/** The examples of a command as its help shows them; nothing where there are none. */
export function examplesText(name: string): string {
  const examples = EXAMPLES[name] ?? [];
  return examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`;
}
