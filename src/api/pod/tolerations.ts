import type { Taint, Toleration } from '../types/core/v1.ts';

/** Does the toleration match the taint (upstream's ToleratesTaint)? An empty key with Exists matches every taint, an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
  const value = toleration.value ?? '';
  const taintValue = taint.value ?? '';
  switch (toleration.operator ?? 'Equal') {
    case '':
    case 'Equal': return value === taintValue;
    case 'Exists': return true;
    case 'Lt': return /^-?\d+$/.test(value) && /^-?\d+$/.test(taintValue) && Number(taintValue) < Number(value);
    case 'Gt': return /^-?\d+$/.test(value) && /^-?\d+$/.test(taintValue) && Number(taintValue) > Number(value);
    default: return false;
  }
}

/** Does any of the tolerations match the taint? */
export function isTolerated(taint: Taint, tolerations: readonly Toleration[] | undefined): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) === true;
}

/** May pods with these tolerations be put on a node with these taints? Those that only discourage do not count. */
export function toleratesNode(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] | undefined): boolean {
  if (taints === undefined) return true;
  for (const taint of taints) if ((taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations)) return false;
  return true;
}
