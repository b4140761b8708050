import { formatLabels } from '../../../../api/meta/labels.ts';
import type { PriorityClass } from '../../../../api/types/scheduling/v1.ts';
import { describer } from '../describer.ts';

export default describer<PriorityClass>('scheduling.k8s.io/v1', async ({ metadata, value, globalDefault, preemptionPolicy, description }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Value', value);
  page.field('GlobalDefault', globalDefault ?? false);
  page.field('PreemptionPolicy', preemptionPolicy);
  page.field('Description', description);
  page.field('Annotations', formatLabels(metadata.annotations));
  await events();
});
