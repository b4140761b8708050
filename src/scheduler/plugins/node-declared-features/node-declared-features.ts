import { semanticEqual } from '../../../api/meta/equal.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';

const refused = refuseForGood("node(s) didn't match Pod's required features");

/** What a pod needs of its kubelet that not every version has, by the names under which kubelets declare it (KEP-5328). */
function requiredFeatures({ pod: { spec } }: PodInfo): readonly string[] {
  const features: string[] = [];
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  if (containers.some(({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers') === true)) features.push('RestartAllContainersOnContainerExits');
  if (spec?.hostNetwork === true && spec.hostUsers === false) features.push('UserNamespacesHostNetworkSupport');
  return features;
}

/** Pods that need a feature of newer kubelets go where it is declared. */
export const nodeDeclaredFeatures: Plugin<readonly string[]> = {
  name: 'NodeDeclaredFeatures',
  alike: requiredFeatures,
  prepare: (pod) => {
    const features = requiredFeatures(pod);
    return features.length === 0 ? { skip: true } : { state: features };
  },
  filter: (pod, { node }, features) => ((features ?? requiredFeatures(pod)).every((feature) => node.status?.declaredFeatures?.includes(feature) === true) ? undefined : refused),
  wakes: {
    NodeAdd: true,
    NodeUpdateDeclaredFeature: true,
    UnscheduledPodUpdate: (_pod, { old, object }) => !semanticEqual(requiredFeatures(old), requiredFeatures(object)),
  },
};
