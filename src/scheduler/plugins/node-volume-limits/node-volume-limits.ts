import { joinKey } from '../../../api/meta/object.ts';
import { classOfClaim } from '../../../api/storage/persistent-volumes.ts';
import type { PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { CSINode } from '../../../api/types/storage/v1.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { claimsOf } from '../../cache/pod-info.ts';
import { isOwnedBy } from '../common/ephemeral-claims.ts';
import type { Listers } from '../../framework/listers.ts';
import type { Plugin } from '../../framework/plugin.ts';
import type { Refusal } from '../../framework/verdict.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';

const exceeded = refuse('node(s) exceed max volume count');

/** Volumes by unique name -> the driver that attaches them. */
type Attached = Map<string, string>;

interface State {
  /** What the pod brings. */
  readonly wanted: Attached;
  readonly missing: Refusal | undefined;
  /** Made for the first node that has limits. */
  attachments?: ReadonlyMap<string, Attached>;
}

const limitsOf = (csiNode: CSINode | undefined): ReadonlyMap<string, number> => new Map((csiNode?.spec.drivers ?? []).flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count] as const])));

/** No more volumes of a driver are attached to a node than its CSINode says it can take. */
export function nodeVolumeLimits(listers: Pick<Listers, 'persistentVolumes' | 'persistentVolumeClaims' | 'storageClasses' | 'csiNodes' | 'volumeAttachments'>): Plugin<State> {
  /** The claim's volume, or what it will be: driver and a handle. */
  const volumeOf = (claim: PersistentVolumeClaim): readonly [driver: string, handle: string] | undefined => {
    const volume = listers.persistentVolumes.get('', claim.spec?.volumeName ?? '');
    if (volume !== undefined) {
      const csi = volume.spec?.csi;
      return csi === undefined ? undefined : [csi.driver, csi.volumeHandle];
    }
    const storageClass = listers.storageClasses.get('', classOfClaim(claim));
    return storageClass === undefined ? undefined : [storageClass.provisioner, `unbound-${joinKey(claim.metadata.namespace ?? '', claim.metadata.name ?? '')}`];
  };
  /** Adds the pod's volumes; for a new pod, says which claim is missing. */
  const add = (pod: PodInfo, to: Attached): Refusal | undefined => {
    let missing: Refusal | undefined;
    for (const { name, ephemeral } of claimsOf(pod.pod)) {
      const claim = listers.persistentVolumeClaims.get(pod.namespace, name);
      if (claim === undefined) {
        missing ??= refuseForGood(`looking up PVC ${pod.namespace}/${name}: persistentvolumeclaim ${JSON.stringify(name)} not found`);
        continue;
      }
      if (ephemeral && !isOwnedBy(claim, pod.pod)) continue;
      const volume = volumeOf(claim);
      if (volume !== undefined) to.set(volume.join('/'), volume[0]);
    }
    return missing;
  };
  /** What the attacher has attached, or is told to, by node. */
  const attachments = (): ReadonlyMap<string, Attached> => {
    const byNode = new Map<string, Attached>();
    for (const { spec } of listers.volumeAttachments.list()) {
      const csi = listers.persistentVolumes.get('', spec.source.persistentVolumeName ?? '')?.spec?.csi;
      if (csi === undefined || spec.attacher === '') continue;
      const known = byNode.get(spec.nodeName) ?? new Map<string, string>();
      byNode.set(spec.nodeName, known.set(`${spec.attacher}/${csi.volumeHandle}`, spec.attacher));
    }
    return byNode;
  };
  return {
    name: 'NodeVolumeLimits',
    prepare(pod) {
      if (claimsOf(pod.pod).length === 0) return { skip: true };
      const wanted: Attached = new Map();
      const missing = add(pod, wanted);
      return missing === undefined && wanted.size === 0 ? { skip: true } : { state: { wanted, missing } };
    },
    filter(_pod, node, state) {
      if (state === undefined || state.missing !== undefined) return state?.missing;
      const limits = limitsOf(listers.csiNodes.get('', node.name));
      if (limits.size === 0) return undefined;
      const attached: Attached = new Map();
      for (const running of node.pods.values()) if (running.pod.spec?.volumes !== undefined) add(running, attached);
      const wanted = [...state.wanted].filter(([name]) => !attached.has(name));
      // Upstream counts what is still attached though no pod uses it, also when it is what the pod wants.
      state.attachments ??= attachments();
      for (const [name, driver] of state.attachments.get(node.name) ?? []) attached.set(name, driver);
      for (const [driver, limit] of limits) {
        const more = wanted.filter(([, of]) => of === driver).length;
        if (more > 0 && [...attached.values()].filter((of) => of === driver).length + more > limit) return exceeded;
      }
      return undefined;
    },
    wakes: {
      CSINodeAdd: true,
      CSINodeUpdate: (_pod, { old, object }) => {
        const before = limitsOf(old);
        return [...limitsOf(object)].some(([driver, limit]) => limit > (before.get(driver) ?? 0));
      },
      AssignedPodDelete: (_pod, { old }) => claimsOf(old.pod).length > 0,
      PersistentVolumeClaimAdd: ({ pod, namespace }, { object }) => object.metadata.namespace === namespace && claimsOf(pod).some(({ name }) => name === object.metadata.name),
      VolumeAttachmentDelete: ({ pod }) => pod.spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined) === true,
    },
  };
}
