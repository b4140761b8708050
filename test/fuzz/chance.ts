import { SeededRandom } from '../../src/base/random.ts';

/** Choices from a seed: the same ones for the same seed. */
export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** 0 … below - 1. */
  int(below: number): number {
    return Math.floor(this.#random.float() * below);
  }

  happens(probability: number): boolean {
    return this.#random.float() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]!;
  }
}

/** A seed of its own for the `index`-th of many. */
export const seedOf = (base: number, index: number): number => (Math.imul(base ^ 0x5bd1e995, 0x9e3779b1) + Math.imul(index + 1, 0x85ebca6b)) >>> 0;

const strings = [
  '', ' ', 'a', 'A', 'web', 'default', 'kube-system', 'x-1', '-a', 'a-', 'a.b', '.', '..', '../..', 'a/b', '/', '%2f', '%', '%zz', 'a b', 'a_b', 'ä', '日本', '😀', '\u0000', '\u001f', '\u2028', '\ud800',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'true', '0', '-1', '1e9', '9'.repeat(40), 'NaN', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(253), 'x'.repeat(254), 'y'.repeat(5000),
  'app=web', 'app in (a,b)', 'a,b', '!a', '=', '==', '(', ')', 'in', 'notin', '"', '\'', '\\', '\\u0000', '<script>', '${x}', '{{x}}', '10.0.0.1', '::1', 'fe80::1%eth0', '0.0.0.0/0', '300.1.1.1', '10.0.0.0/33',
  '5m', '1.5Gi', '1e999', '-5', '0.1m', '1Ki1', '2026-01-01T00:00:00Z', '2026-13-01T00:00:00Z', '0001-01-01T00:00:00Z', '1h', '-1s', '25%', '110%', 'http', 'kubernetes.io/x', 'example.com/', '/a', 'a'.repeat(64) + '/b', 'example.com/a/b',
  '* * * * *', '@every 1s', 'TZ=UTC 0 0 * * *', '.spec.x', '$.a[0]', '{.a}', '^(a+)+$', '[', 'Zm9v', '***', 'data:', '-----BEGIN CERTIFICATE-----',
];
/** What enumerations know. */
const words = [
  'ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'None', 'Always', 'Never', 'OnFailure', 'IfNotPresent', 'TCP', 'UDP', 'SCTP', 'RollingUpdate', 'Recreate', 'OnDelete', 'Parallel', 'OrderedReady', 'Local', 'Cluster', 'IPv4', 'IPv6', 'SingleStack',
  'PreferDualStack', 'RequireDualStack', 'ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod', 'Filesystem', 'Block', 'Retain', 'Delete', 'Immediate', 'WaitForFirstConsumer', 'NoSchedule', 'NoExecute', 'PreferNoSchedule', 'Exists', 'Equal', 'In', 'NotIn',
  'DoesNotExist', 'Gt', 'Lt', 'ScheduleAnyway', 'DoNotSchedule', 'Honor', 'Ignore', 'Fail', 'Equivalent', 'Exact', 'NoneOnDryRun', 'Some', 'Namespaced', 'Prefix', 'ImplementationSpecific', 'Ingress', 'Egress', 'Forbid', 'Allow', 'Replace', 'NonIndexed', 'Indexed', 'Utilization',
  'AverageValue', 'Value', 'Resource', 'Pods', 'Object', 'External', 'ContainerResource', 'ClusterFirst', 'Default', 'Queue', 'Reject', 'Limited', 'Exempt', 'ByUser', 'ByNamespace', 'User', 'Group', 'ServiceAccount', 'Role', 'ClusterRole', 'Opaque', 'kubernetes.io/tls', 'kubernetes.io/dockerconfigjson',
  'RuntimeDefault', 'Unconfined', 'Localhost', 'Bidirectional', 'HostToContainer', 'File', 'FallbackToLogsOnError', 'True', 'False', 'Unknown', 'v1', 'apps', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'cpu', 'memory', 'ephemeral-storage', 'hugepages-2Mi', 'pods', 'services', 'get', 'list', '*', 'kubernetes.io/hostname', 'node-1',
  'client auth', 'server auth', 'digital signature', 'kubernetes.io/kube-apiserver-client', 'Memory', 'HugePages', 'Directory', 'Socket', 'CIDR', 'IP', 'Hostname', 'FQDN', 'Linux', 'windows', 'linux',
];

export const hostileString = (chance: Chance): string => (chance.happens(0.5) ? chance.pick(words) : chance.happens(0.7) ? chance.pick(strings) : chance.pick(strings) + chance.pick(strings));

const numbers = [0, 1, -1, 2, 10, 80, 443, 30000, 65535, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53, -(2 ** 53), 1e21, 1e308, 0.5, -0];
export const hostileNumber = (chance: Chance): number => chance.pick(numbers);
