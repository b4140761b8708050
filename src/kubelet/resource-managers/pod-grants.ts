import type { Container } from '../../runtime/runtime.ts';
import { labels } from '../pods/pod-runtime.ts';

/**
 * Who has what, by pod and container. Each container of a pod carries the grants of all of them in an annotation, so that a
 * later kubelet knows those of containers that are still to start, too.
 */
export class PodGrants<T> {
  readonly #annotation: string;
  readonly #format: (grant: T) => string;
  readonly #parse: (text: string) => T;
  readonly #grants = new Map<string, Map<string, T>>();

  constructor(annotation: string, format: (grant: T) => string, parse: (text: string) => T) {
    this.#annotation = annotation;
    this.#format = format;
    this.#parse = parse;
  }

  of(podUid: string, container: string): T | undefined {
    return this.#grants.get(podUid)?.get(container);
  }

  /** Has any container of the pod something? */
  has(podUid: string): boolean {
    return this.#grants.has(podUid);
  }

  all(): readonly T[] {
    return [...this.#grants.values()].flatMap((containers) => [...containers.values()]);
  }

  give(podUid: string, container: string, grant: T): void {
    let containers = this.#grants.get(podUid);
    if (containers === undefined) this.#grants.set(podUid, containers = new Map());
    containers.set(container, grant);
  }

  /** Takes one container's back. */
  take(podUid: string, container: string): void {
    this.#grants.get(podUid)?.delete(container);
  }

  /** Returns whether the pod had any. */
  release(podUid: string): boolean {
    return this.#grants.delete(podUid);
  }

  /** What a container of the pod is to carry. */
  annotations(podUid: string): Readonly<Record<string, string>> {
    const containers = this.#grants.get(podUid);
    return containers === undefined ? {} : { [this.#annotation]: JSON.stringify(Object.fromEntries([...containers].map(([name, grant]) => [name, this.#format(grant)]))) };
  }

  /** Reads what containers carry: a pod's newest knows best. */
  recover(containers: readonly Container[]): void {
    for (const { annotations, labels: { [labels.podUid]: podUid } } of containers.toSorted((a, b) => b.createdAtMs - a.createdAtMs)) {
      const written = annotations[this.#annotation];
      if (written === undefined || podUid === undefined || this.has(podUid)) continue;
      for (const [name, text] of Object.entries(JSON.parse(written) as Record<string, string>)) this.give(podUid, name, this.#parse(text));
    }
  }
}
