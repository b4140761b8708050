import { namespaceOf } from '../../../api/meta/object.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/types/core/v1.ts';
import { specOf } from '../../pods/pod-spec.ts';
import { mountHostPath } from '../common/host-path-mount.ts';
import type { DirectoryPlugin, MountedVolume, VolumeContext } from '../volume-plugin.ts';

/** A claim by name; `readOnly` is the volume's own. */
export const persistentVolumeClaim: DirectoryPlugin = {
  kind: 'directory',
  field: 'persistentVolumeClaim',
  mount: (context, pod, volume) => mountClaim(context, pod, { claimName: volume.persistentVolumeClaim?.claimName ?? '', readOnly: volume.persistentVolumeClaim?.readOnly === true }),
};

/** A claim that was made for this pod alone, and is named after it (generic ephemeral volumes, KEP-1698). */
export const ephemeralVolume: DirectoryPlugin = {
  kind: 'directory',
  field: 'ephemeral',
  async mount(context, pod, volume) {
    const claimName = `${pod.metadata.name}-${volume.name}`;
    const claim = await context.persistentVolumeClaim(pod, claimName);
    const owned = claim?.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === pod.metadata.uid) ?? true;
    if (!owned) throw new Error(`PVC ${namespaceOf(pod)}/${claimName} was not created for pod ${namespaceOf(pod)}/${pod.metadata.name} (pod is not owner)`);
    return mountClaim(context, pod, { claimName, readOnly: false });
  },
};

/** The volume that a claim is bound to, mounted. Rejects, worded as upstream, while there is none. */
async function mountClaim(context: VolumeContext, pod: Pod, { claimName, readOnly }: { readonly claimName: string; readonly readOnly: boolean }): Promise<MountedVolume> {
  const claim = await context.persistentVolumeClaim(pod, claimName);
  if (claim === undefined) throw new Error(`persistentvolumeclaim ${JSON.stringify(claimName)} not found`);
  if (claim.metadata.deletionTimestamp !== undefined) throw new Error(`PVC is being deleted`);
  const bound = claim.spec?.volumeName ?? '';
  if (claim.status?.phase !== 'Bound' || bound === '') throw new Error('PVC is not bound');
  const persistent = await context.persistentVolume(bound);
  if (persistent === undefined) throw new Error(`failed to get PV ${bound}`);
  checkBinding(persistent, claim);
  const mounted = await mountSource(context, pod, persistent);
  return { ...mounted, readOnly: mounted.readOnly || readOnly };
}

function checkBinding(persistent: PersistentVolume, claim: PersistentVolumeClaim): void {
  const { claimRef } = persistent.spec ?? {};
  if (claimRef?.uid !== claim.metadata.uid) throw new Error(`PV ${persistent.metadata.name} is bound to a different claim (claimRef.UID is not claim's UID)`);
  if ((claim.spec?.volumeMode ?? 'Filesystem') !== 'Filesystem') throw new Error('not supported: volumes in mode Block');
}

/** Every other source needs a driver of its own. */
async function mountSource(context: VolumeContext, pod: Pod, { metadata, spec = {} }: PersistentVolume): Promise<MountedVolume> {
  // Nothing is mounted on a simulated node, whatever the volume is made of.
  if (context.host.virtual) return { hostPath: `/var/lib/persistent-volumes/${metadata.name}`, readOnly: false };
  if (spec.hostPath !== undefined) return mountHostPath(context, spec.hostPath);
  if (spec.local !== undefined) {
    const mounted = await mountHostPath(context, { path: spec.local.path ?? '', type: 'Directory' });
    const { fsGroup } = specOf(pod).securityContext ?? {};
    if (fsGroup !== undefined) await context.host.files.changeGroup(mounted.hostPath, fsGroup);
    return mounted;
  }
  const kind = Object.keys(spec).find((key) => typeof spec[key as keyof typeof spec] === 'object' && !notSources.has(key)) ?? 'none';
  throw new Error(`not supported: persistent volume ${JSON.stringify(metadata.name)} of type ${kind}`);
}

const notSources: ReadonlySet<string> = new Set(['capacity', 'accessModes', 'claimRef', 'mountOptions', 'nodeAffinity']);
