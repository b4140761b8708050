import type { PersistentVolumeClaim, Pod } from '../../../../api/types/core/v1.ts';
import { claimLines } from '../claim.ts';
import { describer } from '../describer.ts';
import { longTime } from '../page.ts';

export default describer<PersistentVolumeClaim>('v1', async (claim, { page, nowMs, list, events }) => {
  const { metadata, status } = claim;
  const pods = await list<Pod>(`/api/v1/namespaces/${metadata.namespace ?? ''}/pods`);
  const owners = new Set((metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'Pod').map(({ uid }) => uid));
  const users = pods.filter((pod) => owners.has(pod.metadata?.uid ?? '') || pod.spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata.name) === true);
  claimLines(page, claim, { full: claim, nowMs });
  page.lines('Used By', users.map((pod) => pod.metadata?.name ?? '').sort());
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    page.table('Conditions', ['Type', 'Status', 'LastProbeTime', 'LastTransitionTime', 'Reason', 'Message'], conditions.map((one) => [`${one.type} `, `${one.status} `, `${longTime(one.lastProbeTime)} `, `${longTime(one.lastTransitionTime)} `, `${one.reason ?? ''} `, one.message ?? '']), { rules: ['----', '------', '-----------------', '------------------', '------', '-------'] });
  }
  await events();
});
