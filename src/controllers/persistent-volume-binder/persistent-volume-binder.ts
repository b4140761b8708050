import { joinKey, keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { persistentvolumeclaims, persistentvolumes, pods, storageclasses } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts';
import type { StorageClass } from '../../api/types/storage/v1.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { isTerminal } from '../common/pods.ts';
import { asksForClass, bestMatch, bindCompleted, boundByController, classOf, defaultClassOf, hasAnnotation, isBoundTo, mismatch, modesDiffer, provisionedBy, selectedNode } from './matching.ts';
import { BinderWriter } from './writer.ts';

const identity = 'persistent-volume-binder';
const component = 'persistentvolume-controller';
const provisionerAnnotations = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'] as const;
const podsByClaim = 'claim';
/** How often upstream looks at every claim again: --pvclaimbinder-sync-period. */
const resyncMs = 15_000;
/** What keys of the one queue begin with. */
const [claimPrefix, volumePrefix] = ['claim:', 'volume:'];

/** Binds claims to volumes, asks provisioners for those that are missing, and gives volumes back when their claim is gone. */
export async function startPersistentVolumeBinder(context: ControllerContext): Promise<void> {
  new PersistentVolumeBinder(context, context.clientFor(identity)).start();
}

/** The claims that a pod uses, by key. */
function claimKeysOf(pod: Pod): string[] {
  const keys: string[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of pod.spec?.volumes ?? []) {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${nameOf(pod)}-${name}`);
    if (claim !== undefined) keys.push(joinKey(namespaceOf(pod), claim));
  }
  return keys;
}

class PersistentVolumeBinder {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #writer: BinderWriter;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #pods: Informer<Pod>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext, client: Client) {
    const { informers, clock } = context;
    this.#context = context;
    this.#client = client;
    this.#recorder = recorderFor(context, client, component);
    this.#writer = new BinderWriter(client, this.#recorder);
    this.#claims = informers.informer(persistentvolumeclaims);
    this.#volumes = informers.informer(persistentvolumes);
    this.#classes = informers.informer(storageclasses);
    this.#pods = informers.informer(pods);
    this.#pods.addIndex(podsByClaim, claimKeysOf);
    this.#queue = new WorkQueue({ clock });
  }

  start(): void {
    const addClaim = (claim: PersistentVolumeClaim): void => this.#queue.add(claimPrefix + keyOf(claim));
    const addVolume = (volume: PersistentVolume): void => {
      this.#queue.add(volumePrefix + nameOf(volume));
      const reference = volume.spec?.claimRef;
      if (reference?.namespace !== undefined && reference.name !== undefined) this.#queue.add(claimPrefix + joinKey(reference.namespace, reference.name));
    };
    const addPending = (concerns: (claim: PersistentVolumeClaim) => boolean): void => {
      for (const claim of this.#claims.lister.list()) if (!hasAnnotation(claim, bindCompleted) && concerns(claim)) addClaim(claim);
    };
    this.#claims.addHandler({
      add: addClaim,
      update: (_old, claim) => addClaim(claim),
      delete: (claim) => { if (claim.spec?.volumeName !== undefined) this.#queue.add(volumePrefix + claim.spec.volumeName); },
    });
    const volumeChanged = (volume: PersistentVolume): void => {
      addVolume(volume);
      // A volume that has become free may be what somebody waits for; so may one that is asked for by name.
      if (volume.spec?.claimRef === undefined && volume.status?.phase === 'Available') addPending((claim) => (claim.spec?.volumeName ?? '') === '' || claim.spec?.volumeName === nameOf(volume));
      else addPending((claim) => claim.spec?.volumeName === nameOf(volume));
    };
    this.#volumes.addHandler({ add: volumeChanged, update: (_old, volume) => volumeChanged(volume), delete: addVolume });
    const classChanged = (changed: StorageClass): void => addPending((claim) => !asksForClass(claim) || classOf(claim) === nameOf(changed));
    this.#classes.addHandler({ add: classChanged, update: (_old, changed) => classChanged(changed) });
    // A claim says which pods wait for it when it is looked at again; upstream does that every so often.
    const podSeen = (pod: Pod): void => {
      for (const key of claimKeysOf(pod)) {
        const { namespace, name } = splitKey(key);
        const claim = this.#claims.lister.get(namespace, name);
        if (claim !== undefined && !hasAnnotation(claim, bindCompleted)) this.#queue.addAfter(claimPrefix + key, resyncMs);
      }
    };
    this.#pods.addHandler({ add: podSeen });
    const { clock, logger, signal } = this.#context;
    // One after the other, so that no two claims are given one volume.
    runController({ name: component, clock, logger, signal, workers: 1, informers: [this.#claims, this.#volumes, this.#classes, this.#pods], queue: this.#queue, reconcile: (key) => this.#sync(key) });
  }

  async #sync(key: string): Promise<void> {
    if (key.startsWith(volumePrefix)) {
      const volume = this.#volumes.lister.get('', key.slice(volumePrefix.length));
      if (volume !== undefined) await this.#syncVolume(volume);
      return;
    }
    const { namespace, name } = splitKey(key.slice(claimPrefix.length));
    const claim = this.#claims.lister.get(namespace, name);
    if (claim === undefined) return;
    await (hasAnnotation(claim, bindCompleted) ? this.#syncBoundClaim(claim) : this.#syncUnboundClaim(claim));
  }

  async #syncUnboundClaim(claim: PersistentVolumeClaim): Promise<void> {
    const wanted = claim.spec?.volumeName ?? '';
    if (wanted === '') return this.#findVolume(claim);
    const volume = this.#volumes.lister.get('', wanted);
    if (volume === undefined) return this.#writer.claimPhase(claim, 'Pending', undefined);
    if (volume.spec?.claimRef === undefined) {
      const wrong = mismatch(volume, claim);
      if (wrong === undefined) return this.#writer.bind(volume, claim);
      this.#recorder.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume ${JSON.stringify(wanted)}: ${wrong}`);
      return this.#writer.claimPhase(claim, 'Pending', undefined);
    }
    if (isBoundTo(volume, claim)) return this.#writer.bind(volume, claim);
    this.#recorder.event(claim, 'Warning', 'FailedBinding', `volume ${JSON.stringify(wanted)} already bound to a different claim.`);
    if (!hasAnnotation(claim, boundByController)) return this.#writer.claimPhase(claim, 'Pending', undefined);
    const { namespace, name } = volume.spec.claimRef;
    throw new Error(`invalid binding of claim ${JSON.stringify(keyOf(claim))} to volume ${JSON.stringify(wanted)}: volume already claimed by ${JSON.stringify(`${namespace}/${name}`)}`);
  }

  async #findVolume(claim: PersistentVolumeClaim): Promise<void> {
    const wantedClass = classOf(claim);
    const delayed = wantedClass !== '' && this.#classes.lister.get('', wantedClass)?.volumeBindingMode === 'WaitForFirstConsumer';
    const volume = bestMatch(claim, this.#volumes.lister.list(), { delayed });
    if (volume !== undefined) return this.#writer.bind(volume, claim);
    const defaultClass = asksForClass(claim) ? undefined : defaultClassOf(this.#classes.lister.list());
    if (defaultClass !== undefined) {
      await this.#client.update(persistentvolumeclaims, { ...claim, spec: { ...claim.spec, storageClassName: nameOf(defaultClass) } });
      return;
    }
    if (delayed && !hasAnnotation(claim, selectedNode)) this.#saySomebodyIsAwaited(claim);
    else if (wantedClass !== '') return this.#provision(claim, wantedClass);
    else this.#recorder.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
    return this.#writer.claimPhase(claim, 'Pending', undefined);
  }

  #saySomebodyIsAwaited(claim: PersistentVolumeClaim): void {
    const waiting = this.#pods.lister.byIndex(podsByClaim, keyOf(claim)).filter((pod) => !isTerminal(pod) && (pod.spec?.nodeName ?? '') === '').map(nameOf);
    if (waiting.length === 0) this.#recorder.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    else this.#recorder.event(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${waiting.length > 1 ? 'pods' : 'pod'} ${waiting.join()} to be scheduled`);
  }

  /** Asks the class's provisioner for a volume, by annotations: provisioners are programs of their own. */
  async #provision(claim: PersistentVolumeClaim, className: string): Promise<void> {
    const storageClass = this.#classes.lister.get('', className);
    const failed = (message: string): void => this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', message);
    if (storageClass === undefined) return failed(`storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
    const { provisioner } = storageClass;
    if (provisioner.startsWith('kubernetes.io/')) return failed(`no volume plugin matched name: ${provisioner}`);
    if (claim.metadata.annotations?.[provisionerAnnotations[1]] !== provisioner) {
      const annotations = { ...claim.metadata.annotations, ...Object.fromEntries(provisionerAnnotations.map((name) => [name, provisioner])) };
      await this.#client.update(persistentvolumeclaims, { ...claim, metadata: { ...claim.metadata, annotations } });
    }
    this.#recorder.event(claim, 'Normal', 'ExternalProvisioning', `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`);
  }

  async #syncBoundClaim(claim: PersistentVolumeClaim): Promise<void> {
    const lost = (reason: string, message: string): Promise<void> => this.#writer.claimPhase(claim, 'Lost', undefined, { type: 'Warning', reason, message });
    const wanted = claim.spec?.volumeName ?? '';
    if (wanted === '') return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
    const volume = this.#volumes.lister.get('', wanted);
    if (volume === undefined) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
    if (volume.spec?.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid) return this.#writer.bind(volume, claim);
    return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }

  async #syncVolume(volume: PersistentVolume): Promise<void> {
    const reference = volume.spec?.claimRef;
    if (reference === undefined || (reference.uid ?? '') === '') {
      await this.#writer.volumePhase(volume, 'Available');
      return;
    }
    const claim = await this.#claimOf(volume);
    const dynamic = hasAnnotation(volume, provisionedBy) && volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
    if (claim === undefined || (claim.spec?.volumeName !== undefined && claim.spec.volumeName !== nameOf(volume) && dynamic)) return this.#release(volume);
    if ((claim.spec?.volumeName ?? '') === '') {
      if (modesDiffer(volume, claim)) {
        this.#recorder.event(volume, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${JSON.stringify(nameOf(claim))} due to incompatible volumeMode.`);
        this.#recorder.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume ${JSON.stringify(nameOf(volume))} to requested PersistentVolumeClaim due to incompatible volumeMode.`);
        return;
      }
      this.#queue.add(claimPrefix + keyOf(claim));
    } else if (claim.spec?.volumeName === nameOf(volume)) await this.#writer.volumePhase(volume, 'Bound');
    // Another volume was faster.
    else await this.#writer.unbind(volume);
  }

  /** The claim that the volume is bound to. The cache may be behind: before a volume is given back, the server is asked. */
  async #claimOf(volume: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const { namespace = '', name = '', uid } = volume.spec?.claimRef ?? {};
    const cached = this.#claims.lister.get(namespace, name);
    if (cached !== undefined && cached.metadata.uid === uid) return cached;
    if (cached === undefined && (volume.status?.phase === 'Released' || volume.status?.phase === 'Failed')) return undefined;
    try {
      const live = await this.#client.get(persistentvolumeclaims, { namespace, name });
      return live.metadata.uid === uid ? live : undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Its claim is gone: the reclaim policy says what becomes of the volume. */
  async #release(volume: PersistentVolume): Promise<void> {
    const phase = volume.status?.phase;
    const released = phase === 'Released' || phase === 'Failed' ? volume : await this.#writer.volumePhase(volume, 'Released');
    const failed = async (reason: string, message: string): Promise<void> => { await this.#writer.volumePhase(released, 'Failed', { type: 'Warning', reason, message }); };
    switch (volume.spec?.persistentVolumeReclaimPolicy) {
      case undefined: case 'Retain': return;
      // Deprecated, and nothing here scrubs volumes.
      case 'Recycle': return failed('VolumeFailedRecycle', 'No recycler plugin found for the volume!');
      case 'Delete': {
        const wrong = deletionError(volume);
        return wrong === undefined ? undefined : failed('VolumeFailedDelete', wrong);
      }
      default: return failed('VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy');
    }
  }
}

/** Why nobody will delete the volume; undefined for one that its provisioner deletes. */
function deletionError(volume: PersistentVolume): string | undefined {
  const provisioner = volume.metadata.annotations?.[provisionedBy] ?? '';
  if (provisioner !== '') return provisioner.startsWith('kubernetes.io/') ? `no volume plugin matched name: ${provisioner}` : undefined;
  if (volume.spec?.csi !== undefined) return undefined;
  const path = volume.spec?.hostPath?.path;
  if (path !== undefined && !/^\/tmp\/.+/.test(path)) return `host_path deleter only supports /tmp/.+ but received provided ${path}`;
  return `error getting deleter volume plugin for volume ${JSON.stringify(nameOf(volume))}: no deletable volume plugin matched`;
}
