import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Image, Runtime } from '../../runtime/runtime.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';

export interface ImageCollection {
  /** Above this share of the disk in use, images go … Default 85; 100 never. */
  readonly highThresholdPercent: number;
  /** … until no more than this is. Default 80. */
  readonly lowThresholdPercent: number;
  /** Images stay at least so long after they were first seen. Default two minutes. */
  readonly minAgeMs: number;
  /** Images that nobody has used for so long go, however much room there is. Default: never. */
  readonly maxAgeMs?: number;
}

export const defaultImageCollection: ImageCollection = { highThresholdPercent: 85, lowThresholdPercent: 80, minAgeMs: 120_000 };
/** How often the disk is looked at. */
export const imageCheckMs = 300_000;

interface Record { readonly firstSeenMs: number; lastUsedMs: number }

/** Removes images that no container and no volume uses, the longest unused first, when the disk fills up. */
export class ImageCollector {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #policy: ImageCollection;
  readonly #volumeImages: () => readonly string[];
  readonly #metrics: MetricsSink;
  #sinceMs: number | undefined;
  readonly #records = new Map<string, Record>();

  /** `volumeImages`: names of images whose files pods have mounted as volumes. */
  constructor(options: { readonly runtime: Runtime; readonly clock: Clock; readonly logger: Logger; readonly policy: ImageCollection; readonly volumeImages: () => readonly string[]; readonly metrics?: MetricsSink }) {
    this.#metrics = options.metrics ?? noMetrics;
    this.#volumeImages = options.volumeImages;
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#policy = options.policy;
  }

  /** Looks at the disk; returns what to tell of a node where freeing was not enough, else undefined. */
  async collect({ availableBytes, capacityBytes }: { readonly availableBytes: number; readonly capacityBytes: number }): Promise<string | undefined> {
    const unused = await this.#withoutOld(await this.#unused());
    if (capacityBytes === 0) return undefined;
    const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes);
    if (usedPercent < this.#policy.highThresholdPercent || this.#policy.highThresholdPercent >= 100) return undefined;
    const wanted = Math.floor((capacityBytes * (100 - this.#policy.lowThresholdPercent)) / 100) - availableBytes;
    const freed = await this.#free(unused, wanted);
    if (freed >= wanted) return undefined;
    return `Insufficient free disk space on the node's image filesystem (${usedPercent}% of ${(capacityBytes / 2 ** 30).toFixed(1)} GiB used). Failed to free sufficient space by deleting unused images (freed ${freed} bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or other data.`;
  }

  /** Removes all that nobody uses; returns the bytes that it had. */
  async removeUnused(): Promise<number> {
    return this.#free(await this.#unused(), Infinity);
  }

  /** Removes those that nobody has used for too long; what is known of use begins with this process. */
  async #withoutOld(images: readonly Image[]): Promise<readonly Image[]> {
    const { maxAgeMs } = this.#policy;
    const nowMs = this.#clock.now();
    this.#sinceMs ??= nowMs;
    if (maxAgeMs === undefined || nowMs - this.#sinceMs <= maxAgeMs) return images;
    const isOld = ({ id }: Image): boolean => nowMs - (this.#records.get(id)?.lastUsedMs ?? nowMs) > maxAgeMs;
    await this.#free(images.filter(isOld), Infinity, 'age');
    return images.filter(({ id }) => this.#records.has(id));
  }

  async #unused(): Promise<Image[]> {
    const [images, containers, mounted] = await Promise.all([this.#runtime.listImages(), this.#runtime.listContainers(), Promise.all([...new Set(this.#volumeImages())].map((name) => this.#runtime.imageStatus(name)))]);
    const nowMs = this.#clock.now();
    const used = new Set([...containers.flatMap(({ image, imageRef }) => [image, imageRef]), ...mounted.flatMap((image) => image?.id ?? [])]);
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#records.keys()) if (!present.has(id)) this.#records.delete(id);
    const unused: Image[] = [];
    for (const image of images) {
      const record = this.#records.get(image.id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 };
      this.#records.set(image.id, record);
      if ([image.id, ...image.repoTags, ...image.repoDigests].some((name) => used.has(name))) record.lastUsedMs = nowMs;
      else if (!image.pinned && !isSandboxImage(image)) unused.push(image);
    }
    const of = (image: Image): Record => this.#records.get(image.id) ?? { firstSeenMs: 0, lastUsedMs: 0 };
    return unused.filter((image) => nowMs - of(image).firstSeenMs >= this.#policy.minAgeMs).sort((a, b) => of(a).lastUsedMs - of(b).lastUsedMs || of(a).firstSeenMs - of(b).firstSeenMs);
  }

  async #free(images: readonly Image[], wantedBytes: number, reason: 'space' | 'age' = 'space'): Promise<number> {
    let freed = 0;
    for (const image of images) {
      if (freed >= wantedBytes) break;
      try {
        await this.#runtime.removeImage(image.id);
        this.#records.delete(image.id);
        freed += image.sizeBytes;
        this.#metrics.count('kubelet_image_garbage_collected_total', reason);
        this.#logger.info('an unused image was removed', { image: image.repoTags[0] ?? image.id, bytes: image.sizeBytes });
      } catch (error) {
        this.#logger.warn('an unused image could not be removed', { image: image.id, error });
      }
    }
    return freed;
  }
}

/** Every sandbox is made from it, and not every runtime says that it must stay. */
function isSandboxImage({ repoTags }: Image): boolean {
  return repoTags.some((tag) => /(^|\/)pause:/.test(tag));
}
