/** What a client is warned of although it is allowed (upstream's GetWarningsForPod and GetWarningsForPodTemplate). */
import { warningsForIp } from '../meta/ip.ts';
import { dns1123Label } from '../meta/validation.ts';
import type { Affinity, Container, EphemeralContainer, Pod, PodAffinity, PodSpec, PodTemplateSpec } from '../types/core/v1.ts';
import type { ObjectMeta } from '../types/meta/v1.ts';
import { deprecatedNodeLabels, nodeTermWarnings } from './node-labels.ts';
import { appArmorPrefix, seccompContainerPrefix, seccompPodKey } from './validation/validate-annotations.ts';
import { fractionWarnings, volumeWarnings } from './volume-warnings.ts';

type AnyContainer = Container | EphemeralContainer;

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

function warnOfPodAffinity(affinity: PodAffinity | undefined, path: string, warnings: string[]): void {
  const nullSelector = 'a null labelSelector results in matching no pod';
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach(({ labelSelector }, i) => {
    if (labelSelector === undefined) warnings.push(`${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${nullSelector}`);
  });
  affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ podAffinityTerm }, i) => {
    if (podAffinityTerm.labelSelector === undefined) warnings.push(`${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${nullSelector}`);
  });
}

function warnOfNodeLabels({ nodeSelector, affinity, topologySpreadConstraints }: PodSpec, path: string, warnings: string[]): void {
  for (const key in nodeSelector) {
    const message = deprecatedNodeLabels[key];
    if (message !== undefined) warnings.push(`${path}.nodeSelector[${key}]: ${message}`);
  }
  const nodeAffinity = affinity?.nodeAffinity;
  nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.forEach((term, i) => {
    warnings.push(...nodeTermWarnings(term, `${path}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`));
  });
  nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ preference }, i) => {
    warnings.push(...nodeTermWarnings(preference, `${path}.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`, { checkValues: true }));
  });
  topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, i) => {
    const at = `${path}.topologySpreadConstraints[${i}]`;
    const message = deprecatedNodeLabels[topologyKey];
    if (message !== undefined) warnings.push(`${at}.topologyKey: ${topologyKey} is ${message}`);
    if (labelSelector === undefined) warnings.push(`${at}.labelSelector: a null labelSelector results in matching no pod`);
  });
}

/** Repeated values in a list of which each should be there once. */
function warnOfRepeats(values: readonly string[] | undefined, pathOf: (index: number) => string, what: string, warnings: string[]): void {
  if (values === undefined || values.length < 2) return;
  const seen = new Set<string>();
  values.forEach((value, i) => {
    if (seen.has(value)) warnings.push(`${pathOf(i)}: duplicate ${what} ${JSON.stringify(value)}`);
    seen.add(value);
  });
}

const byteSizes: readonly string[] = ['memory', 'ephemeral-storage'];

/** A second definition of a variable that drops the first one. */
function warnOfHiddenVariables({ env }: AnyContainer, path: string, warnings: string[]): void {
  if (env === undefined || env.length < 2) return;
  const seen = new Set<string>();
  env.forEach(({ name, value = '', valueFrom }, i) => {
    const reference = `$(${name})`;
    // X="$(X)123" builds on the first definition: that is meant.
    if (seen.has(name) && (valueFrom !== undefined || value === reference || !value.includes(reference))) {
      warnings.push(`${path}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`);
    }
    seen.add(name);
  });
}

