import { type SettingsFile, settingsSchema } from '../controller/settings.js';
import type { Diagnostic } from '../plan/diagnostic.js';
import { type PlanNode, toValue } from '../plan/node.js';
import { errorAt, type Problem, place } from '../plan/problem.js';
import { describeIssues } from '../plan/sentences.js';
import { readYaml } from '../plan/yaml.js';
import { CommandError } from './exit.js';

const NAME = 'the settings';

/** The settings of a YAML file, with defaults; an empty file is all defaults. What is wrong is a CommandError that names each line. */
export function readSettingsFile(text: string, file: string): SettingsFile {
  const { roots, problems } = readYaml(text);
  const [root, second] = roots;
  const found = problems.map((problem) => place(problem, file));
  if (second !== undefined)
    found.push(place(errorAt([], second.span, 'a second document begins here', 'keep all settings in one'), file));
  if (found.length > 0) throw refuse(found);
  if (root === undefined) return settingsSchema.parse({});
  const value = toValue(root, () => false);
  const parsed = settingsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong: Problem[] =
    root.kind === 'map'
      ? describeIssues(parsed.error.issues, { root, value, syntax: 'yaml', name: NAME, schema: settingsSchema })
      : [notAMap(root)];
  throw refuse(wrong.map((problem) => place(problem, file, root)));
}

function notAMap(root: PlanNode): Problem {
  return errorAt([], root.span, `${NAME} are a map of keys and values`, 'write them like listen: 127.0.0.1:8410');
}

function refuse(found: readonly Diagnostic[]): CommandError {
  const sorted = found.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [first, ...more] = sorted.map(({ file, line, column, message, hint }) => ({
    text: `${file}:${line}:${column}: ${message}`,
    hint,
  }));
  if (more.length === 0) return new CommandError(first!.text, first!.hint ?? 'docs/controller.md lists the settings');
  const lines = [first!, ...more].map(({ text, hint }) => `  ${text}${hint === undefined ? '' : ` (${hint})`}`);
  return new CommandError(
    `${found.length} things are wrong with ${NAME}:\n${lines.join('\n')}`,
    'docs/controller.md lists the settings',
  );
}
