import { semanticEqual } from '../../../api/meta/equal.ts';
import { classOfClaim } from '../../../api/storage/persistent-volumes.ts';
import type { PersistentVolume } from '../../../api/types/core/v1.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { claimsOf } from '../../cache/pod-info.ts';
import type { Listers } from '../../framework/listers.ts';
import type { Plugin } from '../../framework/plugin.ts';
import type { Refusal } from '../../framework/verdict.ts';
import { refuseForGood } from '../../framework/verdict.ts';

const conflict = refuseForGood('node(s) had no available volume zone');

/** Labels of old, and those that replaced them. */
const today: Readonly<Record<string, string>> = { 'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region' };
const topologyLabels = [...Object.keys(today), ...Object.values(today)];

interface Topology { readonly key: string; readonly values: ReadonlySet<string> }

/** Where the volume's labels say it is; several zones are joined by `__`. */
const topologiesOf = ({ metadata: { labels } }: PersistentVolume): Topology[] => topologyLabels.flatMap((key) => {
  const value = labels?.[key];
  const zones = value?.split('__').map((zone) => zone.trim()) ?? [];
  // A label with an empty zone cannot be understood, and is passed over.
  return value === undefined || zones.includes('') ? [] : [{ key, values: new Set(zones) }];
});

const namedClaims = ({ pod }: PodInfo): string[] => claimsOf(pod).filter(({ ephemeral }) => !ephemeral).map(({ name }) => name);

/** Volumes that are bound are reached from nodes of their zone alone. */
export function volumeZone({ persistentVolumes, persistentVolumeClaims, storageClasses }: Pick<Listers, 'persistentVolumes' | 'persistentVolumeClaims' | 'storageClasses'>): Plugin<readonly Topology[]> {
  const topologies = (pod: PodInfo): Topology[] | Refusal => {
    const found: Topology[] = [];
    for (const name of namedClaims(pod)) {
      if (name === '') return refuseForGood('PersistentVolumeClaim had no name');
      const claim = persistentVolumeClaims.get(pod.namespace, name);
      if (claim === undefined) return refuseForGood(`persistentvolumeclaim ${JSON.stringify(name)} not found`);
      const volumeName = claim.spec?.volumeName ?? '';
      if (volumeName === '') {
        const className = classOfClaim(claim);
        if (className === '') return refuseForGood('PersistentVolumeClaim had no pv name and storageClass name');
        const storageClass = storageClasses.get('', className);
        if (storageClass === undefined) return refuseForGood(`storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
        if (storageClass.volumeBindingMode === undefined) return refuseForGood(`VolumeBindingMode not set for StorageClass ${JSON.stringify(className)}`);
        // Where it will be is decided with the node.
        if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') continue;
        return refuseForGood('PersistentVolume had no name');
      }
      const volume = persistentVolumes.get('', volumeName);
      if (volume === undefined) return refuseForGood(`persistentvolume ${JSON.stringify(volumeName)} not found`);
      found.push(...topologiesOf(volume));
    }
    return found;
  };
  return {
    name: 'VolumeZone',
    prepare(pod) {
      const found = topologies(pod);
      if (!Array.isArray(found)) return { refused: found as Refusal };
      return found.length === 0 ? { skip: true } : { state: found };
    },
    filter(_pod, { node: { metadata: { labels } } }, state) {
      // A node that says nothing of zones is in a cluster of one.
      if (labels === undefined || !topologyLabels.some((key) => labels[key] !== undefined)) return undefined;
      for (const { key, values } of state ?? []) {
        const value = labels[key] ?? labels[today[key] ?? key];
        if (value === undefined || !values.has(value)) return conflict;
      }
      return undefined;
    },
    wakes: {
      StorageClassAdd: (_pod, { object }) => object.volumeBindingMode === 'WaitForFirstConsumer',
      NodeAdd: true,
      NodeUpdateLabel: true,
      PersistentVolumeClaimAdd: (pod, { object }) => object.metadata.namespace === pod.namespace && namedClaims(pod).includes(object.metadata.name ?? ''),
      PersistentVolumeClaimUpdate: (pod, { object }) => object.metadata.namespace === pod.namespace && namedClaims(pod).includes(object.metadata.name ?? ''),
      PersistentVolumeAdd: true,
      PersistentVolumeUpdate: (_pod, { old, object }) => !semanticEqual(topologyLabels.map((key) => old.metadata.labels?.[key]), topologyLabels.map((key) => object.metadata.labels?.[key])),
    },
  };
}