function warnOfContainer(container: AnyContainer, path: string, { annotations }: ObjectMeta, metaPath: string, spec: PodSpec, warnings: string[]): void {
  const { name, securityContext, resources } = container;
  if (annotations !== undefined) {
    const seccomp = seccompContainerPrefix + name;
    if (annotations[seccomp] !== undefined && securityContext?.seccompProfile === undefined) warnings.push(`${metaPath}.annotations[${seccomp}]: non-functional in v1.27+; use the "seccompProfile" field instead`);
    const appArmor = appArmorPrefix + name;
    const isTemplate = metaPath !== 'metadata';
    const hasField = spec.securityContext?.appArmorProfile !== undefined || securityContext?.appArmorProfile !== undefined;
    // A pod's annotation has become the container's field by now: where it did, it was the annotation that said so.
    const warned = isTemplate ? !hasField : securityContext?.appArmorProfile !== undefined || !hasField;
    if (annotations[appArmor] !== undefined && warned) warnings.push(`${metaPath}.annotations[${appArmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
  for (const size of byteSizes) for (const list of ['limits', 'requests'] as const) warnings.push(...fractionWarnings(resources?.[list], `${path}.resources.${list}`, [size]));
  warnOfHiddenVariables(container, path, warnings);
}

interface Port { readonly at: string; readonly hostIP: string; readonly hostPort: number }

function warnOfPorts(containers: readonly (readonly [AnyContainer, string])[], warnings: string[]): void {
  let known: Map<string, Port[]> | undefined;
  for (const [container, path] of containers) {
    container.ports?.forEach((port, i) => {
      const { containerPort, protocol = '', hostIP = '', hostPort = 0, name = '' } = port;
      const at = `${path}.ports[${i}]`;
      if (hostIP !== '' && hostPort === 0) warnings.push(`${at}: hostIP set without hostPort: {Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`);
      const key = `${containerPort}/${protocol}`;
      const others = (known ??= new Map<string, Port[]>()).get(key) ?? [];
      for (const other of others) {
        if (hostIP === other.hostIP && hostPort === other.hostPort) warnings.push(`${at}: duplicate port definition with ${other.at}`);
        else if (hostPort === 0 || other.hostPort === 0) warnings.push(`${at}: overlapping port definition with ${other.at}`);
        else if (hostPort === other.hostPort && (hostIP === '') !== (other.hostIP === '')) warnings.push(`${at}: dangerously ambiguous port definition with ${other.at}`);
      }
      known.set(key, [...others, { at, hostIP, hostPort }]);
    });
  }
}

/** Probes and services that go by the name of a port take the first of that name. */
function warnOfPortNames(containers: readonly (readonly [AnyContainer, string])[], warnings: string[]): void {
  const known = new Map<string, string>();
  for (const [{ ports = [] }, path] of containers) {
    ports.forEach(({ name = '' }, i) => {
      if (name === '') return;
      const at = `${path}.ports[${i}]`;
      const first = known.get(name);
      if (first === undefined) known.set(name, at);
      else warnings.push(`${at}: duplicate port name ${JSON.stringify(name)} with ${first}, services and probes that select ports by name will use ${first}`);
    });
  }
}

function warnOfAffinity(affinity: Affinity | undefined, path: string, warnings: string[]): void {
  if (affinity === undefined) return;
  warnOfPodAffinity(affinity.podAffinity, `${path}.podAffinity`, warnings);
  warnOfPodAffinity(affinity.podAntiAffinity, `${path}.podAntiAffinity`, warnings);
}

function specWarnings(spec: PodSpec, meta: ObjectMeta, prefix: string): string[] {
  const warnings: string[] = [];
  const path = `${prefix}spec`;
  const metaPath = `${prefix}metadata`;
  warnOfNodeLabels(spec, path, warnings);
  for (const key in meta.annotations) {
    const message = deprecatedAnnotations[key];
    if (message !== undefined) warnings.push(`${metaPath}.annotations[${key}]: ${message}`);
  }
  warnings.push(...volumeWarnings(spec.volumes, path));
  warnOfRepeats(spec.hostAliases?.map(({ ip }) => ip), (i) => `${path}.hostAliases[${i}].ip`, 'ip', warnings);
  warnOfRepeats(spec.imagePullSecrets?.map(({ name = '' }) => name), (i) => `${path}.imagePullSecrets[${i}].name`, 'name', warnings);
  spec.imagePullSecrets?.forEach(({ name = '' }, i) => {
    if (name === '') warnings.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`);
  });
  warnings.push(...fractionWarnings(spec.overhead, `${path}.overhead`, byteSizes));
  if (meta.annotations?.[seccompPodKey] !== undefined && spec.securityContext?.seccompProfile === undefined) {
    warnings.push(`${metaPath}.annotations[${seccompPodKey}]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  const containers: (readonly [AnyContainer, string])[] = [];
  spec.initContainers?.forEach((one, i) => containers.push([one, `${path}.initContainers[${i}]`]));
  spec.containers?.forEach((one, i) => containers.push([one, `${path}.containers[${i}]`]));
  spec.ephemeralContainers?.forEach((one, i) => containers.push([one, `${path}.ephemeralContainers[${i}]`]));
  for (const [container, at] of containers) warnOfContainer(container, at, meta, metaPath, spec, warnings);
  warnOfPorts(containers, warnings);
  warnOfPortNames(containers, warnings);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  warnOfAffinity(spec.affinity, `${path}.affinity`, warnings);
  spec.dnsConfig?.nameservers?.forEach((address, i) => warnings.push(...warningsForIp(`${path}.dnsConfig.nameservers[${i}]`, address)));
  spec.hostAliases?.forEach(({ ip }, i) => warnings.push(...warningsForIp(`${path}.hostAliases[${i}].ip`, ip)));
  return warnings;
}

/** Warnings for a name that pods are called after, and that no hostname can be. `why`: what the name is used for. */
export function hostnameWarnings(name: string | undefined, why: string): string[] {
  const wrong = dns1123Label(name ?? '');
  return wrong.length === 0 ? [] : [`metadata.name: ${why}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`];
}

/** Warnings for a new pod. */
export function podWarnings({ metadata, spec }: Pod): string[] {
  const warnings = hostnameWarnings(metadata.name, "this is used in the Pod's hostname");
  return spec === undefined ? warnings : [...warnings, ...specWarnings(spec, metadata, '')];
}

/** Warnings for a template of pods; `path` is that of the template. */
export function podTemplateWarnings(template: PodTemplateSpec | undefined, path: string): string[] {
  return template?.spec === undefined ? [] : specWarnings(template.spec, template.metadata ?? {}, `${path}.`);
}
