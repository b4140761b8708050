import { uidOf } from '../../api/meta/object.ts';
import type { Container, Pod, Secret } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Image, RegistryAuth, Runtime } from '../../runtime/runtime.ts';
import { BackOff } from '../back-off.ts';
import { formatGoDuration } from '../../base/go-duration.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { PodEvents } from '../pod-events.ts';
import { ImageNameError, parseImageName } from './image-name.ts';
import type { ImageName } from './image-name.ts';
import { credentialsFor } from './pull-secrets.ts';

const mebibyte = 1024 * 1024;
/** Upstream's sizes, the largest first: the label and above how many MiB. */
const sizes: readonly (readonly [label: string, above: number])[] = [['GT10GB', 10_240], ['5GB-10GB', 5120], ['1GB-5GB', 1024], ['500MB-1GB', 500], ['100MB-500MB', 100], ['10MB-100MB', 10], ['0-10MB', 0]];

function sizeLabel(bytes: number): string {
  return sizes.find(([, above]) => bytes > above * mebibyte)?.[0] ?? 'N/A';
}

const defaultParallelPulls = 5;
/** How long ErrImagePull shows before it becomes ImagePullBackOff. */
const soonMs = 1000;

export type ImageResult =
  | { readonly ok: true; readonly image: Image }
  /** `reason`: the container's waiting reason. `retryAfterMs`: when trying again makes sense. */
  | { readonly ok: false; readonly reason: 'InvalidImageName' | 'ErrImageNeverPull' | 'ErrImagePull' | 'ImagePullBackOff' | 'ImageInspectError'; readonly message: string; readonly retryAfterMs: number | undefined };

/** Makes images present before containers start, by their pull policy, with a back-off for those that cannot be pulled. */
export class ImageManager {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #events: PodEvents;
  readonly #maxParallelPulls: number;
  readonly #metrics: MetricsSink;
  /** Seconds that pods have waited for images, by uid. */
  readonly #pullSeconds = new Map<string, number>();
  readonly #backOff: BackOff;
  readonly #previousErrors = new Map<string, string>();
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(options: { readonly runtime: Runtime; readonly clock: Clock; readonly events: PodEvents; readonly metrics?: MetricsSink; readonly maxParallelPulls?: number }) {
    this.#maxParallelPulls = options.maxParallelPulls ?? defaultParallelPulls;
    this.#metrics = options.metrics ?? noMetrics;
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#backOff = new BackOff(options.clock, { initialMs: 10_000, maxMs: 300_000 });
  }

