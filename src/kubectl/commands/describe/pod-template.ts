import { formatLabelSelector } from '../../../api/meta/labels.ts';
import type { Pod, PodSpec, PodTemplateSpec, Toleration, TopologySpreadConstraint } from '../../../api/types/core/v1.ts';
import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import type { LabelSelector } from '../../../api/types/meta/v1.ts';
import type { Describing } from './describer.ts';
import type { Page } from './page.ts';
import { writeContainers } from './containers.ts';
import { writeVolumes } from './volumes.ts';

export function writeTopologyConstraints(page: Page, constraints: readonly TopologySpreadConstraint[] = [], indent = ''): void {
  [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1)).forEach(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }, i) => {
    page.raw(`${indent}${i === 0 ? 'Topology Spread Constraints:' : ''}\t${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${labelSelector === undefined ? '' : ` for selector ${formatLabelSelector(labelSelector)}`}\n`);
  });
}

function tolerationText({ key = '', value = '', effect = '', operator, tolerationSeconds }: Toleration): string {
  const subject = `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`;
  const exists = operator === 'Exists' && value === '' ? `${key === '' && effect === '' ? '' : ' '}op=Exists` : '';
  return `${subject}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`;
}

export function writeTolerations(page: Page, tolerations: readonly Toleration[] = [], indent = ''): void {
  page.lines('Tolerations', [...tolerations].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0)).map(tolerationText), indent);
}

export function writeSchedulingGroup(page: Page, spec: PodSpec | undefined, indent = ''): void {
  const group = (spec as { readonly schedulingGroup?: { readonly podGroupName?: string } } | undefined)?.schedulingGroup;
  if (group === undefined) return;
  page.raw(`${indent}SchedulingGroup:\n`);
  page.field('PodGroupName', group.podGroupName, 1);
}

/** What a controller makes pods from. */
export function writePodTemplate(page: Page, template: PodTemplateSpec | undefined): void {
  page.line(0, 'Pod Template:');
  if (template === undefined) return page.raw('  <unset>');
  const { metadata = {}, spec } = template;
  page.labels('  Labels', metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0) page.annotations('  Annotations', metadata.annotations);
  if (spec?.serviceAccountName !== undefined && spec.serviceAccountName !== '') page.field('Service Account', spec.serviceAccountName, 1);
  if ((spec?.initContainers ?? []).length > 0) writeContainers(page, 'Init Containers', spec!.initContainers!, { inTemplate: true });
  writeContainers(page, 'Containers', spec?.containers ?? [], { inTemplate: true });
  writeVolumes(page, spec?.volumes, { inTemplate: true });
  writeTopologyConstraints(page, spec?.topologySpreadConstraints, '  ');
  if (spec?.priorityClassName !== undefined && spec.priorityClassName !== '') page.field('Priority Class Name', spec.priorityClassName, 1);
  page.labels('  Node-Selectors', spec?.nodeSelector);
  writeTolerations(page, spec?.tolerations, '  ');
  writeSchedulingGroup(page, spec, '  ');
}

interface Controller { readonly metadata?: { readonly namespace?: string; readonly uid?: string } }

/** How many pods of a controller do what: `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`. */
export async function podsStatus({ metadata = {} }: Controller, selector: LabelSelector | undefined, { list }: Describing): Promise<string> {
  const pods = await list<Pod>(`/api/v1/namespaces/${metadata.namespace ?? ''}/pods`, { labelSelector: labelSelectorAsSelector(selector).toString() });
  const own = pods.filter((pod) => pod.metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid === metadata.uid);
  const count = (phase: string): number => own.filter(({ status }) => status?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}
