import { compareQuantity } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { qosClassOf } from '../resources/qos.ts';
import { containersOf, findContainer } from './pod-spec.ts';

/** Why a pod does not get what it asks for by now: not yet, or never on this node. */
export interface ResizeRefusal { readonly reason: 'Deferred' | 'Infeasible'; readonly message: string }

/** May the pod have what it asks for instead of what it was granted? Undefined when it may. */
export function judgeResize(context: KubeletContext, asked: Pod, granted: Pod): ResizeRefusal | undefined {
  if (qosClassOf(asked) === 'Guaranteed') {
    // What containers have for themselves was chosen when the pod was admitted.
    const fixed = context.resourceManagers.fixed.find(({ resource }) => containersOf(asked).some(({ container }) => {
      const before = findContainer(granted, container.name)?.container.resources?.requests?.[resource] ?? '0';
      return compareQuantity(container.resources?.requests?.[resource] ?? '0', before) !== 0;
    }));
    if (fixed !== undefined) return { reason: 'Infeasible', message: `Resize is infeasible for Guaranteed Pods alongside ${fixed.by}` };
  }
  const refusal = context.admit(asked);
  return refusal && { reason: 'Deferred', message: refusal.message };
}
