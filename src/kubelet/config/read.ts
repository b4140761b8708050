import { decodeYaml } from '../../api/codec/yaml.ts';
import { thresholdsOf } from '../eviction/settings.ts';
import type { KubeletOptions } from '../kubelet-options.ts';
import { idsUnit } from '../user-namespaces/user-namespaces.ts';
import { fields, inert } from './fields.ts';
import { readManagers } from './managers.ts';
import { readShutdownGrace } from './shutdown.ts';
import type { Json } from './values.ts';
import { amounts, boolean, bytes, duration, list, map, number, object, optional, parsedDuration, string } from './values.ts';

const maxIds = 2 ** 32 - 1;

/** What a KubeletConfiguration says that this kubelet follows. */
export type ReadConfiguration = FollowedAsIs & {
  /** A directory of manifests, or one file. */
  readonly staticPodPath?: string;
  /** The client certificate is renewed through the CSR API before it expires. */
  readonly rotateCertificates?: boolean;
  /** So is the serving certificate, and the first one is asked for, too. */
  readonly serverTlsBootstrap?: boolean;
};

type FollowedAsIs = Partial<Pick<KubeletOptions,
  'fileCheckFrequencyMs' | 'maxRestartDelayMs' | 'userIdsPerPod' | 'podPidsLimit' | 'maxParallelImagePulls' | 'seccompDefault' | 'systemLogs' | 'shutdownGrace' | 'clusterDns' | 'clusterDomain' | 'maxPods' | 'podCidr' | 'podLogsDir' | 'cgroupRoot' | 'nodeTaints' | 'nodeLeaseDurationSeconds' | 'nodeStatusUpdateFrequencyMs' | 'allowedUnsafeSysctls' | 'reserve' | 'managers' | 'imageCollection' | 'containerLogs'>>;

/**
 * Reads a KubeletConfiguration of kubelet.config.k8s.io/v1beta1, YAML or JSON. Throws an Error for a field that is none, a
 * value that is none, and a field that asks for what this kubelet does not do: nothing is ignored in silence.
 */
export function readKubeletConfiguration(text: string): ReadConfiguration {
  const { value: root, duplicates } = decodeYaml(text);
  if (typeof root !== 'object' || root === null || Array.isArray(root)) throw new Error('a KubeletConfiguration is an object');
  const config = root as Json;
  if (config['kind'] !== 'KubeletConfiguration' || config['apiVersion'] !== 'kubelet.config.k8s.io/v1beta1') throw new Error(`no kind ${JSON.stringify(config['kind'] ?? '')} is registered for version ${JSON.stringify(config['apiVersion'] ?? '')}: this is to be a KubeletConfiguration of kubelet.config.k8s.io/v1beta1`);
  const unknown = Object.keys(config).filter((name) => !['kind', 'apiVersion'].includes(name) && !fields.has(name));
  const problems = [...duplicates, ...unknown.map((name) => `unknown field ${JSON.stringify(name)}`)];
  if (problems.length > 0) throw new Error(`strict decoding error: ${problems.join(', ')}`);
  for (const [name, usual] of inert) {
    const asked = config[name];
    if (asked !== undefined && !usual.some((one) => JSON.stringify(one) === JSON.stringify(asked))) throw new Error(`not supported: ${name}: ${JSON.stringify(asked)}`);
  }
  const managers = readManagers(config);
  const read: ReadConfiguration = {
    ...optional('clusterDns', list(config, 'clusterDNS')),
    ...optional('clusterDomain', string(config, 'clusterDomain')),
    ...optional('maxPods', number(config, 'maxPods')),
    ...optional('userIdsPerPod', readUserIds(config)),
    ...optional('podPidsLimit', readPidsLimit(config)),
    ...optional('maxParallelImagePulls', readParallelPulls(config)),
    ...optional('maxRestartDelayMs', readRestartDelay(config)),
    ...optional('seccompDefault', boolean(config, 'seccompDefault')),
    ...optional('systemLogs', boolean(config, 'enableSystemLogHandler')),
    ...optional('podCidr', string(config, 'podCIDR')),
    ...optional('podLogsDir', string(config, 'podLogsDir')),
    ...optional('cgroupRoot', string(config, 'cgroupRoot')?.replace(/\/$/, '')),
    ...optional('nodeTaints', config['registerWithTaints'] as KubeletOptions['nodeTaints']),
    ...optional('nodeLeaseDurationSeconds', number(config, 'nodeLeaseDurationSeconds')),
    ...optional('nodeStatusUpdateFrequencyMs', duration(config, 'nodeStatusUpdateFrequency')),
    ...optional('allowedUnsafeSysctls', list(config, 'allowedUnsafeSysctls')),
    ...optional('staticPodPath', string(config, 'staticPodPath') || undefined),
    ...optional('fileCheckFrequencyMs', duration(config, 'fileCheckFrequency')),
    ...optional('shutdownGrace', readShutdownGrace(config)),
    ...optional('rotateCertificates', boolean(config, 'rotateCertificates')),
    ...optional('serverTlsBootstrap', boolean(config, 'serverTLSBootstrap')),
    ...optional('managers', managers),
    reserve: reserveOf(config, managers?.reservedSystemCpus),
    imageCollection: {
      highThresholdPercent: number(config, 'imageGCHighThresholdPercent') ?? 85,
      lowThresholdPercent: number(config, 'imageGCLowThresholdPercent') ?? 80,
      minAgeMs: duration(config, 'imageMinimumGCAge') ?? 120_000,
      ...optional('maxAgeMs', duration(config, 'imageMaximumGCAge')),
    },
    containerLogs: { maxBytes: bytes(config, 'containerLogMaxSize') ?? 10 * 1024 * 1024, maxFiles: number(config, 'containerLogMaxFiles') ?? 5 },
  };
  check(read);
  return read;
}

