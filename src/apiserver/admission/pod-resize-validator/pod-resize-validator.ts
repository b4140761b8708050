import { milliValue, value } from '../../../api/meta/quantity.ts';
import { podRequests } from '../../../api/pod/pod-quantities.ts';
import { nodes, pods } from '../../../api/resources.ts';
import type { Node, Pod } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';

/** Why the pod would never fit its node; undefined when it may. */
function capacityError(pod: Pod, { status }: Node): string | undefined {
  const requests = podRequests(pod, { useStatus: false, overhead: true });
  const [cpu, memory] = [milliValue(requests['cpu'] ?? '0'), value(requests['memory'] ?? '0')];
  const [cpuThere, memoryThere] = [milliValue(status?.allocatable?.['cpu'] ?? '0'), value(status?.allocatable?.['memory'] ?? '0')];
  const messages = [
    ...(cpu > cpuThere ? [`cpu, requested: ${cpu}, allocatable: ${cpuThere}`] : []),
    ...(memory > memoryThere ? [`memory, requested: ${memory}, allocatable: ${memoryThere}`] : []),
  ];
  return messages.length === 0 ? undefined : `node didn't have enough allocatable resources: ${messages.join('; ')}`;
}

/** Refuses resizes that the pod's node can never carry out. */
export function podResizeValidator(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    handles: ({ operation, group, resource, subresource }) => operation === 'UPDATE' && group === pods.group && resource === pods.resource && subresource === 'resize',
    validate(attributes) {
      const [pod, old] = [attributes.object as Pod, attributes.oldObject as Pod];
      const nodeName = pod.spec?.nodeName ?? '';
      // Every change of the spec is a new generation.
      if (nodeName === '' || pod.metadata.generation === old.metadata.generation) return;
      const node = options.reader.get(nodes, '', nodeName);
      if (node === undefined) throw refusal(attributes, `node ${JSON.stringify(nodeName)} not found`);
      const system = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux';
      if (system !== 'linux') throw refusal(attributes, `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(system)}`, [{ reason: 'UnsupportedPlatform' }]);
      const capacity = capacityError(pod, node);
      if (capacity !== undefined) throw refusal(attributes, capacity, [{ reason: 'NodeCapacity' }]);
    },
  };
}
