import { formatLabelSelector } from '../../../../api/meta/labels.ts';
import type { PodDisruptionBudget } from '../../../../api/types/policy/v1.ts';
import { describer } from '../describer.ts';

export default describer<PodDisruptionBudget>('policy/v1', async ({ metadata, spec = {}, status }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  if (spec.minAvailable !== undefined) page.field('Min available', spec.minAvailable);
  else if (spec.maxUnavailable !== undefined) page.field('Max unavailable', spec.maxUnavailable);
  page.field('Selector', spec.selector === undefined ? '<unset>' : formatLabelSelector(spec.selector));
  page.line(0, 'Status:');
  page.field('Allowed disruptions', status?.disruptionsAllowed ?? 0, 2);
  page.field('Current', status?.currentHealthy ?? 0, 2);
  page.field('Desired', status?.desiredHealthy ?? 0, 2);
  page.field('Total', status?.expectedPods ?? 0, 2);
  await events();
});
