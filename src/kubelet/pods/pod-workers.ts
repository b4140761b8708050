import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { isStatic } from '../static-pods/annotations.ts';
import { PodWorker } from './pod-worker.ts';

const keyOf = (pod: Pod): string => `${namespaceOf(pod)}/${nameOf(pod)}`;

/** The pods of one node, each with its worker: from when they are heard of until nothing is left of them. */
export class PodWorkers {
  readonly #context: () => KubeletContext;
  readonly #onGone: (pod: Pod) => void;
  readonly #byUid = new Map<string, PodWorker>();
  readonly #byName = new Map<string, PodWorker>();
  /** Static pods that take the name of one that has yet to end. */
  readonly #next = new Map<string, Pod>();

  /** `onGone`: nothing is left of a pod. */
  constructor(context: () => KubeletContext, onGone: (pod: Pod) => void) {
    this.#context = context;
    this.#onGone = onGone;
  }

  [Symbol.iterator](): MapIterator<PodWorker> {
    return this.#byUid.values();
  }

  get(podUid: string): PodWorker | undefined {
    return this.#byUid.get(podUid);
  }

  /** A pod of this node. Without a uid: the one that now has the name. */
  find(namespace: string, name: string, uid?: string): PodWorker | undefined {
    return uid === undefined ? this.#byName.get(`${namespace}/${name}`) : this.#byUid.get(uid);
  }

  wake(podUid: string): void {
    this.#byUid.get(podUid)?.wake();
  }

  wakeAll(): void {
    for (const worker of this) worker.wake();
  }

  /** A pod is to run here, or a newer version of one that does. */
  put(pod: Pod): void {
    const known = this.#byUid.get(uidOf(pod));
    const before = this.#byName.get(keyOf(pod));
    if (isStatic(pod) && before !== undefined && (before !== known || before.isEnding)) {
      this.#next.set(keyOf(pod), pod);
      return;
    }
    if (known === undefined) {
      this.#start(pod);
      return;
    }
    if (known.pod.metadata.generation !== pod.metadata.generation) this.#wakeResizes(known);
    known.update(pod);
  }

  /** A pod is gone from where it came from. Static ones get their grace period: nobody was asked for patience before. */
  remove(pod: Pod): void {
    const next = this.#next.get(keyOf(pod));
    if (next !== undefined && uidOf(next) === uidOf(pod)) this.#next.delete(keyOf(pod));
    this.#byUid.get(uidOf(pod))?.remove({ withGrace: isStatic(pod) });
  }

  /** Ends all loops and leaves everything as it is. */
  stop(): void {
    for (const worker of this) worker.stop();
  }

  #start(pod: Pod): void {
    const key = keyOf(pod);
    const worker = new PodWorker(this.#context(), pod, (podUid) => {
      this.#byUid.delete(podUid);
      this.#wakeResizes(worker);
      if (this.#byName.get(key) === worker) this.#byName.delete(key);
      this.#onGone(pod);
      const next = this.#next.get(key);
      this.#next.delete(key);
      if (next !== undefined) this.put(next);
    });
    this.#byUid.set(uidOf(pod), worker);
    this.#byName.set(key, worker);
  }

  /** One of the others has changed or gone: there may be room now for those that wait to grow. */
  #wakeResizes(except: PodWorker): void {
    for (const other of this) if (other !== except && other.isResizePending) other.wake();
  }
}
