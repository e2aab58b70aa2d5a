import { mapScalars, type PlanNode, toValue } from './node.js';
import { kindsAt } from './schema-keys.js';

/** The tree in which every value that came from variables is what its place asks for: a number or a truth where only that fits, or it is spelled so; else a text. */
export function settleKinds(root: PlanNode): PlanNode {
  const whole = toValue(root, () => false);
  return mapScalars(root, (scalar, path) => {
    if (scalar.from === undefined || typeof scalar.value !== 'string') return scalar;
    const kinds = kindsAt(path, whole);
    const text = scalar.value.trim();
    if (kinds.has('number') && text !== '' && Number.isFinite(Number(text))) return { ...scalar, value: Number(text) };
    if (kinds.has('boolean') && /^(?:true|false)$/.test(text)) return { ...scalar, value: text === 'true' };
    return scalar;
  });
}
