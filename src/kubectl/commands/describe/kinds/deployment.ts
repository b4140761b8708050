import { labelSelectorAsSelector } from '../../../../api/meta/labels.ts';
import type { Deployment, ReplicaSet } from '../../../../api/types/apps/v1.ts';
import type { PodTemplateSpec } from '../../../../api/types/core/v1.ts';
import type { Describing } from '../describer.ts';
import { describer } from '../describer.ts';
import { toGoJson } from '../../../printers/go-json.ts';
import { longTime } from '../page.ts';
import { writePodTemplate } from '../pod-template.ts';
import { writeReasons } from '../replicas.ts';

function withoutHash(template: PodTemplateSpec | undefined): string {
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  return toGoJson({ ...template, metadata: { ...template?.metadata, labels } });
}

/** The deployment's replica sets: the one of its template, and those before it, the oldest first. */
async function replicaSetsOf({ metadata, spec }: Deployment, { list }: Describing): Promise<{ readonly old: readonly ReplicaSet[]; readonly current: readonly ReplicaSet[] }> {
  const found = await list<ReplicaSet>(`/apis/apps/v1/namespaces/${metadata.namespace ?? ''}/replicasets`, { labelSelector: labelSelectorAsSelector(spec?.selector).toString() });
  const own = found.filter((set) => set.metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid === metadata.uid);
  const key = ({ metadata: { creationTimestamp = '', name = '' } }: ReplicaSet): string => `${creationTimestamp} ${name}`;
  own.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const wanted = withoutHash(spec?.template);
  const current = own.find((set) => withoutHash(set.spec?.template) === wanted);
  return { old: own.filter((set) => set !== current), current: current === undefined ? [] : [current] };
}

const setsText = (sets: readonly ReplicaSet[]): string => (sets.length === 0 ? '<none>' : sets.map(({ metadata, spec, status }) => `${metadata?.name ?? ''} (${status?.replicas ?? 0}/${spec?.replicas ?? 0} replicas created)`).join(', '));

export default describer<Deployment>('apps/v1', async (deployment, describing) => {
  const { page } = describing;
  const { metadata, spec, status = {} } = deployment;
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.field('CreationTimestamp', longTime(metadata.creationTimestamp));
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Selector', labelSelectorAsSelector(spec?.selector).toString());
  page.field('Replicas', `${spec?.replicas ?? 0} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`);
  page.field('StrategyType', spec?.strategy?.type);
  page.field('MinReadySeconds', spec?.minReadySeconds ?? 0);
  const rolling = spec?.strategy?.rollingUpdate;
  if (rolling !== undefined) page.field('RollingUpdateStrategy', `${rolling.maxUnavailable ?? '<nil>'} max unavailable, ${rolling.maxSurge ?? '<nil>'} max surge`);
  writePodTemplate(page, spec?.template);
  writeReasons(page, status.conditions);
  const { old, current } = await replicaSetsOf(deployment, describing);
  if (old.length + current.length > 0) {
    page.field('OldReplicaSets', setsText(old));
    page.field('NewReplicaSet', setsText(current));
  }
  await describing.events();
});
