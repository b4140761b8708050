import type { ContainerConfig, LinuxResources, Mount, PodSandboxConfig, RegistryAuth, SecurityContext } from '../runtime.ts';
import type * as cri from './generated/cri.ts';
import type { Partly } from '../grpc/calls.ts';

/** Upstream's default masked and read-only paths of /proc and /sys (procMount: Default). */
const maskedPaths = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats',
  '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const propagations: Record<Mount['propagation'], cri.MountPropagation> = {
  private: 'PROPAGATION_PRIVATE',
  'host-to-container': 'PROPAGATION_HOST_TO_CONTAINER',
  bidirectional: 'PROPAGATION_BIDIRECTIONAL',
};

function securityProfile(profile: SecurityContext['seccomp']): Partly<cri.SecurityProfile> {
  return profile.type === 'Localhost' ? { profileType: 'Localhost', localhostRef: profile.path } : { profileType: profile.type };
}

export function resourcesRequest(of: LinuxResources): Partly<cri.LinuxContainerResources> {
  return { cpuPeriod: of.cpuPeriod, cpuQuota: of.cpuQuota, cpuShares: of.cpuShares, memoryLimitInBytes: of.memoryLimitBytes, oomScoreAdj: of.oomScoreAdj, cpusetCpus: of.cpus, cpusetMems: of.memoryNodes, hugepageLimits: of.hugePageLimits?.map(({ pageSize, bytes }) => ({ pageSize, limit: bytes })) };
}

function namespaces(linux: PodSandboxConfig['linux']): Partly<cri.NamespaceOption> {
  return {
    network: linux.hostNetwork ? 'NODE' : 'POD',
    pid: linux.hostPid ? 'NODE' : linux.shareProcessNamespace ? 'POD' : 'CONTAINER',
    ipc: linux.hostIpc ? 'NODE' : 'POD',
    usernsOptions: linux.users === undefined ? { mode: 'NODE' } : { mode: 'POD', uids: [linux.users], gids: [linux.users] },
  };
}

/** What the sandbox's and the containers' security contexts have in common. */
function commonSecurity(context: SecurityContext): Pick<Partly<cri.LinuxContainerSecurityContext>, 'privileged' | 'readonlyRootfs' | 'supplementalGroups' | 'supplementalGroupsPolicy' | 'seccomp' | 'runAsUser' | 'runAsGroup'> {
  return {
    privileged: context.privileged,
    readonlyRootfs: context.readOnlyRootFilesystem,
    supplementalGroups: context.supplementalGroups,
    seccomp: securityProfile(context.seccomp),
    supplementalGroupsPolicy: context.supplementalGroupsPolicy ?? 'Merge',
    // An empty message still means 0, which is root: the wrapper tells it from "not set".
    ...(context.runAsUser !== undefined && { runAsUser: { value: context.runAsUser } }),
    ...(context.runAsGroup !== undefined && { runAsGroup: { value: context.runAsGroup } }),
  };
}

export function podSandboxRequest(config: PodSandboxConfig): Partly<cri.PodSandboxConfig> {
  const { linux } = config;
  return {
    metadata: { name: config.name, uid: config.uid, namespace: config.namespace, attempt: config.attempt },
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns !== undefined && { dnsConfig: config.dns }),
    portMappings: config.portMappings.map((mapping) => ({ protocol: mapping.protocol, containerPort: mapping.containerPort, hostPort: mapping.hostPort, hostIp: mapping.hostIp })),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: linux.cgroupParent,
      securityContext: { ...commonSecurity(linux.securityContext), namespaceOptions: namespaces(linux) },
      sysctls: linux.sysctls,
      ...(linux.resources !== undefined && { resources: resourcesRequest(linux.resources) }),
    },
  };
}

export function containerRequest(config: ContainerConfig, sandbox: PodSandboxConfig): Partly<cri.ContainerConfig> {
  const context = config.linux.securityContext;
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.imageRef, userSpecifiedImage: config.image },
    ...(config.command !== undefined && { command: config.command }),
    ...(config.args !== undefined && { args: config.args }),
    ...(config.workingDir !== undefined && { workingDir: config.workingDir }),
    envs: config.env.map((variable) => ({ key: variable.name, value: Buffer.from(variable.value, 'utf8') })),
    mounts: config.mounts.map((mount) => ({
      containerPath: mount.containerPath, hostPath: mount.hostPath, readonly: mount.readOnly, propagation: propagations[mount.propagation],
      ...(sandbox.linux.users !== undefined && { uidMappings: [sandbox.linux.users], gidMappings: [sandbox.linux.users] }),
      ...(mount.recursiveReadOnly === true && { recursiveReadOnly: true }),
      ...(mount.image !== undefined && { image: { image: mount.image.ref }, imageSubPath: mount.image.subPath }),
    })),
    devices: config.devices,
    ...(config.cdiDevices !== undefined && { CDIDevices: config.cdiDevices.map((name) => ({ name })) }),
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    linux: {
      resources: resourcesRequest(config.linux.resources),
      securityContext: {
        ...commonSecurity(context),
        ...(context.runAsUserName !== undefined && { runAsUsername: context.runAsUserName }),
        namespaceOptions: { ...namespaces(sandbox.linux), ...(config.linux.targetContainerId !== undefined && { pid: 'TARGET', targetId: config.linux.targetContainerId }) },
        ...(context.appArmor !== undefined && { apparmor: securityProfile(context.appArmor) }),
        noNewPrivs: context.noNewPrivileges,
        capabilities: { addCapabilities: context.addCapabilities, dropCapabilities: context.dropCapabilities },
        ...(!context.unmaskedProc && !context.privileged && { maskedPaths, readonlyPaths }),
      },
    },
  };
}

export function authRequest(auth: RegistryAuth): Partly<cri.AuthConfig> {
  return { username: auth.username, password: auth.password, serverAddress: auth.serverAddress, identityToken: auth.identityToken, registryToken: auth.registryToken };
}
