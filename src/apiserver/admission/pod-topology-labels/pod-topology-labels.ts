import { nodes, pods } from '../../../api/resources.ts';
import type { Binding, Pod } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** Pods learn where their node is: its topology labels go to the pod, with the binding or where a pod comes with a node (KEP-4742). */
export function podTopologyLabels(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    handles: ({ operation, group, resource, subresource }) => operation === 'CREATE' && group === pods.group && resource === pods.resource && (subresource === '' || subresource === 'binding'),
    admit({ subresource, object }) {
      const target = subresource === '' ? undefined : (object as unknown as Binding).target;
      const nodeName = subresource === '' ? (object as Pod).spec?.nodeName : target?.kind === 'Node' ? target.name : undefined;
      if (nodeName === undefined || nodeName === '') return;
      const labels = options.reader.get(nodes, '', nodeName)?.metadata.labels ?? {};
      const copied = Object.fromEntries(topologyLabels.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]] as const])));
      if (Object.keys(copied).length > 0) object!.metadata.labels = { ...object!.metadata.labels, ...copied };
    },
  };
}
