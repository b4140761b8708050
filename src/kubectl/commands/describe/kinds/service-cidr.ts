import type { ServiceCIDR } from '../../../../api/types/networking/v1.ts';
import { describer } from '../describer.ts';
import { longTime } from '../page.ts';

export default describer<ServiceCIDR>('networking.k8s.io/v1', async ({ metadata, spec, status }, { page, events }) => {
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('CIDRs', (spec?.cidrs ?? []).join(', '));
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    page.line(0, 'Status:');
    page.table('Conditions', ['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'], conditions.map((one) => [one.type, one.status, longTime(one.lastTransitionTime), one.reason, one.message]));
  }
  await events();
});
