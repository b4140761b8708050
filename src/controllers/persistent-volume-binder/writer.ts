import { semanticEqual } from '../../api/meta/equal.ts';
import { nameOf } from '../../api/meta/object.ts';
import { persistentvolumeclaims, persistentvolumes } from '../../api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import { referenceTo } from '../../client/event-recorder/reference.ts';
import { bindCompleted, boundByController, hasAnnotation, isBoundTo } from './matching.ts';

const preResizeAnnotation = 'volume.alpha.kubernetes.io/pre-resize-capacity';
interface Happened { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

function annotated<T extends PersistentVolume | PersistentVolumeClaim>(object: T, annotation: string): T {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [annotation]: 'yes' } } };
}

/** What the binder writes: each write only where something changes, and each resolving with the object as it is then. */
export class BinderWriter {
  readonly #client: Client;
  readonly #recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  /** Both sides, in the order that lets a binding that was interrupted be gone on with. */
  async bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const bound = await this.volumePhase(await this.#bindVolume(volume, claim), 'Bound');
    await this.claimPhase(await this.#bindClaim(claim, bound), 'Bound', bound);
  }

  async #bindVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<PersistentVolume> {
    const reference = volume.spec?.claimRef;
    const same = reference?.name === nameOf(claim) && reference.namespace === claim.metadata.namespace && reference.uid === claim.metadata.uid;
    if (same) return volume;
    const next: PersistentVolume = { ...volume, spec: { ...volume.spec, claimRef: referenceTo(claim) } };
    return this.#client.update(persistentvolumes, isBoundTo(volume, claim) ? next : annotated(next, boundByController));
  }

  async #bindClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolumeClaim> {
    let next = claim;
    if (claim.spec?.volumeName !== nameOf(volume)) next = annotated({ ...next, spec: { ...next.spec, volumeName: nameOf(volume) } }, boundByController);
    if (!hasAnnotation(next, bindCompleted)) next = annotated(next, bindCompleted);
    return next === claim ? claim : this.#client.update(persistentvolumeclaims, next);
  }

  /** Makes a volume free again: what the controller bound for anybody, what a user kept for a claim of that name. */
  async unbind(volume: PersistentVolume): Promise<void> {
    const { claimRef, ...spec } = volume.spec ?? {};
    const { [boundByController]: byController, ...annotations } = volume.metadata.annotations ?? {};
    const { uid: _, ...kept } = claimRef ?? {};
    const next: PersistentVolume = byController === undefined
      ? { ...volume, spec: { ...spec, claimRef: kept } }
      : { ...volume, metadata: { ...volume.metadata, annotations }, spec };
    await this.volumePhase(await this.#client.update(persistentvolumes, next), 'Available');
  }

  async volumePhase(volume: PersistentVolume, phase: 'Available' | 'Bound' | 'Released' | 'Failed', happened?: Happened): Promise<PersistentVolume> {
    if (volume.status?.phase === phase) return volume;
    const { message: _, ...status } = volume.status ?? {};
    const written = await this.#client.update(persistentvolumes, { ...volume, status: { ...status, phase, ...(happened !== undefined && { message: happened.message }) } }, { subresource: 'status' });
    if (happened !== undefined) this.#recorder.event(written, happened.type, happened.reason, happened.message);
    return written;
  }

  /** Without a volume, what the status says of one is taken out. */
  async claimPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Bound' | 'Lost', volume: PersistentVolume | undefined, happened?: Happened): Promise<void> {
    const { accessModes: _, capacity, currentVolumeAttributesClassName, ...status } = claim.status ?? {};
    const moved = status.phase !== phase;
    if (happened !== undefined && !moved) return;
    const attributes = volume === undefined ? undefined : status.phase === 'Pending' && phase === 'Bound' ? volume.spec?.volumeAttributesClassName : currentVolumeAttributesClassName;
    const size = volume === undefined ? undefined : moved ? capacityFor(volume, capacity) : capacity;
    const next = {
      ...status, phase,
      ...(volume?.spec?.accessModes !== undefined && { accessModes: volume.spec.accessModes }),
      ...(size !== undefined && { capacity: size }),
      ...(attributes !== undefined && { currentVolumeAttributesClassName: attributes }),
    };
    if (semanticEqual(next, claim.status ?? {})) return;
    const written = await this.#client.update(persistentvolumeclaims, { ...claim, status: next }, { subresource: 'status' });
    if (happened !== undefined) this.#recorder.event(written, happened.type, happened.reason, happened.message);
  }
}

/** What a claim that is bound now has: while its volume is being resized, what that had before. */
function capacityFor(volume: PersistentVolume, known: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const before = volume.metadata.annotations?.[preResizeAnnotation];
  const storage = volume.spec?.capacity?.['storage'];
  if (storage === undefined) throw new Error(`PersistentVolume ${JSON.stringify(nameOf(volume))} is without a storage capacity`);
  return before === undefined ? { ...volume.spec?.capacity } : { ...known, storage: before };
}
