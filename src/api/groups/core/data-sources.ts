/** Where the contents of a claim's volume come from: an older field and a newer one, which are kept alike (KEP 1495). */
import type { PersistentVolumeClaimSpec, TypedLocalObjectReference } from '../../types/core/v1.ts';

const inUse = (spec: PersistentVolumeClaimSpec | undefined): boolean => spec?.dataSource !== undefined || spec?.dataSourceRef !== undefined;

/** What the older field may name: a claim, or a snapshot. */
function isClaimOrSnapshot({ apiGroup = '', kind }: TypedLocalObjectReference): boolean {
  return (kind === 'PersistentVolumeClaim' && apiGroup === '') || (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io');
}

const copyOf = ({ apiGroup, kind, name }: TypedLocalObjectReference): TypedLocalObjectReference => ({ ...(apiGroup !== undefined && { apiGroup }), kind, name });

/** Gives each of the two fields what the other one says, in place, and answers the spec. */
export function normalizeDataSources(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = copyOf(dataSource);
  else if (dataSourceRef !== undefined && dataSource === undefined && (dataSourceRef.namespace ?? '') === '') spec.dataSource = copyOf(dataSourceRef);
  return spec;
}

/**
 * What becomes of the sources that a client wrote, in place; `old`: what stands. Sources in other namespaces are an
 * alpha feature and are dropped; so is, as ever, what the older field cannot name.
 */
export function settleDataSources(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  if ((spec.dataSourceRef?.namespace ?? '') !== '' && old?.dataSourceRef === undefined) delete spec.dataSourceRef;
  if (!inUse(old) && spec.dataSourceRef === undefined && spec.dataSource !== undefined && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource;
  normalizeDataSources(spec);
}
