import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { StaticPodFiles } from './static-pod-files.ts';

export const defaultFileCheckMs = 20_000;

export interface StaticPodsOptions {
  readonly files: StaticPodFiles;
  readonly nodeName: string;
  readonly checkMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A pod is there, or is not what it was. A pod with another uid comes after the old one was taken away. */
  readonly put: (pod: Pod) => void;
  readonly remove: (pod: Pod) => void;
  readonly signal: AbortSignal;
}

/** Follows the manifests of static pods. What is wrong with one is logged when it is first seen, and the pod is not there. */
export class StaticPods {
  readonly #options: StaticPodsOptions;
  /** By namespace and name, with the manifest that it comes from. */
  readonly #pods = new Map<string, { readonly pod: Pod; readonly text: string }>();
  readonly #texts = new Map<string, string>();
  #wake: (() => void) | undefined;
  #isChanged = false;

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** Follows the files until the signal aborts; call `read` first. */
  async follow(): Promise<void> {
    const { files, clock, checkMs, signal } = this.#options;
    const undo = files.watch(() => {
      this.#isChanged = true;
      this.#wake?.();
    });
    signal.addEventListener('abort', undo, { once: true });
    while (!signal.aborted) {
      if (!this.#isChanged) await new Promise<void>((resolve) => {
        this.#wake = resolve;
        clock.sleep(checkMs, signal).then(resolve, resolve);
      });
      this.#isChanged = false;
      if (!signal.aborted) await this.read();
    }
  }

  /** Reads all manifests and tells of what has changed. */
  async read(): Promise<void> {
    const { files, logger, put, remove } = this.#options;
    let texts: ReadonlyMap<string, string>;
    try {
      texts = await files.read();
    } catch (error) {
      logger.warn('static pods could not be read', { error });
      return;
    }
    if (texts.size === this.#texts.size && [...texts].every(([path, text]) => this.#texts.get(path) === text)) return;
    const pods = await this.#decode(texts);
    this.#texts.clear();
    for (const [path, text] of texts) this.#texts.set(path, text);
    for (const [key, { pod }] of this.#pods) {
      const next = pods.get(key)?.pod;
      if (next !== undefined && uidOf(next) === uidOf(pod)) continue;
      this.#pods.delete(key);
      remove(pod);
    }
    for (const [key, next] of pods) {
      if (this.#pods.get(key)?.text === next.text) continue;
      this.#pods.set(key, next);
      put(next.pod);
    }
  }

  async #decode(texts: ReadonlyMap<string, string>): Promise<Map<string, { readonly pod: Pod; readonly text: string }>> {
    const { nodeName, clock, logger } = this.#options;
    const pods = new Map<string, { readonly pod: Pod; readonly text: string }>();
    if (texts.size === 0) return pods;
    // Schemas and rules are much to load, and most nodes have no static pods.
    const { decodeStaticPod } = await import('./static-pod.ts');
    for (const [path, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      try {
        const pod = decodeStaticPod(text, { path, nodeName, seenAt: formatTime(clock.now()) });
        pods.set(`${namespaceOf(pod)}/${nameOf(pod)}`, { pod, text });
      } catch (error) {
        if (this.#texts.get(path) !== text) logger.error('a static pod is refused', { path, error });
      }
    }
    return pods;
  }
}
