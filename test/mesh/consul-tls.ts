import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from './tools/find.js';

/** Certificates of one authority, made by Consul's own `consul tls`: the server's, and one for whoever asks it. */
export interface Certificates {
  /** Settings of an agent that serves HTTPS on this port, to those only who show a certificate. */
  agent(httpsPort: number): string;
  /** What a client needs in its environment. */
  readonly client: Readonly<Record<string, string>>;
  /** The authority alone: a client without a certificate. */
  readonly anonymous: Readonly<Record<string, string>>;
  remove(): void;
}

/** Makes an authority and its certificates in a folder of their own. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'splitter-tls-'));
  const make = (...args: readonly string[]): Buffer => execFileSync(findTool('consul'), ['tls', ...args], { cwd: folder });
  make('ca', 'create');
  make('cert', 'create', '-server', '-dc', 'dc1');
  make('cert', 'create', '-cli', '-dc', 'dc1');
  const file = (name: string): string => join(folder, name);
  const ca = file('consul-agent-ca.pem');
  return {
    agent: (port) => `
ports { https = ${port} }
tls {
  defaults {
    ca_file = "${ca}"
    cert_file = "${file('dc1-server-consul-0.pem')}"
    key_file = "${file('dc1-server-consul-0-key.pem')}"
  }
  https { verify_incoming = true }
}`,
    client: {
      CONSUL_CACERT: ca,
      CONSUL_CLIENT_CERT: file('dc1-cli-consul-0.pem'),
      CONSUL_CLIENT_KEY: file('dc1-cli-consul-0-key.pem'),
    },
    anonymous: { CONSUL_CACERT: ca },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
