/** Classes of devices that stand for extended resources (KEP-5004). */
import { isExtendedResource } from '../../api/pod/validation/resource-names.ts';
import type { DeviceClass } from '../../api/types/resource/v1.ts';
import type { Lister } from '../../client/informer/store.ts';

const implicitPrefix = 'deviceclass.resource.kubernetes.io/';

/** The resource that every class stands for without saying so. */
export const implicitResource = ({ metadata }: DeviceClass): string => `${implicitPrefix}${metadata.name ?? ''}`;

/** May devices stand for the resource? */
export const mayBeDevices = (resource: string): boolean => resource.includes('/') && (resource.startsWith(implicitPrefix) || isExtendedResource(resource));

/** The class whose devices stand for the resource; of several, the newest. */
export function classOfResource(resource: string, classes: Lister<DeviceClass>): DeviceClass | undefined {
  if (resource.startsWith(implicitPrefix)) return classes.get('', resource.slice(implicitPrefix.length));
  let found: DeviceClass | undefined;
  for (const one of classes.list()) if (one.spec.extendedResourceName === resource && (found === undefined || isPreferred(one, found))) found = one;
  return found;
}

function isPreferred({ metadata: a }: DeviceClass, { metadata: b }: DeviceClass): boolean {
  const [old, other] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  return old === other ? (a.name ?? '') < (b.name ?? '') : old > other;
}
