/** A mistake, made in both languages; `▼` stands before the place that must be named. */
export interface Mistake {
  readonly name: string;
  readonly yaml: { readonly subsets?: string; readonly steps?: string; readonly more?: string };
  readonly hcl: { readonly subsets?: string; readonly steps?: string; readonly more?: string };
  readonly message: string;
  readonly hint?: string;
  readonly severity?: 'warning';
}

const LATER = 'is not supported by this version of splitter; remove it';

/** The same mistakes in YAML and in HCL, with the words that both must give. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: 'a misspelt key of a step',
    yaml: { steps: 'steps:\n  - ▼wieght: 10' },
    hcl: { steps: 'step { ▼wieght = 10 }' },
    message: 'unknown key "wieght" in step 1',
    hint: 'did you mean "weight"?',
  },
  {
    name: 'a misspelt key of a ramp, once, though the right key is missing then',
    yaml: { steps: 'steps:\n  - ramp: { to: 50, ▼bye: 10, every: 1m }' },
    hcl: { steps: 'step {\n  ramp {\n    to = 50\n    ▼bye = 10\n    every = "1m"\n  }\n}' },
    message: 'unknown key "bye" in "ramp" of step 1',
    hint: 'did you mean "by"?',
  },
  {
    name: 'a misspelt key of the plan',
    yaml: { more: '▼stabel: blue' },
    hcl: { more: '▼stabel = "blue"' },
    message: 'unknown key "stabel" in the plan',
    hint: 'did you mean "stable"?',
  },
  {
    name: 'a missing key, at its parent',
    yaml: { steps: 'steps:\n  - ▼ramp: { to: 50, every: 1m }' },
    hcl: { steps: 'step {\n  ▼ramp {\n    to = 50\n    every = "1m"\n  }\n}' },
    message: '"ramp" of step 1 has no "by"',
    hint: 'add "by"',
  },
  {
    name: 'a step that does two things',
    yaml: { steps: 'steps:\n  - weight: 10\n    ▼pause: 5m' },
    hcl: { steps: 'step {\n  weight = 10\n  ▼pause = "5m"\n}' },
    message: 'a step does one thing, and step 1 has weight and pause',
  },
  {
    name: 'a duration without a unit',
    yaml: { more: 'bake: ▼"300"' },
    hcl: { more: 'bake = ▼"300"' },
    message: '"bake" is "300", which is no duration',
    hint: 'write a number and its unit, like 90s, 5m or 1h30m',
  },
  {
    name: 'a pause without a unit',
    yaml: { steps: 'steps:\n  - pause: ▼300' },
    hcl: { steps: 'step { pause = ▼300 }' },
    message: '"pause" of step 1 is 300, which is no pause',
    hint: 'write a time like 5m, or {} to wait for a person',
  },
  {
    name: 'a weight above 100',
    yaml: { steps: 'steps:\n  - weight: ▼101' },
    hcl: { steps: 'step { weight = ▼101 }' },
    message: '"weight" of step 1 is 101, which is no percentage',
  },
  {
    name: 'a weight of three decimals',
    yaml: { steps: 'steps:\n  - weight: ▼12.345' },
    hcl: { steps: 'step { weight = ▼12.345 }' },
    message: '"weight" of step 1 is 12.345, which is no percentage',
  },
  {
    name: 'weights that go down',
    yaml: { steps: 'steps:\n  - weight: 20\n  - weight: ▼10' },
    hcl: { steps: 'step { weight = 20 }\nstep { weight = ▼10 }' },
    message: 'weights go down, from 20% to 10%',
  },
  {
    name: 'a step after 100 %',
    yaml: { steps: 'steps:\n  - weight: 100\n  - ▼pause: 5m' },
    hcl: { steps: 'step { weight = 100 }\n▼step { pause = "5m" }' },
    message: 'nothing comes after weight 100%',
  },
  {
    name: 'steps without a weight',
    yaml: { steps: '▼steps:\n  - pause: 5m' },
    hcl: { steps: '▼step { pause = "5m" }' },
    message: 'the steps never give canary any weight',
  },
  {
    name: 'a ramp that ends where it begins',
    yaml: { steps: 'steps:\n  - weight: 50\n  - ramp: { to: ▼50, by: 10, every: 1m }' },
    hcl: { steps: 'step { weight = 50 }\nstep {\n ramp {\n to = ▼50\n by = 10\n every = "1m"\n }\n}' },
    message: 'the ramp ends at 50%, where it begins',
  },
  {
    name: 'legs that leave no room for a weight',
    yaml: { steps: 'steps:\n  - weight: ▼95', more: 'legs: { base: { version: "1", weight: 10 } }' },
    hcl: { steps: 'step { weight = ▼95 }', more: 'leg "base" {\n version = "1"\n weight = 10\n}' },
    message: '95% does not fit: the legs take 10%, so 90% is left',
    hint: 'write 90% or less',
  },
  {
    name: 'a weight that Envoy would cut',
    yaml: { steps: 'steps:\n  - weight: ▼2.1' },
    hcl: { steps: 'step { weight = ▼2.1 }' },
    message: '2.1% reaches Envoy as 2.09%',
    hint: 'exact nearby: 2.08%, 2.13%',
    severity: 'warning',
  },
  {
    name: 'a version that a number would change',
    yaml: { subsets: 'subsets:\n  blue: { version: "2" }\n  green: { version: ▼1.10 }' },
    hcl: { subsets: 'subset "blue" { version = "2" }\nsubset "green" { version = ▼1.10 }' },
    message: '"version" of subset "green" is 1.10, a number, and a number forgets how it was written',
    hint: 'write version: "1.10" in quotes',
  },
  {
    name: 'a version that no filter can hold',
    yaml: { subsets: `subsets:\n  blue: { version: "2" }\n  green: { version: ▼'a"b\`c' }` },
    hcl: { subsets: 'subset "blue" { version = "2" }\nsubset "green" { version = ▼"a\\"b`c" }' },
    message: 'a version with a line break, or with a backtick beside a quote or a backslash, cannot be written as a filter',
  },
  {
    name: 'a subset without version and filter',
    yaml: { subsets: 'subsets:\n  blue: { version: "2" }\n  ▼green: {}' },
    hcl: { subsets: 'subset "blue" { version = "2" }\nsubset ▼"green" {}' },
    message: '"green" has neither a version nor a filter',
  },
  {
    name: 'a subset name that Consul refuses',
    yaml: { subsets: 'subsets:\n  blue: { version: "2" }\n  ▼Green: { version: "3" }' },
    hcl: { subsets: 'subset "blue" { version = "2" }\nsubset ▼"Green" { version = "3" }' },
    message: '"Green" is no subset name that Consul takes',
  },
  {
    name: 'one subset only',
    yaml: { subsets: '▼subsets:\n  blue: { version: "2" }' },
    hcl: { subsets: '▼subset "blue" { version = "2" }' },
    message: 'a rollout needs two subsets, and there is one',
  },
  {
    name: 'a third subset',
    yaml: { subsets: 'subsets:\n  blue: { version: "2" }\n  green: { version: "3" }\n  ▼red: { version: "4" }' },
    hcl: { subsets: 'subset "blue" { version = "2" }\nsubset "green" { version = "3" }\nsubset ▼"red" { version = "4" }' },
    message: '"red" is a third subset, and a rollout is between two',
  },
  {
    name: 'the same subset twice',
    yaml: { subsets: 'subsets:\n  blue: { version: "2" }\n  green: { version: "3" }\n  ▼blue: { version: "4" }' },
    hcl: { subsets: 'subset "blue" { version = "2" }\nsubset "green" { version = "3" }\nsubset ▼"blue" { version = "4" }' },
    message: 'duplicate key "blue"',
  },
  {
    name: 'a key twice',
    yaml: { more: 'bake: 1h\n▼bake: 2h' },
    hcl: { more: 'bake = "1h"\n▼bake = "2h"' },
    message: 'duplicate key "bake"',
  },
  {
    name: 'a stable that is no subset',
    yaml: { more: 'stable: ▼bleu' },
    hcl: { more: 'stable = ▼"bleu"' },
    message: 'stable is "bleu", which is none of the two subsets',
    hint: 'did you mean "blue"?',
  },
  {
    name: 'a filter that Consul would refuse, at the character',
    yaml: { subsets: "subsets:\n  blue: { filter: 'Service.Meta.version == ▼1.2.3' }\n  green: { version: '3' }" },
    hcl: { subsets: 'subset "blue" { filter = "Service.Meta.version == ▼1.2.3" }\nsubset "green" { version = "3" }' },
    message: 'Consul would refuse this filter: a bare value that starts with a digit must be a plain number',
  },
  {
    name: 'an empty filter',
    yaml: { subsets: 'subsets:\n  blue: { filter: "▼" }\n  green: { version: "3" }' },
    hcl: { subsets: 'subset "blue" { filter = "▼" }\nsubset "green" { version = "3" }' },
    message: 'the filter is empty, and to Consul an empty filter is every instance',
  },
  {
    name: 'a filter on what Consul does not know',
    yaml: { subsets: 'subsets:\n  blue: { filter: ▼Servis.Meta.version == 2 }\n  green: { version: "3" }' },
    hcl: { subsets: 'subset "blue" { filter = "▼Servis.Meta.version == 2" }\nsubset "green" { version = "3" }' },
    message: '"Servis" is nothing that Consul knows of an instance, so this matches nothing',
    severity: 'warning',
  },
  {
    name: 'an unknown signal source',
    yaml: { more: 'signals:\n  - { name: e, source: ▼envoi, metric: errors, max: 1% }' },
    hcl: { more: 'signal "e" {\n source = ▼"envoi"\n metric = "errors"\n max = "1%"\n}' },
    message:
      '"source" of signal 1 is "envoi", which is not one of envoy, prometheus, http, consul, newrelic, datadog, influxdb, graphite, cloudwatch',
    hint: 'did you mean "envoy"?',
  },
  {
    name: 'an unknown metric',
    yaml: { more: 'signals:\n  - { name: e, source: envoy, metric: ▼eror, max: 1% }' },
    hcl: { more: 'signal "e" {\n source = "envoy"\n metric = ▼"eror"\n max = "1%"\n}' },
    message: '"metric" of signal 1 is "eror", which is not one of errors, latency',
    hint: 'did you mean "errors"?',
  },
  {
    name: 'a misspelt key of a signal',
    yaml: { more: 'signals:\n  - { name: h, source: http, url: "http://h/", ▼timout: 1s }' },
    hcl: { more: 'signal "h" {\n source = "http"\n url = "http://h/"\n ▼timout = "1s"\n}' },
    message: 'unknown key "timout" in signal 1',
    hint: 'did you mean "timeout"?',
  },
  {
    name: 'a signal without a bound',
    yaml: { more: 'signals:\n  - ▼name: e\n    source: envoy\n    metric: errors' },
    hcl: { more: '▼signal "e" {\n source = "envoy"\n metric = "errors"\n}' },
    message: 'the signal has no bound',
  },
  {
    name: 'a latency signal without a threshold',
    yaml: { more: 'signals:\n  - ▼name: e\n    source: envoy\n    metric: latency\n    max: 5%' },
    hcl: { more: '▼signal "e" {\n source = "envoy"\n metric = "latency"\n max = "5%"\n}' },
    message: 'a latency signal has no "over"',
  },
  {
    name: 'a comparison without a margin',
    yaml: { more: 'signals:\n  - { name: e, source: envoy, metric: errors, ▼compare: stable }' },
    hcl: { more: 'signal "e" {\n source = "envoy"\n metric = "errors"\n ▼compare = "stable"\n}' },
    message: '"compare" needs a "margin"',
  },
  {
    name: 'a comparison of samples without a margin',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, query: \'q{s="{{subset}}"}\', ▼compare: stable }' },
    hcl: { more: 'signal "p" {\n source = "prometheus"\n query = "q{s=\\"{{subset}}\\"}"\n ▼compare = "stable"\n}' },
    message: '"compare" needs a "margin"',
    hint: 'write how much worse canary may be, like margin: 0.05',
  },
  {
    name: 'a comparison with a threshold',
    yaml: {
      more: 'signals:\n  - { name: p, source: prometheus, query: \'q{s="{{subset}}"}\', compare: stable, margin: 0, ▼max: 1 }',
    },
    hcl: {
      more: 'signal "p" {\n source = "prometheus"\n query = "q{s=\\"{{subset}}\\"}"\n compare = "stable"\n margin = 0\n ▼max = 1\n}',
    },
    message: 'a comparison has no "max": it is judged by a test',
    hint: 'keep one of them',
  },
  {
    name: 'a comparison with a failure limit',
    yaml: {
      more: 'signals:\n  - { name: p, source: prometheus, query: \'q{s="{{subset}}"}\', compare: stable, margin: 0, ▼failure_limit: 1 }',
    },
    hcl: {
      more: 'signal "p" {\n source = "prometheus"\n query = "q{s=\\"{{subset}}\\"}"\n compare = "stable"\n margin = 0\n ▼failure_limit = 1\n}',
    },
    message: 'a comparison has no "failure_limit": it is judged by a test',
    hint: 'remove it',
  },
  {
    name: 'a comparison whose query says the same of both subsets',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, query: ▼q, compare: stable, margin: 0 }' },
    hcl: { more: 'signal "p" {\n source = "prometheus"\n query = ▼"q"\n compare = "stable"\n margin = 0\n}' },
    message: 'the query says the same of both subsets',
  },
  {
    name: 'a direction without a comparison',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, query: q, max: 1, ▼worse: lower }' },
    hcl: { more: 'signal "p" {\n source = "prometheus"\n query = "q"\n max = 1\n ▼worse = "lower"\n}' },
    message: '"worse" needs "compare"',
    hint: 'add compare: stable',
  },
  {
    name: 'a comparison of numbers that share requests',
    yaml: {
      more: 'signals:\n  - { name: p, source: prometheus, query: \'avg_over_time(q{s="{{subset}}"}[5m])\', ▼compare: stable, margin: 0 }',
    },
    hcl: {
      more: 'signal "p" {\n source = "prometheus"\n query = "avg_over_time(q{s=\\"{{subset}}\\"}[5m])"\n ▼compare = "stable"\n margin = 0\n}',
    },
    message: 'the number looks back 5m and is asked every 30s: numbers that share requests are no independent evidence',
    hint: 'write interval: 5m, or look back less',
    severity: 'warning',
  },
  {
    name: 'a comparison by a preset that looks back further than its interval',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, preset: p95, ▼compare: stable, margin: 0, interval: 1m }' },
    hcl: {
      more: 'signal "p" {\n source = "prometheus"\n preset = "p95"\n ▼compare = "stable"\n margin = 0\n interval = "1m"\n}',
    },
    message: 'the number looks back 2m and is asked every 1m: numbers that share requests are no independent evidence',
    hint: 'write interval: 2m, or look back less',
    severity: 'warning',
  },
  {
    name: 'both subsets in a query that is asked about canary only',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, query: \'q{s="▼{{subset}}"}\', max: 1 }' },
    hcl: { more: 'signal "p" {\n source = "prometheus"\n query = "q_▼{{subset}}"\n max = 1\n}' },
    message: '{{subset}} is for a comparison, which asks about both subsets; this signal asks about canary only',
    hint: 'write {{canary}}, or compare: stable with a margin',
  },
  {
    name: "a comparison by a vendor's query that looks back further than its interval",
    yaml: {
      more: "signals:\n  - { name: n, source: newrelic, nrql: 'SELECT 1 WHERE s = {{subset}} SINCE 5 minutes ago', ▼compare: stable, margin: 0 }",
    },
    hcl: {
      more: 'signal "n" {\n source = "newrelic"\n nrql = "SELECT 1 WHERE s = {{subset}} SINCE 5 minutes ago"\n ▼compare = "stable"\n margin = 0\n}',
    },
    message: 'the number looks back 5m and is asked every 30s: numbers that share requests are no independent evidence',
    hint: 'write interval: 5m, or look back less',
    severity: 'warning',
  },
  {
    name: "a comparison by a vendor's metric that says the same of both subsets",
    yaml: {
      more: 'signals:\n  - name: c\n    source: cloudwatch\n    metrics: ▼{ m1: { namespace: a, metric: b } }\n    compare: stable\n    margin: 0\n    interval: 1m',
    },
    hcl: {
      more: 'signal "c" {\n source = "cloudwatch"\n metrics = ▼{ m1 = { namespace = "a", metric = "b" } }\n compare = "stable"\n margin = 0\n interval = "1m"\n}',
    },
    message: 'the query says the same of both subsets',
  },
  {
    name: 'a reduction of a preset',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, preset: p95, max: 1, ▼reduce: max }' },
    hcl: { more: 'signal "p" {\n source = "prometheus"\n preset = "p95"\n max = 1\n ▼reduce = "max"\n}' },
    message: '"reduce" belongs to a query; a preset gives one number',
    hint: 'remove it',
  },
  {
    name: 'a reduction that there is not',
    yaml: { more: 'signals:\n  - { name: p, source: prometheus, query: q, max: 1, reduce: ▼avg }' },
    hcl: { more: 'signal "p" {\n source = "prometheus"\n query = "q"\n max = 1\n reduce = ▼"avg"\n}' },
    message: '"reduce" of signal 1 is "avg", which is not one of max, min, sum, mean, median',
  },
  {
    name: 'a latency between two edges of Envoy',
    yaml: { more: 'signals:\n  - { name: l, source: envoy, metric: latency, over: ▼300ms, max: 5% }' },
    hcl: { more: 'signal "l" {\n source = "envoy"\n metric = "latency"\n over = ▼"300ms"\n max = "5%"\n}' },
    message: "300ms lies between 250ms and 500ms, two edges of Envoy's histogram: answers over 250ms count as slow",
    hint: 'write 250ms or 500ms',
    severity: 'warning',
  },
  {
    name: 'a latency between two edges of Envoy, one of them a fraction',
    yaml: { more: 'signals:\n  - { name: l, source: envoy, metric: latency, over: ▼3s, max: 5% }' },
    hcl: { more: 'signal "l" {\n source = "envoy"\n metric = "latency"\n over = ▼"3s"\n max = "5%"\n}' },
    message: "3s lies between 2500ms and 5s, two edges of Envoy's histogram: answers over 2500ms count as slow",
    hint: 'write 2500ms or 5s',
    severity: 'warning',
  },
  {
    name: 'a latency beyond the edges of Envoy',
    yaml: { more: 'signals:\n  - { name: l, source: envoy, metric: latency, over: ▼2h, max: 5% }' },
    hcl: { more: 'signal "l" {\n source = "envoy"\n metric = "latency"\n over = ▼"2h"\n max = "5%"\n}' },
    message: "2h lies beyond 1h, the last edge of Envoy's histogram: answers over 1h count as slow",
    hint: 'write 1h',
    severity: 'warning',
  },
  {
    name: 'a dry run that is neither true nor false',
    yaml: { more: 'signals:\n  - { name: c, source: consul, min_healthy: 1, dry_run: ▼maybe }' },
    hcl: { more: 'signal "c" {\n source = "consul"\n min_healthy = 1\n dry_run = ▼"maybe"\n}' },
    message: '"dry_run" of signal 1 must be true or false, not "maybe"',
  },
  {
    name: 'two signals of one name',
    yaml: { more: 'signals:\n  - { name: c, source: consul, min_healthy: 1 }\n  - { name: ▼c, source: consul, min_healthy: 2 }' },
    hcl: {
      more: 'signal "c" {\n source = "consul"\n min_healthy = 1\n}\nsignal ▼"c" {\n source = "consul"\n min_healthy = 2\n}',
    },
    message: 'two signals have the name "c"',
  },
  {
    name: 'a count that is too small',
    yaml: { more: 'signals:\n  - { name: c, source: consul, min_healthy: ▼0 }' },
    hcl: { more: 'signal "c" {\n source = "consul"\n min_healthy = ▼0\n}' },
    message: '"min_healthy" of signal 1 is 0, which is too small',
    hint: 'write 1 or more',
  },
  {
    name: 'a password in an address',
    yaml: { more: 'signals:\n  - { name: h, source: http, url: ▼"http://ana:secret@h/" }' },
    hcl: { more: 'signal "h" {\n source = "http"\n url = ▼"http://ana:secret@h/"\n}' },
    message: 'the url holds a user or a password, and a plan holds no secrets',
  },
  {
    name: 'a prometheus signal with neither query nor preset',
    yaml: { more: 'signals:\n  - { ▼name: p, source: prometheus, max: 1 }'.replace('{ ▼', '▼{ ') },
    hcl: { more: '▼signal "p" {\n source = "prometheus"\n max = 1\n}' },
    message: 'the signal has neither a query nor a preset',
  },
  {
    name: 'a misspelt placeholder, at its braces',
    yaml: { more: "signals:\n  - { name: n, source: newrelic, nrql: 'SELECT ▼{{canari}}', max: 1 }" },
    hcl: { more: 'signal "n" {\n source = "newrelic"\n nrql = "SELECT ▼{{canari}}"\n max = 1\n}' },
    message: '{{canari}} means nothing in a query',
    hint: 'did you mean "canary"?',
  },
  {
    name: 'a placeholder that is none, in a dimension',
    yaml: {
      more: 'signals:\n  - name: c\n    source: cloudwatch\n    metrics: { m1: { namespace: a, metric: b, dimensions: { d: "▼{{node}}" } } }\n    max: 1',
    },
    hcl: {
      more: 'signal "c" {\n source = "cloudwatch"\n metrics = { m1 = { namespace = "a", metric = "b", dimensions = { d = "▼{{node}}" } } }\n max = 1\n}',
    },
    message: '{{node}} means nothing in a query',
    hint: 'known are {{service}}, {{canary}}, {{stable}}',
  },
  {
    name: 'a secret in a plan',
    yaml: { more: 'signals:\n  - { name: d, source: datadog, query: "avg:a{*}", ▼api_key: abc, max: 1 }' },
    hcl: { more: 'signal "d" {\n source = "datadog"\n query = "avg:a{*}"\n ▼api_key = "abc"\n max = 1\n}' },
    message: 'unknown key "api_key" in signal 1',
  },
  {
    name: 'a number without a bound',
    yaml: { more: 'signals:\n  - ▼name: g\n    source: graphite\n    query: a.b' },
    hcl: { more: '▼signal "g" {\n source = "graphite"\n query = "a.b"\n}' },
    message: 'the signal has no bound',
    hint: 'write max, min, or both, or compare: stable with a margin',
  },
  {
    name: 'bounds that no number keeps',
    yaml: { more: 'signals:\n  - { name: g, source: graphite, query: a.b, max: 1, min: ▼2 }' },
    hcl: { more: 'signal "g" {\n source = "graphite"\n query = "a.b"\n max = 1\n min = ▼2\n}' },
    message: 'min 2 is greater than max 1',
  },
  {
    name: 'an unknown region',
    yaml: { more: "signals:\n  - { name: n, source: newrelic, nrql: 'SELECT 1', region: ▼ue, max: 1 }" },
    hcl: { more: 'signal "n" {\n source = "newrelic"\n nrql = "SELECT 1"\n region = ▼"ue"\n max = 1\n}' },
    message: '"region" of signal 1 is "ue", which is not one of us, eu',
  },
  {
    name: 'a Flux signal with an InfluxQL database',
    yaml: { more: 'signals:\n  - { name: i, source: influxdb, query: q, ▼org: o, database: d, max: 1 }' },
    hcl: { more: 'signal "i" {\n source = "influxdb"\n query = "q"\n ▼org = "o"\n database = "d"\n max = 1\n}' },
    message: '"org" is for Flux and "database" for InfluxQL',
  },
  {
    name: 'several metrics and no query',
    yaml: {
      more: 'signals:\n  - name: c\n    source: cloudwatch\n    max: 1\n    ▼metrics: { m1: { namespace: a, metric: b }, m2: { namespace: a, metric: c } }',
    },
    hcl: {
      more: 'signal "c" {\n source = "cloudwatch"\n max = 1\n ▼metrics = { m1 = { namespace = "a", metric = "b" }, m2 = { namespace = "a", metric = "c" } }\n}',
    },
    message: '2 metrics and no query',
    hint: 'write the one number as a query, like m1 / m2',
  },
  {
    name: 'neither a metric nor a query',
    yaml: { more: 'signals:\n  - ▼name: c\n    source: cloudwatch\n    max: 1' },
    hcl: { more: '▼signal "c" {\n source = "cloudwatch"\n max = 1\n}' },
    message: 'the signal has neither a query nor a metric',
  },
  {
    name: 'a period of part of a minute',
    yaml: { more: 'signals:\n  - { name: c, source: cloudwatch, query: q, period: ▼30s, max: 1 }' },
    hcl: { more: 'signal "c" {\n source = "cloudwatch"\n query = "q"\n period = ▼"30s"\n max = 1\n}' },
    message: '"period" of signal 1 is "30s", which is no period of whole minutes',
  },
  {
    name: 'a path that is none',
    yaml: { more: 'signals:\n  - { name: h, source: http, url: "http://h/", json: ▼"$..[", max: 1 }' },
    hcl: { more: 'signal "h" {\n source = "http"\n url = "http://h/"\n json = ▼"$..["\n max = 1\n}' },
    message: '"json" of signal 1 is "$..[", which is no path in JSON',
    hint: 'write it like $.data.value or data.0.value',
  },
  {
    name: 'a bound of a probe',
    yaml: { more: 'signals:\n  - { name: h, source: http, url: "http://h/", ▼max: 1 }' },
    hcl: { more: 'signal "h" {\n source = "http"\n url = "http://h/"\n ▼max = 1\n}' },
    message: '"max" needs "json": a probe only passes or fails',
  },
  {
    name: 'JSON of a HEAD answer',
    yaml: { more: 'signals:\n  - { name: h, source: http, url: "http://h/", json: a, method: ▼HEAD, max: 1 }' },
    hcl: { more: 'signal "h" {\n source = "http"\n url = "http://h/"\n json = "a"\n method = ▼"HEAD"\n max = 1\n}' },
    message: 'a HEAD request is answered without JSON',
  },
  {
    name: 'a wrong choice',
    yaml: { more: 'on: { drift: ▼hodl }' },
    hcl: { more: 'on { drift = ▼"hodl" }' },
    message: '"drift" of "on" is "hodl", which is not one of hold, adopt, reassert',
    hint: 'did you mean "hold"?',
  },
  {
    name: 'a protocol that cannot be split',
    yaml: { more: 'protocol: ▼tcp' },
    hcl: { more: 'protocol = ▼"tcp"' },
    message: '"protocol" is "tcp", which is not one of http, http2, grpc',
  },
  {
    name: 'a wrong item of a list',
    yaml: { more: 'callers: [web, ▼3]' },
    hcl: { more: 'callers = ["web", ▼3]' },
    message: 'item 2 of "callers" must be a text, not 3',
    hint: 'write "3" in quotes',
  },
  {
    name: 'a list where a map belongs',
    yaml: { more: 'capacity: ▼[1]' },
    hcl: { more: 'capacity = ▼[1]' },
    message: '"capacity" must be a map, not a list',
  },
  {
    name: 'a number where a text belongs',
    yaml: { more: 'stable: ▼3' },
    hcl: { more: 'stable = ▼3' },
    message: '"stable" must be a text, not 3',
    hint: 'write "3" in quotes',
  },
  {
    name: 'a hook that runs nothing',
    yaml: { more: 'hooks: { ▼before_start: {} }' },
    hcl: { more: 'hooks {\n ▼before_start {}\n}' },
    message: 'there is nothing to run',
    hint: 'write command: [./program, argument], or url: http://…',
  },
  { name: 'a schedule', yaml: { more: '▼schedule: {}' }, hcl: { more: '▼schedule {}' }, message: `\`schedule\` ${LATER}` },
  {
    name: 'a route to nowhere',
    yaml: { more: '▼route: {}' },
    hcl: { more: '▼route {}' },
    message: 'the route leads nobody to canary',
  },
  {
    name: 'two checks of one name',
    yaml: { more: 'checks:\n  - { name: c, command: [x] }\n  - { name: ▼c, command: [y] }' },
    hcl: { more: 'checks = [{ name = "c", command = ["x"] }, { name = ▼"c", command = ["y"] }]' },
    message: 'two checks are called c',
    hint: 'give each a name of its own',
  },
  { name: 'notices', yaml: { more: '▼notify: []' }, hcl: { more: '▼notify = []' }, message: `\`notify\` ${LATER}` },
  { name: 'a group', yaml: { more: '▼group: []' }, hcl: { more: '▼group = []' }, message: `\`group\` ${LATER}` },
  {
    name: 'a run step with a command and an address',
    yaml: { steps: 'steps:\n  - weight: 5\n  - run: { command: [x], ▼url: "http://h" }' },
    hcl: { steps: 'step { weight = 5 }\nstep {\n run {\n command = ["x"]\n ▼url = "http://h"\n }\n}' },
    message: 'both a command and a url are given',
    hint: 'write one of them',
  },
  {
    name: 'a policy for new versions that there is not',
    yaml: { more: 'on: { new_version: ▼never }' },
    hcl: { more: 'on { new_version = ▼"never" }' },
    message: '"new_version" of "on" is "never", which is not one of supersede, queue, reject',
  },
  {
    name: 'a signal source of a later version',
    yaml: { more: 'signals:\n  - { name: j, source: ▼exec, command: [x], max: 0 }' },
    hcl: { more: 'signal "j" {\n source = ▼"exec"\n command = ["x"]\n max = 0\n}' },
    message: 'the signal source `exec` is not supported by this version of splitter; use another source, or remove it',
  },
  {
    name: 'a minimum of requests that nothing counts',
    yaml: { steps: 'steps:\n  - weight: 10\n  - analyse: { for: 1m, min_requests: ▼5 }' },
    hcl: { steps: 'step { weight = 10 }\nstep {\n  analyse {\n    for = "1m"\n    min_requests = ▼5\n  }\n}' },
    message: 'no signal of this plan counts requests, so the step could never pass',
    hint: 'add a signal like { name: errors, source: envoy, metric: errors, max: 1% }, or leave min_requests out',
  },
  {
    name: 'a minimum of requests that only a dry run counts',
    yaml: {
      steps: 'steps:\n  - weight: 10\n  - analyse: { for: 1m, min_requests: ▼5 }',
      more: 'signals:\n  - { name: e, source: envoy, metric: errors, max: 1%, dry_run: true }',
    },
    hcl: {
      steps: 'step { weight = 10 }\nstep {\n  analyse {\n    for = "1m"\n    min_requests = ▼5\n  }\n}',
      more: 'signal "e" {\n source = "envoy"\n metric = "errors"\n max = "1%"\n dry_run = true\n}',
    },
    message: 'no signal of this plan counts requests, so the step could never pass',
  },
  {
    name: 'an automatic version',
    yaml: {
      subsets: 'subsets:\n  blue: { version: "2" }\n  green: { version: "3" }\nlegs:\n  dark: { version: ▼auto, weight: 0 }',
    },
    hcl: {
      subsets:
        'subset "blue" { version = "2" }\nsubset "green" { version = "3" }\nleg "dark" {\n  version = ▼"auto"\n  weight = 0\n}',
    },
    message: '`version: auto` of a further leg is not supported by this version of splitter; write the version itself',
  },
];