  /** Records the events of upstream's image manager. Never rejects for the image's sake. */
  async ensure(pod: Pod, container: Container, secrets: readonly Secret[]): Promise<ImageResult> {
    const wanted = container.image ?? '';
    let name: ImageName;
    try {
      name = parseImageName(wanted);
    } catch (error) {
      if (!(error instanceof ImageNameError)) throw error;
      this.#events.container(pod, container.name, 'Warning', 'InspectFailed', error.message);
      return { ok: false, reason: 'InvalidImageName', message: error.message, retryAfterMs: undefined };
    }
    const policy = container.imagePullPolicy ?? (name.full.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    let present: Image | undefined;
    try {
      present = await this.#runtime.imageStatus(name.full);
    } catch (error) {
      const message = `Failed to inspect image ${JSON.stringify(wanted)}: ${(error as Error).message}`;
      this.#events.container(pod, container.name, 'Warning', 'InspectFailed', message);
      return { ok: false, reason: 'ImageInspectError', message, retryAfterMs: 10_000 };
    }
    if (present !== undefined && policy !== 'Always') {
      this.#events.container(pod, container.name, 'Normal', 'Pulled', `Container image ${JSON.stringify(wanted)} already present on machine and can be accessed by the pod`);
      return { ok: true, image: present };
    }
    if (policy === 'Never') {
      const message = `Container image ${JSON.stringify(wanted)} is not present with pull policy of Never`;
      this.#events.container(pod, container.name, 'Warning', 'ErrImageNeverPull', message);
      return { ok: false, reason: 'ErrImageNeverPull', message, retryAfterMs: 10_000 };
    }
    return this.#pull(pod, container, wanted, name, secrets);
  }

  /** How long the pod has waited for images that were pulled. */
  pullSecondsOf(podUid: string): number {
    return this.#pullSeconds.get(podUid) ?? 0;
  }

  /** The pod is gone. */
  forget(podUid: string): void {
    this.#pullSeconds.delete(podUid);
    this.#backOff.forget(`${podUid}_`);
    for (const key of this.#previousErrors.keys()) if (key.startsWith(`${podUid}_`)) this.#previousErrors.delete(key);
  }

  async #pull(pod: Pod, container: Container, wanted: string, name: ImageName, secrets: readonly Secret[]): Promise<ImageResult> {
    const key = `${uidOf(pod)}_${wanted}`;
    const waitMs = this.#backOff.remainingSinceUpdateMs(key);
    if (waitMs > 0) {
      const message = `Back-off pulling image ${JSON.stringify(wanted)}`;
      this.#events.container(pod, container.name, 'Normal', 'BackOff', message);
      const previous = this.#previousErrors.get(key);
      return { ok: false, reason: 'ImagePullBackOff', message: previous === undefined ? message : `${message}: ${previous}`, retryAfterMs: waitMs };
    }
    const quoted = JSON.stringify(wanted);
    this.#events.container(pod, container.name, 'Normal', 'Pulling', `Pulling image ${quoted}`);
    const askedAtMs = this.#clock.monotonicMs();
    try {
      const { image, tookMs } = await this.#pullInTurn(name, credentialsFor(name, secrets));
      const totalMs = Math.trunc(this.#clock.monotonicMs() - askedAtMs);
      this.#metrics.observe('kubelet_image_pull_duration_seconds', tookMs / 1000, sizeLabel(image.sizeBytes));
      this.#pullSeconds.set(uidOf(pod), (this.#pullSeconds.get(uidOf(pod)) ?? 0) + totalMs / 1000);
      this.#events.container(pod, container.name, 'Normal', 'Pulled', `Successfully pulled image ${quoted} in ${formatGoDuration(Math.trunc(tookMs))} (${formatGoDuration(totalMs)} including waiting). Image size: ${image.sizeBytes} bytes.`);
      this.#previousErrors.delete(key);
      return { ok: true, image };
    } catch (error) {
      const text = (error as Error).message;
      this.#events.container(pod, container.name, 'Warning', 'Failed', `Failed to pull image ${JSON.stringify(wanted)}: ${text}`);
      this.#backOff.next(key, this.#clock.now());
      this.#previousErrors.set(key, `ErrImagePull: ${text}`);
      return { ok: false, reason: 'ErrImagePull', message: text, retryAfterMs: soonMs };
    }
  }

  /** Tries each of the credentials, or none when there are none, until one works. */
  async #pullWith(name: ImageName, credentials: readonly RegistryAuth[]): Promise<{ readonly image: Image; readonly tookMs: number }> {
    const startMs = this.#clock.monotonicMs();
    let failure: unknown;
    for (const auth of credentials.length === 0 ? [undefined] : credentials) {
      try {
        const reference = await this.#runtime.pullImage(name.full, auth);
        const image = await this.#runtime.imageStatus(reference) ?? await this.#runtime.imageStatus(name.full);
        if (image === undefined) throw new Error(`image ${JSON.stringify(name.full)} was pulled but is not in the store`);
        return { image, tookMs: this.#clock.monotonicMs() - startMs };
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #pullInTurn(name: ImageName, credentials: readonly RegistryAuth[]): Promise<{ readonly image: Image; readonly tookMs: number }> {
    if (this.#running >= this.#maxParallelPulls) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
    try {
      return await this.#pullWith(name, credentials);
    } finally {
      this.#running--;
      this.#queue.shift()?.();
    }
  }
}
