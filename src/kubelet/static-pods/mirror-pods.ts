import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { mirrorPodAnnotation } from '../../api/pod/references.ts';
import { pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Client } from '../../client/client.ts';
import { configHash } from './annotations.ts';

const retryMs = 1000;

export interface MirrorPodsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeName: string;
  /** Mirrors belong to it; undefined before it is registered. */
  readonly node: () => Node | undefined;
  readonly signal: AbortSignal;
}

interface Entry {
  /** What runs here under this name; undefined: nothing, so that no mirror may stay. */
  pod: Pod | undefined;
  /** What the API shows. */
  mirror: Pod | undefined;
  isBusy: boolean;
  isChanged: boolean;
  timer: Timer | undefined;
}

const keyOf = (pod: Pod): string => `${namespaceOf(pod)}/${nameOf(pod)}`;
const isMirrorOf = (mirror: Pod, pod: Pod): boolean => mirror.metadata.annotations?.[mirrorPodAnnotation] === pod.metadata.annotations?.[configHash];

/** Keeps one pod object in the API for each static pod, so that everybody sees what runs: made again when it is deleted, and never more than an image. */
export class MirrorPods {
  readonly #options: MirrorPodsOptions;
  readonly #entries = new Map<string, Entry>();
  #isStarted = false;

  constructor(options: MirrorPodsOptions) {
    this.#options = options;
  }

  /** From here on the API's pods are known and the node is registered: what is missing is made, and what is too many goes. */
  start(): void {
    this.#isStarted = true;
    for (const key of this.#entries.keys()) this.#touch(key);
  }

  /** A static pod runs, or is about to. */
  keep(pod: Pod): void {
    this.#change(keyOf(pod), (entry) => { entry.pod = pod; });
  }

  /** A static pod has ended for good. */
  forget(pod: Pod): void {
    this.#change(keyOf(pod), (entry) => { if (entry.pod !== undefined && uidOf(entry.pod) === uidOf(pod)) entry.pod = undefined; });
  }

  /** A mirror as the watch shows it. Returns the static pod whose mirror it is. */
  observe(mirror: Pod): Pod | undefined {
    return this.#change(keyOf(mirror), (entry) => { entry.mirror = mirror; }).pod;
  }

  /** A mirror is gone from the API. */
  gone(mirror: Pod): void {
    this.#change(keyOf(mirror), (entry) => { if (entry.mirror !== undefined && uidOf(entry.mirror) === uidOf(mirror)) entry.mirror = undefined; });
  }

  /** The mirror that a static pod's status is written to; undefined while there is none. */
  of(pod: Pod): Pod | undefined {
    const mirror = this.#entries.get(keyOf(pod))?.mirror;
    return mirror !== undefined && isMirrorOf(mirror, pod) && mirror.metadata.deletionTimestamp === undefined ? mirror : undefined;
  }

  /** The static pod whose mirror has this uid. */
  podOf(mirrorUid: string): Pod | undefined {
    for (const { pod, mirror } of this.#entries.values()) if (mirror !== undefined && uidOf(mirror) === mirrorUid) return pod;
    return undefined;
  }

  #change(key: string, change: (entry: Entry) => void): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, entry = { pod: undefined, mirror: undefined, isBusy: false, isChanged: false, timer: undefined });
    change(entry);
    this.#touch(key);
    return entry;
  }

  #touch(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || !this.#isStarted) return;
    entry.isChanged = true;
    if (!entry.isBusy) void this.#reconcile(key, entry);
  }

  async #reconcile(key: string, entry: Entry): Promise<void> {
    const { clock, logger, signal } = this.#options;
    entry.isBusy = true;
    entry.timer?.cancel();
    while (entry.isChanged && !signal.aborted) {
      entry.isChanged = false;
      try {
        await this.#step(entry);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('a mirror pod could not be kept', { pod: key, error });
        entry.timer = clock.setTimer(retryMs, () => this.#touch(key), { unref: true });
      }
    }
    entry.isBusy = false;
    if (entry.pod === undefined && entry.mirror === undefined) this.#entries.delete(key);
  }

  async #step(entry: Entry): Promise<void> {
    const { client } = this.#options;
    const { pod, mirror } = entry;
    if (mirror !== undefined) {
      if (pod !== undefined && mirror.metadata.deletionTimestamp === undefined && isMirrorOf(mirror, pod)) return;
      await client.delete(pods, { namespace: namespaceOf(mirror), name: nameOf(mirror) }, { gracePeriodSeconds: 0, preconditions: { uid: uidOf(mirror) } }).catch((error: unknown) => {
        if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
      });
      // The watch says when it has gone, and what is there instead.
      return;
    }
    if (pod === undefined) return;
    entry.mirror = await client.create(pods, this.#imageOf(pod));
  }

  #imageOf(pod: Pod): Pod {
    const node = this.#options.node();
    if (node === undefined) throw new Error('failed to get node UID: the node is not registered yet');
    const { uid: _uid, ...metadata } = pod.metadata;
    const hash = pod.metadata.annotations?.[configHash] ?? '';
    return {
      apiVersion: 'v1', kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [mirrorPodAnnotation]: hash },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.#options.nodeName, uid: uidOf(node), controller: true }],
      },
      ...(pod.spec !== undefined && { spec: pod.spec }),
    };
  }
}
