import { ageOf } from '../../../../api/meta/time.ts';
import type { PersistentVolume, VolumeNodeAffinity } from '../../../../api/types/core/v1.ts';
import { accessModesText, storageClassOf } from '../claim.ts';
import { describer } from '../describer.ts';
import type { Page } from '../page.ts';
import { goList } from '../page.ts';
import { writeVolumeSource } from '../volumes.ts';

function writeAffinity(page: Page, affinity: VolumeNodeAffinity | undefined): void {
  if (affinity?.required === undefined) return page.field('Node Affinity', '<none>');
  page.line(0, 'Node Affinity:\t');
  const terms = affinity.required.nodeSelectorTerms;
  page.field('Required Terms', terms.length === 0 ? '<none>' : '', 1);
  terms.forEach(({ matchExpressions = [] }, i) => {
    if (matchExpressions.length === 0) page.field(`Term ${i}`, '<none>', 2);
    matchExpressions.forEach(({ key, operator, values = [] }, j) => page.line(2, `${j === 0 ? `Term ${i}:` : ''}\t${key} ${operator.toLowerCase()}${values.length === 0 ? '' : ` [${values.join(', ')}]`}`));
  });
}

export default describer<PersistentVolume>('v1', async (volume, { page, nowMs, events }) => {
  const { metadata, spec = {}, status } = volume;
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Finalizers', goList(metadata.finalizers));
  page.field('StorageClass', storageClassOf(volume));
  page.field('Status', metadata.deletionTimestamp === undefined ? status?.phase : `Terminating (lasts ${ageOf(metadata.deletionTimestamp, nowMs)})`);
  page.field('Claim', spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`);
  page.field('Reclaim Policy', spec.persistentVolumeReclaimPolicy);
  page.field('Access Modes', accessModesText(spec.accessModes));
  if (spec.volumeMode !== undefined) page.field('VolumeMode', spec.volumeMode);
  page.field('Capacity', spec.capacity?.['storage'] ?? '0');
  writeAffinity(page, spec.nodeAffinity);
  page.field('Message', status?.message);
  page.line(0, 'Source:');
  writeVolumeSource(page, spec);
  await events();
});
