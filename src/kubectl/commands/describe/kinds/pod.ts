import { ageOf } from '../../../../api/meta/time.ts';
import { podQosClass } from '../../../../api/pod/qos.ts';
import type { Container, Pod } from '../../../../api/types/core/v1.ts';
import { writeContainers, writeResources } from '../containers.ts';
import { describer } from '../describer.ts';
import type { Page } from '../page.ts';
import { longTime } from '../page.ts';
import { writeSchedulingGroup, writeTolerations, writeTopologyConstraints } from '../pod-template.ts';
import { writeVolumes } from '../volumes.ts';

const set = (text: string | undefined): text is string => text !== undefined && text !== '';

function writeHead(page: Page, { metadata, spec, status = {} }: Pod, nowMs: number): void {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  if (spec?.priority !== undefined) page.field('Priority', spec.priority);
  if (set(spec?.priorityClassName)) page.field('Priority Class Name', spec.priorityClassName);
  if (set(spec?.runtimeClassName)) page.field('Runtime Class Name', spec.runtimeClassName);
  if (set(spec?.serviceAccountName)) page.field('Service Account', spec.serviceAccountName);
  page.field('Node', set(spec?.nodeName) ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>');
  if (status.startTime !== undefined) page.field('Start Time', longTime(status.startTime));
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  if (metadata.deletionTimestamp !== undefined && status.phase !== 'Failed' && status.phase !== 'Succeeded') {
    page.field('Status', `Terminating (lasts ${ageOf(metadata.deletionTimestamp, nowMs)})`);
    page.field('Termination Grace Period', `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else page.field('Status', status.phase);
  if (set(status.reason)) page.field('Reason', status.reason);
  if (set(status.message)) page.field('Message', status.message);
  const profile = spec?.securityContext?.seccompProfile;
  if (profile !== undefined) page.field('SeccompProfile', profile.type);
  if (profile?.type === 'Localhost') page.field('LocalhostProfile', profile.localhostProfile);
  page.field('IP', status.podIP);
  const addresses = status.podIPs ?? [];
  page.line(0, addresses.length === 0 ? 'IPs:\t<none>' : 'IPs:');
  for (const { ip } of addresses) page.field('IP', ip, 1);
  page.controlledBy(metadata.ownerReferences);
  if (set(status.nominatedNodeName)) page.field('NominatedNodeName', status.nominatedNodeName);
}

function writeConditions(page: Page, { spec, status }: Pod): void {
  const conditions = status?.conditions ?? [];
  const gates = spec?.readinessGates ?? [];
  if (gates.length > 0) page.raw('Readiness Gates:\n  Type\tStatus\n');
  for (const { conditionType } of gates) page.line(1, `${conditionType} \t${conditions.find(({ type }) => type === conditionType)?.status ?? '<none>'} `);
  if (conditions.length > 0) page.raw('Conditions:\n  Type\tStatus\n');
  for (const condition of conditions) page.line(1, `${condition.type} \t${condition.status} `);
}

export default describer<Pod>('v1', async (pod, { page, nowMs, events }) => {
  const { spec, status } = pod;
  writeHead(page, pod, nowMs);
  if (spec?.resources !== undefined) {
    page.line(0, 'Resources:');
    writeResources(page, spec.resources, 1);
  }
  if ((spec?.initContainers ?? []).length > 0) writeContainers(page, 'Init Containers', spec!.initContainers!, { statuses: status?.initContainerStatuses, pod });
  writeContainers(page, 'Containers', spec?.containers ?? [], { statuses: status?.containerStatuses, pod });
  if ((spec?.ephemeralContainers ?? []).length > 0) writeContainers(page, 'Ephemeral Containers', spec!.ephemeralContainers as readonly Container[], { statuses: status?.ephemeralContainerStatuses, pod });
  writeConditions(page, pod);
  writeVolumes(page, spec?.volumes);
  page.field('QoS Class', status?.qosClass ?? (spec === undefined ? 'BestEffort' : podQosClass(spec)));
  page.labels('Node-Selectors', spec?.nodeSelector);
  writeTolerations(page, spec?.tolerations);
  writeTopologyConstraints(page, spec?.topologySpreadConstraints);
  writeSchedulingGroup(page, spec);
  await events();
});
