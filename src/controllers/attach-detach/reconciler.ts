import { findCondition } from '../../api/meta/conditions.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { nameOf } from '../../api/meta/object.ts';
import { nodes, volumeattachments } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { VolumeAttachment } from '../../api/types/storage/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Counter, Vector } from '../../base/metric-vector.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Lister } from '../../client/informer/store.ts';
import { messageOf } from '../common/errors.ts';
import type { Attachable, VolumeListers } from './attachable.ts';
import { attachableVolume, attachablesOf, attachmentName, csiVolume, isAttachedByNode, isTerminated } from './attachable.ts';
import type { OnNode } from './attached-volumes.ts';
import { AttachedVolumes } from './attached-volumes.ts';
import { multiAttachMessages } from './multi-attach.ts';
import type { Operation } from './operations.ts';
import { Operations } from './operations.ts';

/** A node that is not healthy may keep a volume mounted for so long before it is taken away. */
const maxWaitForUnmountMs = 6 * 60_000;
const managedAnnotation = 'volumes.kubernetes.io/controller-managed-attach-detach';
const outOfService = 'node.kubernetes.io/out-of-service';

export interface ReconcilerParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  /** Pods with a node that may want volumes attached, by key. */
  readonly users: ReadonlyMap<string, Pod>;
  readonly nodes: Lister<Node>;
  readonly attachments: Lister<VolumeAttachment>;
  readonly listers: VolumeListers;
  /** Volumes that were taken from nodes without asking whether they use them, by reason. */
  readonly forced: Vector<Counter>;
  /** Asks for another pass. */
  readonly wake: () => void;
}

/** A volume that pods of a node want. */
export interface Wanted {
  readonly attachable: Attachable;
  readonly node: string;
  readonly pods: Pod[];
}

