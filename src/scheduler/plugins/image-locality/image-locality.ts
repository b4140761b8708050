import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Plugin } from '../../framework/plugin.ts';

const mebibyte = 1024 * 1024;
/** Images smaller than this, together, are not worth moving a pod for; larger than that, a container, count no more. */
const minBytes = 23 * mebibyte;
const maxBytesPerContainer = 1000 * mebibyte;

/** As images are listed in a node's status: with a tag. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

interface Image { readonly name: string; readonly share: number }
interface State { readonly images: readonly Image[]; readonly maxBytes: number }

/** The pod's images that some node has, and on which share of the nodes they are. */
function imagesOf({ pod: { spec } }: PodInfo, snapshot: Snapshot): Image[] {
  const names = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ image }) => image);
  for (const { image } of spec?.volumes ?? []) names.push(image?.reference);
  return names.flatMap((image) => {
    if (image === undefined || image === '') return [];
    const name = normalized(image);
    const spread = snapshot.imageSpread(name);
    return spread === 0 ? [] : [{ name, share: spread / snapshot.nodes.length }];
  });
}

/** Prefers nodes that have the pod's images already, weighted by size and by how many nodes have them. */
export const imageLocality: Plugin<unknown, State> = {
  name: 'ImageLocality',
  prepareScore: (info, _nodes, snapshot) => {
    const images = imagesOf(info, snapshot);
    if (images.length === 0) return { skip: true };
    const { containers, initContainers } = info.pod.spec ?? { containers: [] };
    return { state: { images, maxBytes: maxBytesPerContainer * (containers.length + (initContainers ?? []).length) } };
  },
  score: (_info, node, state) => {
    if (state === undefined) return 0;
    let bytes = 0;
    for (const { name, share } of state.images) bytes += Math.floor((node.images.get(name) ?? 0) * share);
    return Math.floor((100 * (Math.min(Math.max(bytes, minBytes), state.maxBytes) - minBytes)) / (state.maxBytes - minBytes));
  },
};
