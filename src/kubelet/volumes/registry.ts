import { configMapVolume } from './config-map/config-map.ts';
import { downwardApi } from './downward-api/downward-api.ts';
import { emptyDir } from './empty-dir/empty-dir.ts';
import { hostPath } from './host-path/host-path.ts';
import { ephemeralVolume, persistentVolumeClaim } from './persistent-volume-claim/persistent-volume-claim.ts';
import { projected } from './projected/projected.ts';
import { secretVolume } from './secret/secret.ts';
import type { VolumePlugin } from './volume-plugin.ts';

/** Every kind of volume that the kubelet knows. */
export const volumePlugins: readonly VolumePlugin[] = [emptyDir, hostPath, configMapVolume, secretVolume, downwardApi, projected, persistentVolumeClaim, ephemeralVolume];
