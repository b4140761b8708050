import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKubeletConfiguration } from './read.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('what a configuration says is followed', () => {
  const read = readKubeletConfiguration(`${head}
clusterDNS: [10.96.0.10]
clusterDomain: example.org
maxPods: 50
evictionHard: {memory.available: 5%, nodefs.available: 1Gi}
evictionSoft: {memory.available: 10%}
evictionSoftGracePeriod: {memory.available: 1m30s}
systemReserved: {cpu: 500m, memory: 1Gi}
imageGCHighThresholdPercent: 70
imageGCLowThresholdPercent: 60
containerLogMaxSize: 1Mi
allowedUnsafeSysctls: ['net.core.*']
registerWithTaints: [{key: dedicated, effect: NoSchedule}]
fileCheckFrequency: 5s
shutdownGracePeriod: 30s
shutdownGracePeriodCriticalPods: 10s
podPidsLimit: 100
serializeImagePulls: true
imageMaximumGCAge: 24h
seccompDefault: true
enableSystemLogHandler: false
userNamespaces: {idsPerPod: 131072}
`);
  assert.deepEqual(read, {
    clusterDns: ['10.96.0.10'], clusterDomain: 'example.org', maxPods: 50, podPidsLimit: 100, maxParallelImagePulls: 1, seccompDefault: true, systemLogs: false, userIdsPerPod: 131_072, allowedUnsafeSysctls: ['net.core.*'], nodeTaints: [{ key: 'dedicated', effect: 'NoSchedule' }], fileCheckFrequencyMs: 5000,
    shutdownGrace: [{ priority: 0, graceSeconds: 20 }, { priority: 2_000_000_000, graceSeconds: 10 }],
    reserve: { evictionHard: { 'memory.available': '5%', 'nodefs.available': '1Gi' }, evictionSoft: { 'memory.available': '10%' }, evictionSoftGracePeriodMs: { 'memory.available': 90_000 }, systemReserved: { cpu: '500m', memory: '1Gi' } },
    imageCollection: { highThresholdPercent: 70, lowThresholdPercent: 60, minAgeMs: 120_000, maxAgeMs: 86_400_000 },
    containerLogs: { maxBytes: 1_048_576, maxFiles: 5 },
  });
});

test('who has which part of the machine', () => {
  const { managers, reserve } = readKubeletConfiguration(`${head}
cpuManagerPolicy: static
cpuManagerPolicyOptions: {full-pcpus-only: "true", align-by-socket: "true", strict-cpu-reservation: "false"}
cpuManagerReconcilePeriod: 5s
reservedSystemCPUs: 0,4-5
systemReserved: {cpu: 100m, memory: 1Gi}
kubeReserved: {cpu: 100m, memory: 1Gi}
memoryManagerPolicy: Static
reservedMemory: [{numaNode: 0, limits: {memory: 2148Mi}}]
topologyManagerPolicy: restricted
topologyManagerScope: pod
topologyManagerPolicyOptions: {prefer-closest-numa-nodes: "true"}
featureGates: {CPUManagerPolicyAlphaOptions: true, DisableCPUQuotaWithExclusiveCPUs: false}
`);
  assert.deepEqual(managers, {
    cpu: { options: new Set(['full-pcpus-only', 'align-by-socket']), reconcileMs: 5000, keepsQuota: true },
    reservedSystemCpus: [0, 4, 5],
    memory: { reserved: [{ numaNode: 0, limits: { memory: '2148Mi' } }] },
    alignment: { policy: 'restricted', scope: 'pod', options: { 'prefer-closest-numa-nodes': 'true' } },
  });
  assert.deepEqual(reserve, { systemReserved: { cpu: '3', memory: '1Gi' }, kubeReserved: { memory: '1Gi' } }, 'processors that are named say how many are reserved');
});

test('how much is freed once pods must go, and how long what crashes waits', () => {
  const read = readKubeletConfiguration(`${head}evictionMinimumReclaim: {memory.available: 100Mi, nodefs.available: 5%}\ncrashLoopBackOff: {maxContainerRestartPeriod: 30s}\n`);
  assert.deepEqual([read.reserve?.evictionMinimumReclaim, read.maxRestartDelayMs], [{ 'memory.available': '100Mi', 'nodefs.available': '5%' }, 30_000]);
});

test('the file that kubeadm writes is taken, but for what this kubelet does not do', () => {
  const kubeadm = `${head}
authentication: {anonymous: {enabled: false}, webhook: {cacheTTL: 0s, enabled: true}, x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}
authorization: {mode: Webhook, webhook: {cacheAuthorizedTTL: 0s, cacheUnauthorizedTTL: 0s}}
cgroupDriver: cgroupfs
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
containerRuntimeEndpoint: ""
cpuManagerReconcilePeriod: 0s
crashLoopBackOff: {}
evictionPressureTransitionPeriod: 0s
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: 10248
imageMaximumGCAge: 0s
imageMinimumGCAge: 0s
logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}}, verbosity: 0}
memorySwap: {}
nodeStatusReportFrequency: 0s
nodeStatusUpdateFrequency: 0s
shutdownGracePeriod: 0s
syncFrequency: 0s
volumeStatsAggPeriod: 0s
`;
  assert.equal(readKubeletConfiguration(kubeadm).clusterDomain, 'cluster.local');
  assert.equal(readKubeletConfiguration(`${kubeadm}staticPodPath: /etc/kubernetes/manifests\n`).staticPodPath, '/etc/kubernetes/manifests');
  assert.equal(readKubeletConfiguration(`${kubeadm}rotateCertificates: true\n`).rotateCertificates, true);
});

