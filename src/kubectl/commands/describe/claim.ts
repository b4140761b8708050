import { ageOf } from '../../../api/meta/time.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimTemplate } from '../../../api/types/core/v1.ts';
import type { Page } from './page.ts';
import { goList } from './page.ts';

const shortModes = [['ReadWriteOnce', 'RWO'], ['ReadOnlyMany', 'ROX'], ['ReadWriteMany', 'RWX'], ['ReadWriteOncePod', 'RWOP']] as const;

/** `RWO,ROX`: always in this order. */
export const accessModesText = (modes: readonly string[] | undefined): string => shortModes.filter(([mode]) => modes?.includes(mode) === true).map(([, short]) => short).join(',');

/** The storage class of a claim or a volume; the annotation of old comes first. */
export const storageClassOf = ({ metadata, spec }: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }; readonly spec?: { readonly storageClassName?: string } }): string => metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';

/** A claim; of one in a pod, which has no name of its own, what it asks for. `indent`: every line that many steps to the right. */
export function claimLines(page: Page, claim: PersistentVolumeClaim | PersistentVolumeClaimTemplate, { indent = 0, full, nowMs = 0 }: { readonly indent?: number; readonly full?: PersistentVolumeClaim; readonly nowMs?: number } = {}): void {
  const { metadata = {}, spec } = claim;
  if (full !== undefined) {
    page.field('Name', metadata.name);
    page.field('Namespace', metadata.namespace);
  }
  page.field('StorageClass', storageClassOf({ metadata, ...(spec !== undefined && { spec }) }), indent);
  if (full !== undefined) page.field('Status', metadata.deletionTimestamp === undefined ? full.status?.phase : `Terminating (lasts ${ageOf(metadata.deletionTimestamp, nowMs)})`);
  page.field('Volume', spec?.volumeName, indent);
  page.labels('Labels', metadata.labels, '  '.repeat(indent));
  page.raw('  '.repeat(indent));
  page.annotations('Annotations', metadata.annotations);
  if (full !== undefined) page.field('Finalizers', goList(metadata.finalizers));
  const bound = spec?.volumeName !== undefined && spec.volumeName !== '';
  page.field('Capacity', bound ? full?.status?.capacity?.['storage'] ?? '0' : '', indent);
  page.field('Access Modes', bound ? accessModesText(full?.status?.accessModes) : '', indent);
  if (spec?.volumeMode !== undefined) page.field('VolumeMode', spec.volumeMode, indent);
  if (spec?.dataSource === undefined) return;
  page.line(indent, 'DataSource:');
  if (spec.dataSource.apiGroup !== undefined) page.field('APIGroup', spec.dataSource.apiGroup, indent + 1);
  page.field('Kind', spec.dataSource.kind, indent + 1);
  page.field('Name', spec.dataSource.name, indent + 1);
}
