import type { DirectoryPlugin } from '../volume-plugin.ts';

/** The files of an image (KEP-4639). The kubelet pulls it before the pod's containers start; the runtime mounts it. */
export const image: DirectoryPlugin = {
  kind: 'directory',
  field: 'image',
  mount: (_context, _pod, volume) => Promise.resolve({ hostPath: '', readOnly: true, imageRef: volume.image?.reference ?? '' }),
};
