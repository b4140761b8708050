import { labelSelectorAsSelector } from '../../../../api/meta/labels.ts';
import type { StatefulSet } from '../../../../api/types/apps/v1.ts';
import type { PersistentVolumeClaim } from '../../../../api/types/core/v1.ts';
import { storageClassOf } from '../claim.ts';
import { describer } from '../describer.ts';
import type { Page } from '../page.ts';
import { goList, longTime } from '../page.ts';
import { podsStatus, writePodTemplate } from '../pod-template.ts';

function writeClaims(page: Page, claims: readonly PersistentVolumeClaim[] = []): void {
  if (claims.length === 0) return page.field('Volume Claims', '<none>');
  page.line(0, 'Volume Claims:');
  for (const claim of claims) {
    page.field('Name', claim.metadata?.name, 1);
    page.field('StorageClass', storageClassOf(claim), 1);
    page.labels('Labels', claim.metadata?.labels, '  ');
    page.labels('Annotations', claim.metadata?.annotations, '  ');
    page.field('Capacity', claim.spec?.resources?.requests?.['storage'] ?? '<default>', 1);
    page.field('Access Modes', goList(claim.spec?.accessModes), 1);
  }
}

export default describer<StatefulSet>('apps/v1', async (set, describing) => {
  const { page } = describing;
  const { metadata, spec, status } = set;
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.field('CreationTimestamp', longTime(metadata.creationTimestamp));
  page.field('Selector', labelSelectorAsSelector(spec?.selector).toString());
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Replicas', `${spec?.replicas ?? 0} desired | ${status?.replicas ?? 0} total`);
  page.field('Update Strategy', spec?.updateStrategy?.type);
  const rolling = spec?.updateStrategy?.rollingUpdate;
  if (rolling?.partition !== undefined) {
    page.field('Partition', rolling.partition, 1);
    if (rolling.maxUnavailable !== undefined) page.field('MaxUnavailable', rolling.maxUnavailable, 1);
  }
  page.field('Pods Status', await podsStatus(set, spec?.selector, describing));
  writePodTemplate(page, spec?.template);
  writeClaims(page, spec?.volumeClaimTemplates);
  await describing.events();
});
