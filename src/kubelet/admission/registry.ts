import type { Pod } from '../../api/types/core/v1.ts';
import { features } from './features.ts';
import { nodeFit } from './node-fit.ts';
import { resourceFit } from './resources.ts';
import { sysctls } from './sysctls.ts';
import type { Admission, AdmissionInput, Refusal } from './verdict.ts';

const admissions: readonly Admission[] = [(pod, { refusal }) => refusal(pod), features, sysctls, resourceFit, nodeFit];

/**
 * May the pod run on this node? The scheduler has thought so, but two schedulers may disagree, and a pod may name its node
 * itself. The first refusal counts; undefined when it may.
 */
export function admitPod(pod: Pod, input: AdmissionInput): Refusal | undefined {
  for (const admission of admissions) {
    const refusal = admission(pod, input);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
