import { HOME } from '../core/home.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';

/** What a plan's waves must mean together: names that differ, addresses that Consul speaks and that hold no secret. */
export function checkWaves({ waves }: PlanText): Problem[] {
  return waves.flatMap(({ name, address, client_cert: cert, client_key: key }, i): Problem[] => {
    const at = ['waves', i];
    const first = waves.findIndex((one) => one.name === name);
    const path = [...at, 'address'];
    const pair = (cert === undefined) !== (key === undefined);
    return [
      ...(first < i ? [errorAt([...at, 'name'], 'value', `two waves are called "${name}"`, 'give each a name of its own')] : []),
      ...(name === HOME
        ? [errorAt([...at, 'name'], 'value', 'home is where the plan is started', 'give the wave another name')]
        : []),
      ...checkAddress(address).map(({ message, hint }) => errorAt(path, 'value', message, hint)),
      ...(pair
        ? [errorAt(at, 'value', 'a client certificate needs its key, and the key its certificate', 'write both, or none')]
        : []),
    ];
  });
}

function checkAddress(address: string): readonly { readonly message: string; readonly hint: string }[] {
  if (address.startsWith('unix://')) return [];
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    return [{ message: 'the address is none of a Consul', hint: 'write it like consul.eu.example:8500 or https://…' }];
  if (url.username === '' && url.password === '') return [];
  return [{ message: 'the address holds a user or a password, and a plan holds no secrets', hint: 'write token_file: FILE' }];
}
