import { semanticEqual } from '../../api/meta/equal.ts';
import type { Toleration } from '../../api/types/core/v1.ts';

/** Does `wide` tolerate everything that `narrow` does (upstream's isSuperset)? */
function covers(wide: Toleration, narrow: Toleration): boolean {
  if (semanticEqual(wide, narrow)) return true;
  const [key, operator, effect] = [wide.key ?? '', wide.operator ?? '', wide.effect ?? ''];
  if ((narrow.key ?? '') !== key && (key !== '' || operator !== 'Exists')) return false;
  if ((narrow.effect ?? '') !== effect && effect !== '') return false;
  if (effect === 'NoExecute' && wide.tolerationSeconds !== undefined && (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds)) return false;
  switch (operator) {
    case '': case 'Equal': return (narrow.operator ?? '') === operator && (narrow.value ?? '') === (wide.value ?? '');
    case 'Exists': return true;
    default: return false;
  }
}

/** Both lists in order, without those that another one makes superfluous. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [i, one] of all.entries()) {
    if (merged.some((other) => covers(other, one))) continue;
    // Of two that are the same the first stays.
    if (all.slice(i + 1).some((other) => !semanticEqual(other, one) && covers(other, one))) continue;
    merged.push(one);
  }
  return merged;
}

/** Is each of them covered by one that is allowed? An empty list allows all. */
export function allAllowed(tolerations: readonly Toleration[], allowed: readonly Toleration[]): boolean {
  return allowed.length === 0 || tolerations.every((one) => allowed.some((wide) => covers(wide, one)));
}
