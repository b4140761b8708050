import { uidOf } from '../../../api/meta/object.ts';
import type { MountedVolume, SourceRequest, VolumeContext } from '../volume-plugin.ts';
import { VolumeError } from '../volume-plugin.ts';

/** Shows a device as a pod's volume. Rejects, worded as upstream. */
export async function mapDevice({ host, directories, claims }: VolumeContext, { pod, name, readOnly }: SourceRequest, type: 'csi' | 'local-volume', device: string): Promise<MountedVolume> {
  const places = directories.mappedDevice(uidOf(pod), type, name);
  await host.devices.map(device, places).catch((error: unknown) => { throw new VolumeError('map', `blkUtil.MapDevice failed. devicePath: ${device}, globalMapPath:${places.place.slice(0, places.place.lastIndexOf('/'))}, podUID: ${uidOf(pod)}, bindMount: true: ${(error as Error).message}`, { volumeName: name, cause: error }); });
  for (const [what, path] of [['globalMapPath', places.place], ['volumeMapPath', places.link]] as const) claims.announceToPod(pod, 'SuccessfulMountVolume', `MapVolume.MapPodDevice succeeded for volume ${JSON.stringify(name)} ${what} ${JSON.stringify(path.slice(0, path.lastIndexOf('/')))}`);
  return { hostPath: places.link, readOnly };
}

/** The pod no longer has it. */
export async function unmapDevice({ host, directories }: VolumeContext, podUid: string, type: 'csi' | 'local-volume', volume: string): Promise<void> {
  await host.devices.unmap(directories.mappedDevice(podUid, type, volume));
}
