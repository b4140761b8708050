import { parseTime } from '../../../api/meta/time.ts';
import { persistentvolumeclaims, storageclasses } from '../../../api/resources.ts';
import type { PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { StorageClass } from '../../../api/types/storage/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const legacyAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** The class that claims without one get: the newest that is marked, by name among those of an age. */
export function defaultStorageClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const marked = classes.filter((one) => marks.some((mark) => one.metadata.annotations?.[mark] === 'true'));
  const createdMs = (one: StorageClass): number => parseTime(one.metadata.creationTimestamp ?? '') ?? 0;
  return [...marked].sort((a, b) => createdMs(b) - createdMs(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))[0];
}

/** Claims that ask for no class get the default one. */
export function defaultStorageClass(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    handles: concernedBy(['CREATE'], persistentvolumeclaims),
    admit: (attributes) => {
      const claim = attributes.object as PersistentVolumeClaim;
      if (claim.spec === undefined || claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[legacyAnnotation] !== undefined) return;
      const name = defaultStorageClassOf(options.reader.list(storageclasses))?.metadata.name;
      if (name !== undefined) claim.spec.storageClassName = name;
    },
  };
}
