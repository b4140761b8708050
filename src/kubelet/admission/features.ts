import type { Pod } from '../../api/types/core/v1.ts';
import { containersOf, specOf } from '../pods/pod-spec.ts';
import type { Admission } from './verdict.ts';

/** Refuses what the machine or its runtime cannot do, by name: nothing that a pod asks for is left out in silence. */
export const features: Admission = (pod, { node, runtime, appArmor }) => {
  const spec = specOf(pod);
  const system = node?.metadata.labels?.['kubernetes.io/os'] ?? 'linux';
  const wanted = pod.metadata.labels?.['kubernetes.io/os'];
  if (wanted !== undefined && wanted !== system) return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" };
  if (spec.os !== undefined && spec.os.name !== system) return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  if (spec.securityContext?.supplementalGroupsPolicy === 'Strict' && runtime?.supplementalGroupsPolicy === false) {
    return { reason: 'SupplementalGroupsPolicyNotSupported', message: 'SupplementalGroupsPolicy=Strict is not supported in this node' };
  }
  if (!appArmor && asksForAppArmor(pod)) return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  return undefined;
};

function asksForAppArmor(pod: Pod): boolean {
  const profiles = [specOf(pod).securityContext?.appArmorProfile, ...containersOf(pod).map(({ container }) => container.securityContext?.appArmorProfile)];
  return profiles.some((profile) => profile !== undefined && profile.type !== 'Unconfined');
}
