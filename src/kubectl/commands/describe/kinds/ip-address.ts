import type { IPAddress } from '../../../../api/types/networking/v1.ts';
import { describer } from '../describer.ts';

export default describer<IPAddress>('networking.k8s.io/v1', async ({ metadata, spec }, { page, events }) => {
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  if (spec?.parentRef !== undefined) {
    const { group, resource, namespace, name } = spec.parentRef;
    page.line(0, 'Parent Reference:');
    page.field('Group', group, 1);
    page.field('Resource', resource, 1);
    page.field('Namespace', namespace, 1);
    page.field('Name', name, 1);
  }
  await events();
});
