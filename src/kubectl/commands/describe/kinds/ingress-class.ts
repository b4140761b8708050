import type { IngressClass } from '../../../../api/types/networking/v1.ts';
import { describer } from '../describer.ts';

export default describer<IngressClass>('networking.k8s.io/v1', async ({ metadata, spec }, { page, events }) => {
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Controller', spec?.controller);
  if (spec?.parameters !== undefined) {
    page.line(0, 'Parameters:');
    if (spec.parameters.apiGroup !== undefined) page.field('APIGroup', spec.parameters.apiGroup, 1);
    page.field('Kind', spec.parameters.kind, 1);
    page.field('Name', spec.parameters.name, 1);
  }
  await events();
});
