import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { ContainerConfig, IdMapping, Image, LinuxResources, Mount, PodSandboxConfig } from '../../runtime/runtime.ts';
import { hostsFile } from '../dns/hosts-file.ts';
import { podDns } from '../dns/pod-dns.ts';
import { ContainerConfigError, environmentOf } from '../environment/environment.ts';
import { expand } from '../environment/expansion.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { ContainerRole } from '../pods/pod-spec.ts';
import { containersOf, formatPod, gracePeriodSecondsOf, hostnameOf, kernelHostnameOf, specOf } from '../pods/pod-spec.ts';
import { annotations, hashOf, labels } from '../pods/pod-runtime.ts';
import { containerResources, podCgroupParent, unthrottled } from '../resources/linux-resources.ts';
import { containerHugePages } from '../resources/huge-pages.ts';
import { podCgroupResources } from '../resources/pod-cgroup.ts';
import { noGrant } from '../resource-managers/grant.ts';
import { isStatic } from '../static-pods/annotations.ts';
import type { PodVolumes } from '../volumes/volume-manager.ts';
import type { Writable } from './security-context.ts';
import { containerSecurityContext, sandboxSecurityContext } from './security-context.ts';
import { volumeDevices, volumeFile, volumeMounts } from './volume-mounts.ts';

/** The simulated runtime's annotation for containers that are not regular ones. */
const containerTypeAnnotation = 'coxswain.io/container-type';

/** The sandbox of a pod as the runtime is asked for it. Rejects with what the pod asks for and cannot have. */
export async function sandboxConfig(context: KubeletContext, pod: Pod, attempt: number): Promise<PodSandboxConfig> {
  const spec = specOf(pod);
  const { host, directories } = context;
  const runtimeHandler = (spec.runtimeClassName ?? '') === '' ? '' : await context.runtimeHandler(pod);
  const users = spec.hostUsers === false ? await usersOf(context, pod, runtimeHandler) : undefined;
  const { config: dns, fellBack } = podDns(pod, await host.resolverConfig(), context.dns);
  if (fellBack) context.events.warning(pod, 'MissingClusterDNS', `pod: ${JSON.stringify(formatPod(pod))}. kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`);
  const podLabels: Record<string, string> = { ...pod.metadata.labels };
  const linux: Writable<PodSandboxConfig['linux']> = {
    cgroupParent: podCgroupParent(context.cgroupRoot, pod),
    hostNetwork: spec.hostNetwork === true,
    hostPid: spec.hostPID === true,
    hostIpc: spec.hostIPC === true,
    shareProcessNamespace: spec.shareProcessNamespace === true,
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    securityContext: sandboxSecurityContext(pod),
    resources: podCgroupResources(context, pod),
  };
  if (users !== undefined) linux.users = users;
  return {
    name: nameOf(pod),
    uid: uidOf(pod),
    namespace: namespaceOf(pod),
    attempt,
    // A pod on the host's network has the host's name: it has no namespace of its own to name.
    hostname: spec.hostNetwork === true ? '' : kernelHostnameOf(pod, context.dns.clusterDomain),
    logDirectory: directories.logs(pod),
    dns,
    portMappings: spec.hostNetwork === true ? [] : portMappingsOf(pod),
    labels: addPodLabels(podLabels, pod),
    annotations: { ...pod.metadata.annotations },
    linux,
    runtimeHandler,
  };
}

/** What the runtime's objects are found by. */
function addPodLabels(to: Record<string, string>, pod: Pod): Record<string, string> {
  to[labels.podName] = nameOf(pod);
  to[labels.podNamespace] = namespaceOf(pod);
  to[labels.podUid] = uidOf(pod);
  return to;
}

function portMappingsOf(pod: Pod): PodSandboxConfig['portMappings'] {
  return containersOf(pod).flatMap(({ container, role }) => (role === 'init' || role === 'ephemeral' ? [] : container.ports ?? [])
    .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
    .map(({ protocol = 'TCP', containerPort, hostPort, hostIP }) => ({ protocol: protocol as 'TCP' | 'UDP' | 'SCTP', containerPort, hostPort: hostPort!, hostIp: hostIP ?? '' })));
}

/** The users that are the pod's alone. Rejects, worded as upstream, where the runtime cannot keep them apart. */
async function usersOf(context: KubeletContext, pod: Pod, handler: string): Promise<IdMapping> {
  const handlers = context.runtimeHandlers();
  const found = handlers.find(({ name }) => name === handler);
  if (found?.userNamespaces === true) return await context.users.of(uidOf(pod));
  const why = `can't set \`spec.hostUsers: false\`, ${handler === '' ? 'runtime' : `RuntimeClass handler ${JSON.stringify(handler)}`} does not support user namespaces`;
  // A runtime that is old tells of no handlers at all.
  throw new Error(found === undefined && handlers.length > 0 ? `${why}: the handler ${JSON.stringify(handler)} is not known` : why);
}

export interface ContainerConfigInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly role: ContainerRole;
  readonly attempt: number;
  readonly image: Image;
  readonly podIps: readonly string[];
  readonly volumes: PodVolumes;
  /** The container that an ephemeral one looks into. */
  readonly targetContainerId: string | undefined;
}