/** Brings what is attached in line with what pods want, a pass at a time. */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #attached = new AttachedVolumes();
  readonly #operations = new Operations();
  /** Volumes on nodes that were told that another node has them: each is told once. */
  readonly #multiAttachTold = new Set<string>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** What was attached before this controller was started: nodes say it, and VolumeAttachments do. */
  populate(): void {
    const { attachments, listers } = this.#parts;
    for (const node of this.#parts.nodes.list()) {
      for (const { name, devicePath } of node.status?.volumesAttached ?? []) this.#attached.markAttached(name, nameOf(node), { devicePath });
    }
    for (const { spec } of attachments.list()) {
      const volume = spec.source.persistentVolumeName === undefined ? undefined : listers.volumes.get('', spec.source.persistentVolumeName);
      const attachable = volume === undefined ? undefined : attachableVolume(volume, listers.drivers);
      if (attachable !== undefined && this.#attached.get(attachable.name, spec.nodeName) === undefined) this.#attached.markUncertain(attachable.name, spec.nodeName, attachable);
    }
  }

  nodeSeen(node: Node): void {
    this.#attached.setInUse(nameOf(node), node.status?.volumesInUse ?? []);
    this.#attached.touch(nameOf(node));
  }

  nextDueMs(nowMs: number): number | undefined {
    const times = [this.#operations.nextMs(nowMs), ...this.#attached.all().map(({ detachRequestedMs }) => (detachRequestedMs === undefined ? undefined : detachRequestedMs + maxWaitForUnmountMs + 1))];
    const later = times.filter((ms) => ms !== undefined && ms > nowMs) as number[];
    return later.length === 0 ? undefined : Math.min(...later);
  }

  async pass(): Promise<void> {
    const wanted = this.#wanted();
    for (const operation of this.#operations.running) this.#judge(operation, wanted);
    this.#findLost();
    // Detaching comes first, so that volumes of pods that moved are free for their new nodes.
    for (const entry of this.#attached.all()) if (!wanted.has(id(entry.name, entry.node))) await this.#detach(entry);
    for (const one of wanted.values()) this.#attach(one);
    for (const told of this.#multiAttachTold) if (!wanted.has(told)) this.#multiAttachTold.delete(told);
    const known = new Set([...wanted.values()].map(({ attachable, node }) => id(attachable.name, node)).concat(this.#attached.all().map(({ name, node }) => id(name, node))));
    this.#operations.forget((name, node) => known.has(id(name, node)));
    for (const node of this.#attached.takeStale()) await this.#tell(node);
  }

  #wanted(): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const pod of this.#parts.users.values()) {
      const node = pod.spec?.nodeName ?? '';
      if (isTerminated(pod) || this.#parts.nodes.get('', node)?.metadata.annotations?.[managedAnnotation] === undefined) continue;
      for (const attachable of attachablesOf(pod, this.#parts.listers)) {
        const key = id(attachable.name, node);
        const known = wanted.get(key);
        if (known === undefined) wanted.set(key, { attachable, node, pods: [pod] });
        else known.pods.push(pod);
        const entry = this.#attached.get(attachable.name, node);
        if (entry !== undefined) entry.attachable = attachable;
      }
    }
    return wanted;
  }

  /** What was attached and is so no longer, though nobody here asked for it. */
  #findLost(): void {
    for (const { name, node, confirmed } of this.#attached.all()) {
      const volume = csiVolume(name);
      if (!confirmed || volume === undefined || this.#operations.isRunning(name, node)) continue;
      if (this.#parts.listers.drivers.get('', volume.driver)?.spec.attachRequired === false) continue;
      if (this.#parts.attachments.get('', attachmentName(volume, node))?.status?.attached !== true) this.#attached.markDetached(name, node);
    }
  }

  async #detach(entry: OnNode): Promise<void> {
    const { clock, nodes: lister, client, logger, forced } = this.#parts;
    const { name, node } = entry;
    const key = Operations.key(name, node, entry.attachable?.shared ?? true);
    const nowMs = clock.now();
    if (this.#operations.isRunning(name, node) || !this.#operations.mayStart(key, nowMs)) return;
    if (csiVolume(name) === undefined && !isAttachedByNode(name)) return;
    entry.detachRequestedMs ??= nowMs;
    const expired = nowMs - entry.detachRequestedMs > maxWaitForUnmountMs;
    const found = lister.get('', node);
    const isHealthy = findCondition(found?.status?.conditions, 'Ready')?.status === 'True';
    const isOut = found?.spec?.taints?.some((taint) => taint.key === outOfService) === true;
    if (this.#attached.isInUse(name, node) && !(expired && !isHealthy) && !isOut) return;
    const wasReported = entry.reported;
    this.#attached.report(entry, false);
    if (wasReported && !(await this.#tell(node))) {
      this.#attached.report(entry, true);
      return;
    }
    const operation: Operation = { kind: 'detach', name, node, attachable: entry.attachable, startedMs: nowMs, requested: false, error: undefined };
    this.#operations.start(key, operation);
    const request = async (): Promise<void> => {
      // The cache may be behind what the node says.
      if (!expired && !isOut) await this.#verifyUnused(name, node);
      const volume = csiVolume(name);
      if (volume !== undefined) await client.delete(volumeattachments, { name: attachmentName(volume, node) });
    };
    this.#request(operation, request, (error) => isReason(error, 'NotFound'));
    if (!expired && !isOut) return;
    forced.with(expired ? 'timeout' : 'out-of-service').value += 1;
    logger.info('a volume is taken from a node that did not unmount it', { volume: name, node });
  }

  async #verifyUnused(name: string, node: string): Promise<void> {
    let live: Node;
    try {
      live = await this.#parts.client.get(nodes, { name: node });
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      throw error;
    }
    if (live.status?.volumesInUse?.includes(name) === true) throw new Error('volume is still in use by node, according to Node status');
  }

  #attach({ attachable, node, pods: users }: Wanted): void {
    const { clock, recorder, client } = this.#parts;
    const { name, title, shared } = attachable;
    if (this.#operations.isRunning(name, node)) return;
    const entry = this.#attached.get(name, node);
    if (entry?.confirmed === true) {
      entry.detachRequestedMs = undefined;
      this.#attached.report(entry, true);
      return;
    }
    const others = shared ? [] : this.#attached.nodesOf(name);
    if (others.length > 0) {
      if (this.#multiAttachTold.has(id(name, node))) return;
      this.#multiAttachTold.add(id(name, node));
      const blockers = [...this.#wanted().values()].filter((one) => one.attachable.name === name && one.node !== node).flatMap((one) => one.pods);
      for (const [pod, message] of multiAttachMessages(title, users, blockers)) recorder.event(pod, 'Warning', 'FailedAttachVolume', message);
      return;
    }
    const key = Operations.key(name, node, shared);
    if (!this.#operations.mayStart(key, clock.now())) return;
    const operation: Operation = { kind: 'attach', name, node, attachable, startedMs: clock.now(), requested: false, error: undefined };
    this.#operations.start(key, operation);
    const volume = csiVolume(name);
    const request = async (): Promise<void> => {
      if (volume === undefined || this.#parts.attachments.get('', attachmentName(volume, node)) !== undefined) return;
      try {
        await client.create(volumeattachments, { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: attachmentName(volume, node) }, spec: { attacher: volume.driver, nodeName: node, source: { persistentVolumeName: title } } });
      } catch (error) {
        throw isReason(error, 'AlreadyExists') ? error : new Error(`kubernetes.io/csi: attacher.Attach failed: ${messageOf(error)}`, { cause: error });
      }
    };
    this.#request(operation, request, (error) => isReason(error, 'AlreadyExists'));
  }

  #request(operation: Operation, request: () => Promise<void>, isFine: (error: unknown) => boolean): void {
    request().catch((error: unknown) => { if (!isFine(error)) operation.error = messageOf(error); }).finally(() => {
      operation.requested = true;
      this.#parts.wake();
    });
  }

  /** Has what was asked for happened, or failed? */
  #judge(operation: Operation, wanted: ReadonlyMap<string, Wanted>): void {
    if (!operation.requested) return;
    const volume = csiVolume(operation.name);
    const attachment = volume === undefined ? undefined : this.#parts.attachments.get('', attachmentName(volume, operation.node));
    const error = operation.error ?? (volume === undefined ? undefined : this.#problemOf(operation, attachment, volume));
    if (error !== undefined) this.#failed(operation, error, wanted);
    else if (operation.kind === 'attach' ? volume === undefined || attachment?.status?.attached === true : attachment === undefined) this.#succeeded(operation, wanted);
  }

  #problemOf(operation: Operation, attachment: VolumeAttachment | undefined, { driver, handle }: { readonly driver: string; readonly handle: string }): string | undefined {
    const nowMs = this.#parts.clock.now();
    const { kind } = operation;
    if (kind === 'attach') {
      if (attachment?.metadata.deletionTimestamp !== undefined) return 'volume attachment is being deleted';
      if (attachment?.status?.attached === true) return undefined;
    } else if (attachment === undefined) return undefined;
    const said = kind === 'attach' ? attachment?.status?.attachError : attachment?.status?.detachError;
    if (said !== undefined && Operations.isSettled(operation, nowMs)) return said.message ?? '';
    return Operations.isLate(operation, nowMs) ? `timed out waiting for external-attacher of ${kind === 'attach' ? driver : 'unknown'} CSI driver to ${kind} volume ${handle}` : undefined;
  }

  #succeeded(operation: Operation, wanted: ReadonlyMap<string, Wanted>): void {
    const { kind, name, node, attachable } = operation;
    this.#operations.succeed(operation);
    if (kind === 'detach') {
      this.#attached.markDetached(name, node);
      return;
    }
    this.#attached.markAttached(name, node, { attachable });
    // The two spaces are upstream's: nothing follows.
    for (const pod of wanted.get(id(name, node))?.pods ?? []) this.#parts.recorder.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume ${JSON.stringify(attachable?.title ?? 'nil')} `);
  }

  #failed(operation: Operation, error: string, wanted: ReadonlyMap<string, Wanted>): void {
    const { kind, name, node, attachable } = operation;
    this.#operations.fail(operation, this.#parts.clock.now());
    this.#attached.markUncertain(name, node, attachable);
    if (kind === 'detach') this.#parts.logger.warn('a volume could not be detached', { volume: name, node, error });
    else for (const pod of wanted.get(id(name, node))?.pods ?? []) this.#parts.recorder.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume ${JSON.stringify(attachable?.title ?? 'nil')} : ${error}`);
  }

  /** Writes into the node's status what is attached to it. False: it could not be written; it is tried again. */
  async #tell(name: string): Promise<boolean> {
    const { nodes: lister, client, logger } = this.#parts;
    const node = lister.get('', name);
    const volumesAttached = this.#attached.reportedTo(name);
    // A node that is not there is told nothing, and told everything once it is.
    if (node === undefined || semanticEqual(node.status?.volumesAttached ?? [], volumesAttached)) return true;
    try {
      await client.patch(nodes, { name }, { type: 'strategic', value: { status: { volumesAttached: volumesAttached.length === 0 ? null : volumesAttached } } }, { subresource: 'status' });
      return true;
    } catch (error) {
      if (isReason(error, 'NotFound')) return true;
      logger.warn('the status of a node could not be written', { node: name, error });
      this.#attached.touch(name);
      this.#parts.wake();
      return false;
    }
  }
}

const id = (name: string, node: string): string => `${node} ${name}`;
