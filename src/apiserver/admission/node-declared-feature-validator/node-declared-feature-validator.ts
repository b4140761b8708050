import { semanticEqual } from '../../../api/meta/equal.ts';
import { nodes, pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';

/** What a change of a bound pod asks of its kubelet, by the names that nodes declare. All others of v1.36 concern scheduling. */
function neededFeatures(old: Pod, pod: Pod): string[] {
  return semanticEqual(old.spec?.resources, pod.spec?.resources) ? [] : ['InPlacePodLevelResourcesVerticalScaling'];
}

/** Refuses changes of pods that the kubelet of their node does not know how to carry out (KEP-5328). */
export function nodeDeclaredFeatureValidator(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    handles: ({ operation, group, resource, subresource }) => operation === 'UPDATE' && group === pods.group && resource === pods.resource && (subresource === '' || subresource === 'resize'),
    validate(attributes) {
      const [pod, old] = [attributes.object as Pod, attributes.oldObject as Pod];
      const nodeName = pod.spec?.nodeName ?? '';
      // Every change of the spec is a new generation.
      if (nodeName === '' || pod.metadata.generation === old.metadata.generation) return;
      const needed = neededFeatures(old, pod);
      if (needed.length === 0) return;
      const node = options.reader.get(nodes, '', nodeName);
      if (node === undefined) throw refusal(attributes, `node ${JSON.stringify(nodeName)} not found`);
      const missing = needed.filter((feature) => node.status?.declaredFeatures?.includes(feature) !== true);
      if (missing.length > 0) throw refusal(attributes, `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(nodeName)}`);
    },
  };
}
