import { compareQuantity } from '../../../api/meta/quantity.ts';
import { persistentvolumeclaims, storageclasses } from '../../../api/resources.ts';
import type { PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';

const legacyClassAnnotation = 'volume.beta.kubernetes.io/storage-class';
const classOf = ({ metadata, spec }: PersistentVolumeClaim): string => metadata.annotations?.[legacyClassAnnotation] ?? spec?.storageClassName ?? '';
const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.['storage'] ?? '0';

/** Claims grow where their storage class lets them. */
export function persistentVolumeClaimResize(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: concernedBy(['UPDATE'], persistentvolumeclaims),
    validate(attributes) {
      const [claim, old] = [attributes.object as PersistentVolumeClaim, attributes.oldObject as PersistentVolumeClaim];
      if (sizeOf(claim) === sizeOf(old) || compareQuantity(sizeOf(claim), sizeOf(old)) <= 0) return;
      if (old.status?.phase !== 'Bound') throw refusal(attributes, 'Only bound persistent volume claims can be expanded');
      const name = classOf(claim);
      const storageClass = name === '' || name !== classOf(old) ? undefined : options.reader.get(storageclasses, '', name);
      if (storageClass?.allowVolumeExpansion !== true) {
        throw refusal(attributes, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
      }
    },
  };
}
