import type { Pod } from '../../../api/types/core/v1.ts';
import { containersOf } from '../../pods/pod-spec.ts';

/** How containers use a volume of their pod: as a directory, as a device, or both, which is a mistake. */
export function usesOf(pod: Pod, volume: string): { readonly asMount: boolean; readonly asDevice: boolean } {
  const uses = (list: readonly { readonly name: string }[] | undefined): boolean => list?.some(({ name }) => name === volume) === true;
  const containers = containersOf(pod).map(({ container }) => container);
  return { asMount: containers.some(({ volumeMounts }) => uses(volumeMounts)), asDevice: containers.some(({ volumeDevices }) => uses(volumeDevices)) };
}
