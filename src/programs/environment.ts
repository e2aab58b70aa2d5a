/** With which the programs of a plan would act in splitter's name, or tell others how to. */
const OWN = ['CONSUL_HTTP_TOKEN', 'CONSUL_HTTP_TOKEN_FILE', 'CONSUL_HTTP_AUTH'];

/** The environment of a program that a plan names: splitter's own without its access to Consul, and what it is told besides. */
export function environmentOf(
  own: Readonly<Record<string, string | undefined>>,
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, string | undefined>> {
  return { ...Object.fromEntries(Object.entries(own).filter(([name]) => !OWN.includes(name))), ...variables };
}
