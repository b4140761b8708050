import type { Loose } from '../../meta/loose.ts';
import type { Pod, PodSpec, PodTemplateSpec } from '../../types/core/v1.ts';
import { applyContainerDefaults, applyRequestDefaults } from './container-defaults.ts';
import { applyVolumeDefaults } from './volume-defaults.ts';

/** Fills in what a pod's spec leaves out, in place; for pods and templates alike (upstream's SetDefaults_PodSpec). */
export function applyPodSpecDefaults(spec: Loose<PodSpec>): void {
  if (spec.restartPolicy === undefined || spec.restartPolicy === '') spec.restartPolicy = 'Always';
  if (spec.dnsPolicy === undefined || spec.dnsPolicy === '') spec.dnsPolicy = 'ClusterFirst';
  if (spec.schedulerName === undefined || spec.schedulerName === '') spec.schedulerName = 'default-scheduler';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.securityContext ??= {};
  // The deprecated name says the same as the current one.
  if (spec.serviceAccountName === undefined || spec.serviceAccountName === '') {
    if (spec.serviceAccount !== undefined && spec.serviceAccount !== '') spec.serviceAccountName = spec.serviceAccount;
  } else spec.serviceAccount = spec.serviceAccountName;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
  for (const container of containers) {
    applyContainerDefaults(container);
    if (spec.hostNetwork === true) for (const port of container.ports ?? []) if (port.hostPort === undefined && port.containerPort !== undefined) port.hostPort = port.containerPort;
  }
  for (const volume of spec.volumes ?? []) applyVolumeDefaults(volume);
}

/** Fills in what a pod leaves out, in place (upstream's SetDefaults_Pod). */
export function applyPodDefaults(pod: Loose<Pod>): void {
  const spec = (pod.spec ??= {});
  applyPodSpecDefaults(spec);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) applyRequestDefaults(container);
  spec.enableServiceLinks ??= true;
}

export function applyPodTemplateDefaults(template: Loose<PodTemplateSpec> | undefined): void {
  if (template === undefined) return;
  applyPodSpecDefaults((template.spec ??= {}));
}
