import type { ServiceAccount } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';

export default describer<ServiceAccount>('v1', async ({ metadata, imagePullSecrets = [] }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  if (imagePullSecrets.length === 0) page.field('Image pull secrets', '<none>');
  imagePullSecrets.forEach(({ name = '' }, i) => page.line(0, `${i === 0 ? 'Image pull secrets:' : ' '.repeat('Image pull secrets:'.length)}\t${name}`));
  await events();
});
