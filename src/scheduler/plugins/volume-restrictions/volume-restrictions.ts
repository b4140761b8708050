import type { Pod, Volume } from '../../../api/types/core/v1.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { claimsOf } from '../../cache/pod-info.ts';
import type { Listers } from '../../framework/listers.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';

const diskConflict = refuse('node(s) had no available disk');
const alreadyInUse = refuse('node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod');

const bothReadOnly = (a: { readonly readOnly?: boolean }, b: { readonly readOnly?: boolean }): boolean => a.readOnly === true && b.readOnly === true;

/** Are these the same disk, and may they not both be mounted on one node? */
function conflict(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk !== undefined && b.gcePersistentDisk !== undefined) return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !bothReadOnly(a.gcePersistentDisk, b.gcePersistentDisk);
  if (a.awsElasticBlockStore !== undefined && b.awsElasticBlockStore !== undefined) return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi !== undefined && b.iscsi !== undefined) return a.iscsi.iqn === b.iscsi.iqn && !bothReadOnly(a.iscsi, b.iscsi);
  if (a.rbd === undefined || b.rbd === undefined) return false;
  const [one, other] = [a.rbd, b.rbd];
  return one.monitors.some((monitor) => other.monitors.includes(monitor)) && (one.pool ?? 'rbd') === (other.pool ?? 'rbd') && one.image === other.image && !bothReadOnly(one, other);
}

const mayConflict = ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean => gcePersistentDisk !== undefined || awsElasticBlockStore !== undefined || iscsi !== undefined || rbd !== undefined;

function sharesDisk({ spec }: Pod, others: Iterable<PodInfo>): boolean {
  const disks = (spec?.volumes ?? []).filter(mayConflict);
  if (disks.length === 0) return false;
  for (const { pod } of others) if (pod.spec?.volumes?.some((volume) => disks.some((disk) => conflict(disk, volume))) === true) return true;
  return false;
}

/** Names of the claims that volumes name; those of ephemeral volumes are the pod's alone. */
const namedClaims = (pod: Pod): string[] => claimsOf(pod).filter(({ ephemeral }) => !ephemeral).map(({ name }) => name);

interface State {
  /** Claims of the pod that one pod alone may use. */
  readonly exclusive: ReadonlySet<string>;
  /** How many pods use them. */
  users: number;
}

/** Volumes that cannot be mounted twice: disks of old kinds on one node, `ReadWriteOncePod` claims anywhere. */
export function volumeRestrictions({ persistentVolumeClaims }: Pick<Listers, 'persistentVolumeClaims'>): Plugin<State> {
  return {
    name: 'VolumeRestrictions',
    prepare({ pod, namespace }, snapshot) {
      const exclusive = new Set<string>();
      for (const name of namedClaims(pod)) {
        const claim = persistentVolumeClaims.get(namespace, name);
        if (claim === undefined) return { refused: refuseForGood(`persistentvolumeclaim ${JSON.stringify(name)} not found`) };
        if (claim.spec?.accessModes?.includes('ReadWriteOncePod') === true) exclusive.add(name);
      }
      const users = [...exclusive].filter((name) => snapshot.isClaimUsed(`${namespace}/${name}`)).length;
      if (users === 0 && pod.spec?.volumes?.some(mayConflict) !== true) return { skip: true };
      return { state: { exclusive, users } };
    },
    filter({ pod }, node, state) {
      if (sharesDisk(pod, node.pods.values())) return diskConflict;
      return state !== undefined && state.users > 0 ? alreadyInUse : undefined;
    },
    imagine(state, _pod, { pod: { pod }, amount }) {
      state.users += amount * namedClaims(pod).filter((name) => state.exclusive.has(name)).length;
    },
    wakes: {
      AssignedPodDelete: ({ pod, namespace }, { old }) => {
        if (old.namespace !== namespace) return false;
        const claims = new Set(namedClaims(pod));
        return sharesDisk(pod, [old]) || namedClaims(old.pod).some((name) => claims.has(name));
      },
      NodeAdd: true,
      PersistentVolumeClaimAdd: ({ pod, namespace }, { object }) => object.metadata.namespace === namespace && namedClaims(pod).includes(object.metadata.name ?? ''),
    },
  };
}
