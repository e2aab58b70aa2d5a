import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './consul-tls.js';
import { type Mesh, type MeshOptions, startMesh } from './mesh.js';
import { freePorts } from './ports.js';
import { endSplitters, type SplitterProcess, startSplitter } from './program.js';

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** The mesh behind a Consul with ACLs on (default deny) and HTTPS to clients with a certificate only. The harness itself keeps a door of plain HTTP. */
export interface SecuredMesh {
  readonly mesh: Mesh;
  readonly certificates: Certificates;
  /** https://127.0.0.1:PORT */
  readonly address: string;
  /** A folder for the files of the test. */
  readonly folder: string;
  /** A file with a new token whose policy has these rules. */
  tokenFile(rules: string): Promise<string>;
  /** Starts the real program over TLS with the token in this file. */
  start(line: string, tokenFile: string, env?: Readonly<Record<string, string>>): SplitterProcess;
  /** The same, to its end. */
  run(line: string, tokenFile: string, env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** What `splitter acl-policy ARGS` prints. */
  policy(args: string): Promise<string>;
  stop(): Promise<void>;
}

/** With which the harness itself does everything. */
export const MANAGEMENT = '6f1de4a1-1111-4222-8333-944444444444';

/** Starts it; see startMesh. */
export async function startSecuredMesh(options: MeshOptions = {}): Promise<SecuredMesh> {
  const folder = mkdtempSync(join(tmpdir(), 'splitter-secured-'));
  const certificates = makeCertificates();
  const [https] = (await freePorts(1)) as [number];
  // Whom the mesh itself lets call whom is another matter than what a token may do.
  const hcl = `default_intention_policy = "allow"\n${certificates.agent(https)}`;
  const mesh = await startMesh({ ...options, consul: { ...options.consul, managementToken: MANAGEMENT, hcl } });
  const address = `https://127.0.0.1:${https}`;
  let made = 0;
  const start: SecuredMesh['start'] = (line, tokenFile, env = {}) =>
    startSplitter(address, line, { ...certificates.client, CONSUL_HTTP_TOKEN_FILE: tokenFile, ...env });
  const run: SecuredMesh['run'] = async (line, tokenFile, env) => {
    const process = start(line, tokenFile, env);
    const code = await process.exit;
    return { code, output: process.output() };
  };
  return {
    mesh,
    certificates,
    address,
    folder,
    start,
    run,
    tokenFile: async (rules) => {
      const name = `p${++made}`;
      writeFileSync(join(folder, `${name}.hcl`), rules);
      await mesh.consulCli(['acl', 'policy', 'create', '-name', name, '-rules', `@${join(folder, `${name}.hcl`)}`]);
      const token = await mesh.consulCli(['acl', 'token', 'create', '-policy-name', name, '-format', 'json']);
      const file = join(folder, `${name}.token`);
      writeFileSync(file, `${(JSON.parse(token) as { SecretID: string }).SecretID}\n`);
      return file;
    },
    policy: async (args) => {
      const { code, output } = await run(`acl-policy ${args}`, '/dev/null');
      if (code !== 0) throw new Error(output);
      return output;
    },
    stop: async () => {
      endSplitters();
      await mesh.stop();
      certificates.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
