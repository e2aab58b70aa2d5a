import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The real programs that the mesh tests run. */
export type Tool = 'consul' | 'envoy' | 'prometheus' | 'promtool' | 'chromium' | 'tmux';

interface Places {
  readonly variable: string;
  readonly names: readonly string[];
  readonly cached?: string;
  readonly says?: string;
}

const places: Readonly<Record<Tool, Places>> = {
  consul: { variable: 'CONSUL_BIN', names: ['consul'], cached: 'consul-1.22.5/consul', says: 'Consul v1.22.5' },
  envoy: { variable: 'ENVOY_BIN', names: ['envoy'], cached: 'envoy-1.36.4/envoy' },
  prometheus: { variable: 'PROMETHEUS_BIN', names: ['prometheus'] },
  promtool: { variable: 'PROMTOOL_BIN', names: ['promtool'] },
  chromium: { variable: 'CHROMIUM_BIN', names: ['chromium', 'chromium-browser', 'google-chrome'] },
  tmux: { variable: 'TMUX_BIN', names: ['tmux'] },
};

const found = new Map<Tool, string>();

/** The path of a tool: from its variable (CONSUL_BIN …), else PATH, else what install.sh put into the cache; throws with what to type. */
export function findTool(tool: Tool): string {
  const known = found.get(tool) ?? locate(tool);
  if (known === undefined) {
    const flag = tool === 'chromium' || tool === 'tmux' ? ' --browser' : '';
    throw new Error(
      `no ${tool} found: not in ${places[tool].variable}, not on PATH, not in the cache; run: bash test/mesh/tools/install.sh${flag}`,
    );
  }
  found.set(tool, known);
  return known;
}

function locate(tool: Tool): string | undefined {
  const { variable, names, cached, says } = places[tool];
  const named = process.env[variable];
  if (named) {
    if (isProgram(named)) return named;
    throw new Error(
      `${variable} is ${named}, which is no program; correct it, or unset it and run: bash test/mesh/tools/install.sh`,
    );
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isProgram);
  const right = onPath.find((path) => says === undefined || versionOf(path).includes(says));
  if (right !== undefined || cached === undefined) return right;
  const path = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'splitter', cached);
  return isProgram(path) ? path : undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function versionOf(path: string): string {
  try {
    return execFileSync(path, ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
