/** What is shown of persistent volumes and of claims alike. */
import type { KubeObject } from '../../meta/object.ts';

/** Where the class of a volume or claim stood before it had a field. */
export const betaStorageClassKey = 'volume.beta.kubernetes.io/storage-class';
/** The warning for those who still write it there. */
export const betaStorageClassWarning = `metadata.annotations[${betaStorageClassKey}]: deprecated since v1.8; use "storageClassName" attribute instead`;

const shortModes: readonly (readonly [string, string])[] = [['ReadWriteOnce', 'RWO'], ['ReadOnlyMany', 'ROX'], ['ReadWriteMany', 'RWX'], ['ReadWriteOncePod', 'RWOP']];

interface Volumelike extends KubeObject {
  readonly spec?: { readonly storageClassName?: string };
  readonly status?: { readonly phase?: string };
}

/** `RWO,ROX`, always in this order. */
export const formatAccessModes = (modes: readonly string[] = []): string => shortModes.filter(([mode]) => modes.includes(mode)).map(([, short]) => short).join(',');
export const phaseOf = ({ metadata, status }: Volumelike): string => (metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating');
export const storageClassOf = ({ metadata, spec }: Volumelike): string => metadata.annotations?.[betaStorageClassKey] ?? spec?.storageClassName ?? '';
