import { decodeYaml } from '../../api/codec/yaml.ts';
import { isQuantity, value } from '../../api/meta/quantity.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import { thresholdsOf } from '../eviction/settings.ts';
import type { KubeletOptions } from '../kubelet.ts';
import { fields, inert } from './fields.ts';

/** What a KubeletConfiguration says that this kubelet follows. */
export type ReadConfiguration = Partial<Pick<KubeletOptions,
  'clusterDns' | 'clusterDomain' | 'maxPods' | 'podCidr' | 'podLogsDir' | 'cgroupRoot' | 'nodeTaints' | 'nodeLeaseDurationSeconds' | 'nodeStatusUpdateFrequencyMs' | 'allowedUnsafeSysctls' | 'reserve' | 'imageCollection' | 'containerLogs'>>;

type Json = Readonly<Record<string, unknown>>;

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
  const read: ReadConfiguration = {
    ...optional('clusterDns', list(config, 'clusterDNS')),
    ...optional('clusterDomain', string(config, 'clusterDomain')),
    ...optional('maxPods', number(config, 'maxPods')),
    ...optional('podCidr', string(config, 'podCIDR')),
    ...optional('podLogsDir', string(config, 'podLogsDir')),
    ...optional('cgroupRoot', string(config, 'cgroupRoot')?.replace(/\/$/, '')),
    ...optional('nodeTaints', config['registerWithTaints'] as KubeletOptions['nodeTaints']),
    ...optional('nodeLeaseDurationSeconds', number(config, 'nodeLeaseDurationSeconds')),
    ...optional('nodeStatusUpdateFrequencyMs', duration(config, 'nodeStatusUpdateFrequency')),
    ...optional('allowedUnsafeSysctls', list(config, 'allowedUnsafeSysctls')),
    reserve: reserveOf(config),
    imageCollection: {
      highThresholdPercent: number(config, 'imageGCHighThresholdPercent') ?? 85,
      lowThresholdPercent: number(config, 'imageGCLowThresholdPercent') ?? 80,
      minAgeMs: duration(config, 'imageMinimumGCAge') ?? 120_000,
    },
    containerLogs: { maxBytes: bytes(config, 'containerLogMaxSize') ?? 10 * 1024 * 1024, maxFiles: number(config, 'containerLogMaxFiles') ?? 5 },
  };
  check(read);
  return read;
}

function reserveOf(config: Json): NonNullable<ReadConfiguration['reserve']> {
  const softGrace = map(config, 'evictionSoftGracePeriod');
  const softGraceMs = softGrace && Object.fromEntries(Object.entries(softGrace).map(([signal, text]) => [signal, parsedDuration(`evictionSoftGracePeriod.${signal}`, text)]));
  return {
    ...optional('evictionHard', map(config, 'evictionHard')),
    ...optional('evictionSoft', map(config, 'evictionSoft')),
    ...optional('evictionSoftGracePeriodMs', softGraceMs),
    ...optional('evictionPressureTransitionPeriodMs', duration(config, 'evictionPressureTransitionPeriod')),
    ...optional('evictionMaxPodGracePeriodSeconds', number(config, 'evictionMaxPodGracePeriod')),
    ...optional('systemReserved', amounts(config, 'systemReserved')),
    ...optional('kubeReserved', amounts(config, 'kubeReserved')),
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

function optional<Key extends string, T>(key: Key, found: T | undefined): Partial<Record<Key, T>> {
  return found === undefined ? {} : { [key]: found } as Partial<Record<Key, T>>;
}

function wrong(name: string, wanted: string, found: unknown): Error {
  return new Error(`${name}: wants ${wanted}, got ${JSON.stringify(found)}`);
}

function string(config: Json, name: string): string | undefined {
  const found = config[name];
  if (found !== undefined && typeof found !== 'string') throw wrong(name, 'a text', found);
  return found;
}

function number(config: Json, name: string): number | undefined {
  const found = config[name];
  if (found !== undefined && !Number.isInteger(found)) throw wrong(name, 'a whole number', found);
  return found as number | undefined;
}

function list(config: Json, name: string): string[] | undefined {
  const found = config[name];
  if (found !== undefined && !(Array.isArray(found) && found.every((one) => typeof one === 'string'))) throw wrong(name, 'a list of texts', found);
  return found as string[] | undefined;
}

function map(config: Json, name: string): Record<string, string> | undefined {
  const found = config[name];
  if (found === undefined) return undefined;
  if (typeof found !== 'object' || found === null || Object.values(found).some((one) => typeof one !== 'string')) throw wrong(name, 'names with texts', found);
  return found as Record<string, string>;
}

function amounts(config: Json, name: string): Record<string, string> | undefined {
  const found = map(config, name);
  for (const [resource, text] of Object.entries(found ?? {})) {
    if (!['cpu', 'memory', 'ephemeral-storage'].includes(resource)) throw new Error(`not supported: ${name} of ${resource}`);
    if (!isQuantity(text)) throw wrong(`${name}.${resource}`, 'an amount', text);
  }
  return found;
}

function bytes(config: Json, name: string): number | undefined {
  const found = string(config, name);
  if (found !== undefined && !isQuantity(found)) throw wrong(name, 'an amount', found);
  return found === undefined ? undefined : value(found);
}

function duration(config: Json, name: string): number | undefined {
  const found = string(config, name);
  // Zero is how Go writes a duration that was not set.
  return found === undefined ? undefined : parsedDuration(name, found) || undefined;
}

function parsedDuration(name: string, text: string): number {
  const parsed = parseGoDuration(text);
  if (parsed === undefined) throw wrong(name, 'a duration', text);
  return parsed;
}
