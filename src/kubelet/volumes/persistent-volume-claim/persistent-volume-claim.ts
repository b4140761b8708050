import { namespaceOf } from '../../../api/meta/object.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/types/core/v1.ts';
import { usesOf } from '../common/volume-uses.ts';
import { mountSource } from '../source-registry.ts';
import type { GrowRequest } from './grow.ts';
import { growClaim } from './grow.ts';
import { VolumeError } from '../volume-plugin.ts';
import type { DirectoryPlugin, MountedVolume, VolumeContext } from '../volume-plugin.ts';

/** How often claims in use are asked whether they have grown. */
const growthCheckMs = 60_000;
const protectionFinalizer = 'kubernetes.io/pvc-protection';

/** A claim by name; `readOnly` is the volume's own. */
export const persistentVolumeClaim: DirectoryPlugin = {
  kind: 'directory',
  field: 'persistentVolumeClaim',
  mount: (context, pod, volume) => mountClaim(context, pod, { volumeName: volume.name, claimName: volume.persistentVolumeClaim?.claimName ?? '', readOnly: volume.persistentVolumeClaim?.readOnly === true }),
};

/** A claim that was made for this pod alone, and is named after it (generic ephemeral volumes, KEP-1698). */
export const ephemeralVolume: DirectoryPlugin = {
  kind: 'directory',
  field: 'ephemeral',
  mount: (context, pod, volume) => mountClaim(context, pod, { volumeName: volume.name, claimName: `${pod.metadata.name}-${volume.name}`, readOnly: false, ownedByPod: true }),
};

interface ClaimRequest {
  readonly volumeName: string;
  readonly claimName: string;
  readonly readOnly: boolean;
  readonly ownedByPod?: boolean;
}

/** The volume that a claim is bound to, mounted. Rejects, worded as upstream, while there is none. */
async function mountClaim(context: VolumeContext, pod: Pod, request: ClaimRequest): Promise<MountedVolume> {
  const persistent = await boundVolume(context, pod, request);
  const { metadata, spec = {} } = persistent;
  const mode = spec.volumeMode ?? 'Filesystem';
  const isBlock = mode === 'Block';
  const { asMount, asDevice } = usesOf(pod, request.volumeName);
  if (isBlock ? asMount : asDevice) throw new VolumeError('processing', `volume ${request.volumeName} has volumeMode ${mode}, but is specified in ${isBlock ? 'volumeMounts' : 'volumeDevices'}`);
  // Nothing is mounted on a simulated node, whatever the volume is made of.
  if (context.host.virtual) return { hostPath: `/var/lib/persistent-volumes/${metadata.name}`, readOnly: false };
  const name = metadata.name ?? '';
  try {
    const mounted = await mountSource(context, { pod, name, source: spec, readOnly: request.readOnly, mountOptions: spec.mountOptions ?? [], isBlock, accessModes: spec.accessModes ?? [] });
    if (mounted !== undefined) return await lookedAfter(context, { pod, claimName: request.claimName, readOnly: request.readOnly, mounted });
  } catch (error) {
    if (error instanceof VolumeError) throw error;
    throw new VolumeError('setup', (error as Error).message, { volumeName: name, cause: error });
  }
  const kind = Object.keys(spec).find((key) => typeof spec[key as keyof typeof spec] === 'object' && !notSources.has(key)) ?? 'none';
  throw new VolumeError('unsupported', `not supported: persistent volume ${JSON.stringify(name)} of type ${kind}`);
}

/** With what makes it grow when its claim does: now, and whenever that has been asked for while it is in use. */
async function lookedAfter(context: VolumeContext, request: GrowRequest): Promise<MountedVolume> {
  const { mounted, claimName, pod } = request;
  if (mounted.expand === undefined) return { ...mounted, claimName };
  await growClaim(context, request);
  const run = (): Promise<void> => growClaim(context, request).catch(async (error: unknown) => {
    const claim = await context.persistentVolumeClaim(pod, claimName).catch(() => undefined);
    if (claim !== undefined) context.claims.announce({ pod, claim }, 'Warning', 'VolumeResizeFailed', (error as Error).message);
  });
  return { ...mounted, claimName, recheck: { afterMs: growthCheckMs, run } };
}

async function boundVolume(context: VolumeContext, pod: Pod, { claimName, ownedByPod }: ClaimRequest): Promise<PersistentVolume> {
  const where = `${namespaceOf(pod)}/${claimName}`;
  const fail = (message: string): never => { throw new VolumeError('processing', `error processing PVC ${where}: ${message}`); };
  const claim = (await context.persistentVolumeClaim(pod, claimName)) ?? fail(`failed to fetch PVC from API server: persistentvolumeclaims ${JSON.stringify(claimName)} not found`);
  // A claim that is protected stays until the pods that use it are gone: this one may be such a pod, after a restart.
  if (claim.metadata.deletionTimestamp !== undefined && claim.metadata.finalizers?.includes(protectionFinalizer) !== true) fail('PVC is being deleted');
  if (claim.status?.phase !== 'Bound') fail('PVC is not bound');
  const bound = claim.spec?.volumeName ?? '';
  if (bound === '') fail('PVC has empty pvc.Spec.VolumeName');
  if (ownedByPod === true && !isOwnedBy(claim, pod)) throw new VolumeError('processing', `PVC ${where} was not created for pod ${namespaceOf(pod)}/${pod.metadata.name} (pod is not owner)`);
  const persistent = (await context.persistentVolume(bound)) ?? fail(`failed to fetch PV ${bound} from API server: persistentvolumes ${JSON.stringify(bound)} not found`);
  const { claimRef } = persistent.spec ?? {};
  if (claimRef === undefined) fail(`found PV object ${bound} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  else if (claimRef.uid !== claim.metadata.uid) fail(`found PV object ${bound} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${claim.metadata.uid}`);
  return persistent;
}

function isOwnedBy(claim: PersistentVolumeClaim, pod: Pod): boolean {
  return claim.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === pod.metadata.uid) === true;
}

const notSources: ReadonlySet<string> = new Set(['capacity', 'accessModes', 'claimRef', 'mountOptions', 'nodeAffinity']);
