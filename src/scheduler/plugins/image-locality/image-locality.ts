import type { Plugin } from '../../framework/plugin.ts';

const mebibyte = 1024 * 1024;
/** Images smaller than this, together, are not worth moving a pod for; larger than that, a container, count no more. */
const minBytes = 23 * mebibyte;
const maxBytesPerContainer = 1000 * mebibyte;

/** As images are listed in a node's status: with a tag. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') && !image.includes('@') ? `${image}:latest` : image;
}

/** Prefers nodes that have the pod's images already, weighted by size and by how many nodes have them. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  weight: 1,
  normalize: 'as-is',
  scores: ({ pod }, snapshot) => (pod.spec?.containers ?? []).some(({ image }) => image !== undefined && snapshot.imageSpread(normalized(image)) > 0),
  score: ({ pod }, node, snapshot) => {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    let bytes = 0;
    for (const { image } of containers) {
      if (image === undefined) continue;
      const name = normalized(image);
      const size = node.images.get(name);
      if (size !== undefined) bytes += Math.floor((size * snapshot.imageSpread(name)) / snapshot.nodes.length);
    }
    const maxBytes = maxBytesPerContainer * containers.length;
    return Math.floor((100 * (Math.min(Math.max(bytes, minBytes), maxBytes) - minBytes)) / (maxBytes - minBytes));
  },
};
