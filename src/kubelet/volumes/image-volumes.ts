import type { Container, Pod, Secret } from '../../api/types/core/v1.ts';
import type { Image } from '../../runtime/runtime.ts';
import type { ImageManager, ImageResult } from '../images/image-manager.ts';
import { specOf } from '../pods/pod-spec.ts';
import type { PodVolumes } from './volume-manager.ts';

interface ImagesInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly volumes: PodVolumes;
  readonly secrets: readonly Secret[];
}

type Failure = Exclude<ImageResult, { readonly ok: true }>;

/** Pulls the images that a container mounts as volumes, and its own. The volumes then name what was pulled. The failure is the container's. */
export async function ensureImages(images: ImageManager, input: ImagesInput): Promise<{ readonly ok: true; readonly image: Image; readonly volumes: PodVolumes } | Failure> {
  let { volumes } = input;
  if (specOf(input.pod).volumes?.some(({ image }) => image !== undefined) === true) {
    const mounted = await ensureImageVolumes(images, input);
    if (!mounted.ok) return mounted;
    ({ volumes } = mounted);
  }
  const result = await images.ensure(input.pod, input.container, input.secrets);
  return result.ok ? { ok: true, image: result.image, volumes } : result;
}

async function ensureImageVolumes(images: ImageManager, { pod, container, volumes, secrets }: ImagesInput): Promise<{ readonly ok: true; readonly volumes: PodVolumes } | Failure> {
  const wanted = new Set((container.volumeMounts ?? []).map(({ name }) => name));
  const mounted = new Map(volumes.mounted);
  for (const { name, image } of specOf(pod).volumes ?? []) {
    const volume = mounted.get(name);
    if (image === undefined || volume === undefined || !wanted.has(name)) continue;
    const { reference = '', pullPolicy } = image;
    // Events are the pod's: the image is no container's.
    const result = await images.ensure(pod, { name: '', image: reference, ...(pullPolicy !== undefined && { imagePullPolicy: pullPolicy }) }, secrets);
    if (!result.ok) return result;
    mounted.set(name, { ...volume, imageRef: result.image.id });
  }
  return { ok: true, volumes: { ...volumes, mounted } };
}