/** Undefined for no limit, which -1 says. */
function readPidsLimit(config: Json): number | undefined {
  const found = number(config, 'podPidsLimit');
  return found === undefined || found <= 0 ? undefined : found;
}

/** One after the other, or so many at once. Throws an Error in upstream's words. */
function readParallelPulls(config: Json): number | undefined {
  const isSerial = boolean(config, 'serializeImagePulls');
  const most = config['maxParallelImagePulls'] === null ? undefined : number(config, 'maxParallelImagePulls');
  if (most !== undefined && most < 1) throw new Error(`invalid configuration: maxParallelImagePulls ${most} must be a positive number`);
  if (isSerial === true && most !== undefined && most > 1) throw new Error('invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false');
  return isSerial === true ? 1 : most;
}

/** How long a container that crashes is kept waiting at most. Throws an Error in upstream's words. */
function readRestartDelay(config: Json): number | undefined {
  const found = object(config, 'crashLoopBackOff', ['maxContainerRestartPeriod']);
  const text = found && string(found, 'maxContainerRestartPeriod');
  if (text === undefined) return undefined;
  const ms = parsedDuration('crashLoopBackOff.maxContainerRestartPeriod', text);
  if (ms < 1_000 || ms > 300_000) throw new Error(`invalid configuration: CrashLoopBackOff.MaxContainerRestartPeriod (got: ${ms / 1000} seconds) must be set between 1s and 300s`);
  return ms;
}

/** How many users a pod has of its own. Throws an Error in upstream's words. */
function readUserIds(config: Json): number | undefined {
  const found = object(config, 'userNamespaces', ['idsPerPod']);
  const ids = found && number(found, 'idsPerPod');
  if (ids === undefined) return undefined;
  const invalid = (what: string): Error => new Error(`invalid configuration: userNamespaces.idsPerPod must ${what}`);
  if (ids < idsUnit) throw invalid(`not be less than ${idsUnit}`);
  if (ids % idsUnit !== 0) throw invalid(`be a multiple of ${idsUnit}`);
  if (ids > maxIds) throw invalid(`not be more than ${maxIds}`);
  return ids;
}

function reserveOf(config: Json, reservedCpus?: readonly number[]): NonNullable<ReadConfiguration['reserve']> {
  const { cpu: _ofKube, ...kubeWithoutCpu } = amounts(config, 'kubeReserved') ?? {};
  // Processors that are named say how many there are, whatever else is said of CPU.
  const softGrace = map(config, 'evictionSoftGracePeriod');
  const softGraceMs = softGrace && Object.fromEntries(Object.entries(softGrace).map(([signal, text]) => [signal, parsedDuration(`evictionSoftGracePeriod.${signal}`, text)]));
  return {
    ...optional('evictionHard', map(config, 'evictionHard')),
    ...optional('evictionSoft', map(config, 'evictionSoft')),
    ...optional('evictionSoftGracePeriodMs', softGraceMs),
    ...optional('evictionMinimumReclaim', map(config, 'evictionMinimumReclaim')),
    ...optional('evictionPressureTransitionPeriodMs', duration(config, 'evictionPressureTransitionPeriod')),
    ...optional('evictionMaxPodGracePeriodSeconds', number(config, 'evictionMaxPodGracePeriod')),
    ...optional('systemReserved', reservedCpus === undefined ? amounts(config, 'systemReserved') : { ...amounts(config, 'systemReserved'), cpu: String(reservedCpus.length) }),
    ...optional('kubeReserved', reservedCpus === undefined ? amounts(config, 'kubeReserved') : kubeWithoutCpu),
  };
}

/** Values that fit their type and make no sense, in upstream's words where it has some. */
function check({ reserve = {}, imageCollection, containerLogs, maxPods, nodeLeaseDurationSeconds }: ReadConfiguration): void {
  thresholdsOf(reserve);
  const invalid = (name: string, found: unknown, wanted: string): Error => new Error(`invalid configuration: ${name} (${String(found)}) ${wanted}`);
  const { highThresholdPercent = 85, lowThresholdPercent = 80 } = imageCollection ?? {};
  if (highThresholdPercent < 0 || highThresholdPercent > 100) throw invalid('imageGCHighThresholdPercent', highThresholdPercent, 'must be between 0 and 100, inclusive');
  if (lowThresholdPercent >= highThresholdPercent) throw invalid('imageGCLowThresholdPercent', lowThresholdPercent, `must be less than imageGCHighThresholdPercent (${highThresholdPercent})`);
  if (containerLogs !== undefined && containerLogs.maxFiles <= 1) throw invalid('containerLogMaxFiles', containerLogs.maxFiles, 'must be greater than 1');
  if (maxPods !== undefined && maxPods < 0) throw invalid('maxPods', maxPods, 'must not be a negative number');
  if (nodeLeaseDurationSeconds !== undefined && nodeLeaseDurationSeconds <= 0) throw invalid('nodeLeaseDurationSeconds', nodeLeaseDurationSeconds, 'must be greater than 0');
}
