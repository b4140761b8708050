import { formatLabels } from '../../../../api/meta/labels.ts';
import type { VolumeAttributesClass } from '../../../../api/types/storage/v1.ts';
import { describer } from '../describer.ts';

export default describer<VolumeAttributesClass>('storage.k8s.io/v1', async ({ metadata, driverName, parameters }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Annotations', formatLabels(metadata.annotations));
  page.field('DriverName', driverName);
  page.field('Parameters', formatLabels(parameters));
  await events();
});
