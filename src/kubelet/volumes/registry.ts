import { configMapVolume } from './config-map/config-map.ts';
import { downwardApi } from './downward-api/downward-api.ts';
import { emptyDir } from './empty-dir/empty-dir.ts';
import { image } from './image/image.ts';
import { inlineSource } from './common/inline-source.ts';
import { ephemeralVolume, persistentVolumeClaim } from './persistent-volume-claim/persistent-volume-claim.ts';
import { projected } from './projected/projected.ts';
import { secretVolume } from './secret/secret.ts';
import type { VolumePlugin } from './volume-plugin.ts';

/** Every kind of volume that the kubelet knows. */
export const volumePlugins: readonly VolumePlugin[] = [
  emptyDir, inlineSource('hostPath'), inlineSource('nfs'), inlineSource('csi'), configMapVolume, secretVolume, downwardApi, projected, persistentVolumeClaim, ephemeralVolume, image,
];