test('what is none is refused, by name', () => {
  for (const [more, message] of [
    ['maxPod: 5', 'strict decoding error: unknown field "maxPod"'],
    ['evictionMinimumReclaim: {swap.available: 1Gi}', 'not supported: eviction signal "swap.available"'],
    ['evictionMinimumReclaim: {memory.available: 0%}', 'eviction percentage minimum reclaim memory.available must be positive: 0%'],
    ['crashLoopBackOff: {maxContainerRestartPeriod: 10m}', 'invalid configuration: CrashLoopBackOff.MaxContainerRestartPeriod (got: 600 seconds) must be set between 1s and 300s'],
    ['crashLoopBackOff: {max: 10s}', 'strict decoding error: unknown field "crashLoopBackOff.max"'],
    ['maxPods: many', 'maxPods: wants a whole number, got "many"'],
    ['cpuManagerPolicy: dynamic', 'unknown policy: "dynamic"'],
    ['cpuManagerPolicyOptions: {full-pcpus-only: "true"}', 'new none policy error: None policy: received unsupported options=map[full-pcpus-only:true]'],
    ['cpuManagerPolicy: static\ncpuManagerPolicyOptions: {align-by-socket: "true"}', 'CPU Manager Policy Alpha-level Options not enabled, but option "align-by-socket" provided'],
    ['reservedSystemCPUs: 3-1', 'invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) 3-1, error: invalid cpu list "3-1"'],
    ['memoryManagerPolicy: BestEffort', 'unknown policy: "BestEffort"'],
    ['reservedMemory: [{numaNode: 0, limits: {cpu: "1"}}]', 'invalid configuration: the limit type "cpu" for NUMA node 0 is not supported, only [memory hugepages-<HugePageSize>] is accepted'],
    ['topologyManagerPolicy: strict', 'invalid configuration: topologyManagerPolicy (--topology-manager-policy) "strict" must be one of: ["none" "best-effort" "restricted" "single-numa-node"]'],
    ['topologyManagerScope: node', 'invalid configuration: topologyManagerScope (--topology-manager-scope) "node" must be one of: "container", or "pod"'],
    ['maxParallelImagePulls: 0', 'invalid configuration: maxParallelImagePulls 0 must be a positive number'],
    ['serializeImagePulls: true\nmaxParallelImagePulls: 2', 'invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false'],
    ['userNamespaces: {idsPerPod: 1000}', 'invalid configuration: userNamespaces.idsPerPod must not be less than 65536'],
    ['userNamespaces: {idsPerPod: 70000}', 'invalid configuration: userNamespaces.idsPerPod must be a multiple of 65536'],
    ['userNamespaces: {idsPerPods: 70000}', 'strict decoding error: unknown field "userNamespaces.idsPerPods"'],
    ['featureGates: {Everything: true}', 'not supported: featureGates: {"Everything":true}'],
    ['evictionHard: {swap.available: 1Gi}', 'not supported: eviction signal "swap.available"'],
    ['evictionSoft: {memory.available: 1Gi}', 'grace period must be specified for the soft eviction threshold memory.available'],
    ['imageGCLowThresholdPercent: 90', 'invalid configuration: imageGCLowThresholdPercent (90) must be less than imageGCHighThresholdPercent (85)'],
    ['containerLogMaxFiles: 1', 'invalid configuration: containerLogMaxFiles (1) must be greater than 1'],
    ['systemReserved: {pid: "100"}', 'not supported: systemReserved of pid'],
    ['shutdownGracePeriod: 10s\nshutdownGracePeriodCriticalPods: 30s', 'invalid configuration: shutdownGracePeriodCriticalPods 30s must be <= shutdownGracePeriod 10s'],
    ['shutdownGracePeriod: 10ms', 'invalid configuration: shutdownGracePeriod 10ms must be either zero or otherwise >= 1 sec'],
    ['shutdownGracePeriod: 10s\nshutdownGracePeriodByPodPriority: [{priority: 1, shutdownGracePeriodSeconds: 2}]', 'invalid configuration: Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time'],
    ['shutdownGracePeriodByPodPriority: [{priority: high}]', 'shutdownGracePeriodByPodPriority: wants a list of priority and shutdownGracePeriodSeconds, got [{"priority":"high"}]'],
  ] as const) assert.throws(() => readKubeletConfiguration(`${head}${more}\n`), { message });
  assert.throws(() => readKubeletConfiguration('kind: Pod\napiVersion: v1\n'), /^Error: no kind "Pod" is registered for version "v1"/);
});
