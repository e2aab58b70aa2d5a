import { execFile } from 'node:child_process';
import { findTool } from './tools/find.js';

/** Runs `consul ARGS` against the Consul at `address`, with a token where there are ACLs; gives its standard output, rejects with what it wrote when it fails. */
export function runConsul(address: string, args: readonly string[], stdin = '', token?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const environment = {
      ...process.env,
      CONSUL_HTTP_ADDR: address,
      ...(token === undefined ? {} : { CONSUL_HTTP_TOKEN: token }),
    };
    const child = execFile(findTool('consul'), [...args], { env: environment }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`consul ${args.join(' ')}: ${stderr || stdout || error.message}`));
    });
    child.stdin?.end(stdin);
  });
}