/** One container as the runtime is asked for it; writes the files that it needs. Rejects with ContainerConfigError. */
export async function containerConfig(context: KubeletContext, input: ContainerConfigInput): Promise<ContainerConfig> {
  const { pod, container, attempt, image } = input;
  // A static pod may be what the API needs to be there.
  if (!isStatic(pod)) await context.servicesSynced();
  const environment = await environmentOf(pod, container, {
    configMap: (_, name) => context.configMap(pod, name),
    secret: (_, name) => context.secret(pod, name),
    services: (namespace) => context.services(namespace),
    volumeFile: (volumeName, path) => volumeFile(context, input.volumes, volumeName, path),
    facts: context.facts(input.podIps),
  });
  const grant = context.resourceManagers.isEmpty ? noGrant : await context.resourceManagers.grantOf(pod, container.name).catch((error: unknown) => { throw new ContainerConfigError((error as Error).message); });
  const cdiDevices = [...grant.cdiDevices, ...devicesOfClaims(context, pod, container)];
  const limits = containerResources(pod, container, context.machine.memoryBytes);
  const resources: Writable<LinuxResources> = { ...grant.isUnthrottled === true ? unthrottled(limits) : limits, ...containerHugePages(context.machine.hugePages, pod, container) };
  if (grant.cpus !== undefined) resources.cpus = grant.cpus;
  if (grant.memoryNodes !== undefined) resources.memoryNodes = grant.memoryNodes;
  const linux: Writable<ContainerConfig['linux']> = { resources, securityContext: containerSecurityContext(pod, container, image, { rootDir: context.directories.rootDir, seccompDefault: context.seccompDefault }) };
  if (input.targetContainerId !== undefined) linux.targetContainerId = input.targetContainerId;
  const ownLabels = addPodLabels({}, pod);
  ownLabels[labels.containerName] = container.name;
  const expanded = (texts: readonly string[] | undefined): string[] | undefined => (texts === undefined || texts.length === 0 ? undefined : texts.map((text) => expand(text, (name) => environment.get(name))));
  const config: Writable<ContainerConfig> = {
    name: container.name,
    attempt,
    imageRef: image.id,
    image: container.image ?? '',
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir === undefined || container.workingDir === '' ? undefined : container.workingDir,
    env: variablesOf(grant.env, environment),
    mounts: [...await mountsOf(context, input, environment), ...grant.mounts],
    devices: [...volumeDevices(container, input.volumes), ...grant.devices],
    labels: ownLabels,
    annotations: annotationsOf(input, grant.annotations),
    logPath: `${container.name}/${attempt}.log`,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    linux,
  };
  if (cdiDevices.length > 0) config.cdiDevices = cdiDevices;
  return config;
}

/** What the drivers of its claims say that the container is started with. Throws ContainerConfigError. */
function devicesOfClaims({ dynamicResources }: KubeletContext, pod: Pod, container: Container): readonly string[] {
  if (dynamicResources === undefined) return [];
  try {
    return dynamicResources.cdiDevicesOf(pod, container);
  } catch (error) {
    throw new ContainerConfigError((error as Error).message);
  }
}

/** Those that belong to parts of the machine come first, and a container's own win. */
function variablesOf(granted: Readonly<Record<string, string>>, own: ReadonlyMap<string, string>): ContainerConfig['env'] {
  const variables: { name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(granted)) variables.push({ name, value: own.get(name) ?? value });
  for (const [name, value] of own) if (granted[name] === undefined) variables.push({ name, value });
  return variables;
}

function annotationsOf({ pod, container, role, attempt }: ContainerConfigInput, granted: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = { ...granted };
  own[annotations.hash] = hashOf(container);
  own[annotations.restartCount] = String(attempt);
  own[annotations.terminationMessagePath] = container.terminationMessagePath ?? '/dev/termination-log';
  own[annotations.terminationMessagePolicy] = container.terminationMessagePolicy ?? 'File';
  own[annotations.gracePeriod] = String(gracePeriodSecondsOf(pod));
  if (role !== 'regular' && role !== 'ephemeral') own[containerTypeAnnotation] = role;
  return own;
}

async function mountsOf(context: KubeletContext, input: ContainerConfigInput, environment: ReadonlyMap<string, string>): Promise<Mount[]> {
  const { pod, container, attempt, podIps } = input;
  const { host, directories } = context;
  const spec = specOf(pod);
  const mounts = container.volumeMounts === undefined ? [] : await volumeMounts(context, { pod, container, volumes: input.volumes, environment });
  const isTaken = (path: string): boolean => mounts.some(({ containerPath }) => containerPath === path);

  if (!isTaken('/etc/hosts') && (podIps.length > 0 || spec.hostNetwork === true)) {
    const hostPath = directories.etcHosts(uidOf(pod));
    if (!host.virtual) {
      await host.files.ensureDirectory(directories.pod(uidOf(pod)), 0o750);
      const hostFile = spec.hostNetwork === true ? await host.files.readTail('/etc/hosts', 65_536) : '';
      await host.files.writeFile(hostPath, hostsFile(pod, { hostname: hostnameOf(pod, host.hostname), podIps, clusterDomain: context.dns.clusterDomain, hostFile }), 0o644);
    }
    mounts.push({ containerPath: '/etc/hosts', hostPath, readOnly: container.securityContext?.readOnlyRootFilesystem === true, propagation: 'private' });
  }
  const terminationPath = container.terminationMessagePath ?? '/dev/termination-log';
  if (terminationPath !== '' && !isTaken(terminationPath)) {
    const hostPath = directories.terminationLog(uidOf(pod), container.name, attempt);
    if (!host.virtual) {
      await host.files.ensureDirectory(hostPath.slice(0, hostPath.lastIndexOf('/')), 0o750);
      // The container may run as any user: the file is the world's to write.
      await host.files.writeFile(hostPath, '', 0o666);
    }
    mounts.push({ containerPath: terminationPath, hostPath, readOnly: false, propagation: 'private' });
  }
  return mounts;
}
