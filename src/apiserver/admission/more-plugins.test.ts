import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  certificatesigningrequests, clustertrustbundles, configmaps, events, ingressclasses, ingresses, jobs, namespaces, nodes, persistentvolumeclaims, persistentvolumes, podgroups, pods, services, storageclasses,
} from '../../api/resources.ts';
import type { Job } from '../../api/types/batch/v1.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts';
import type { PersistentVolumeClaim, Pod, PodSpec, Service, Toleration } from '../../api/types/core/v1.ts';
import type { ApiError } from '../../api/status.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { FakeReader } from '../authorization/fake-reader.ts';
import type { Attributes, Decision } from '../authorization/authorizer.ts';
import { alwaysDeny } from './always/always.ts';
import { alwaysPullImages } from './always-pull-images/always-pull-images.ts';
import { admitted, attributesFor } from './attributes.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction, clusterTrustBundleAttest } from './certificates/certificates.ts';
import { defaultIngressClass } from './default-ingress-class/default-ingress-class.ts';
import { denyServiceExternalIps } from './deny-service-external-ips/deny-service-external-ips.ts';
import { eventLimits, eventRateLimit } from './event-rate-limit/event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration/extended-resource-toleration.ts';
import type { ImageReviewStatus } from './image-policy-webhook/image-policy-webhook.ts';
import { imagePolicySettings, imagePolicyWebhook } from './image-policy-webhook/image-policy-webhook.ts';
import { jobValidation } from './job-validation/job-validation.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology/limit-pod-hard-anti-affinity-topology.ts';
import { namespaceAutoProvision } from './namespace-auto-provision/namespace-auto-provision.ts';
import { namespaceExists } from './namespace-exists/namespace-exists.ts';
import { nodeDeclaredFeatureValidator } from './node-declared-feature-validator/node-declared-feature-validator.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement/owner-references-permission-enforcement.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize/persistent-volume-claim-resize.ts';
import { nodeSelectors, podNodeSelector } from './pod-node-selector/pod-node-selector.ts';
import { podResizeValidator } from './pod-resize-validator/pod-resize-validator.ts';
import { podTolerationRestriction, tolerationSettings } from './pod-toleration-restriction/pod-toleration-restriction.ts';
import { podTopologyLabels } from './pod-topology-labels/pod-topology-labels.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection/storage-object-in-use-protection.ts';

const podOf = (spec: Partial<PodSpec> = {}): Pod => ({ metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [{ name: 'c' }], ...spec } });
const refused = (detail: string): string => `pods "p" is forbidden: ${detail}`;
const namespaceWith = (annotations: Record<string, string> = {}): FakeReader => {
  const reader = new FakeReader();
  reader.put(namespaces, { metadata: { name: 'ns', annotations } });
  return reader;
};

/** Allows what `allowed` says, and writes down what it was asked. */
function authorizer(allowed: (attributes: Extract<Attributes, { isResourceRequest: true }>) => boolean) {
  const asked: string[] = [];
  return {
    asked,
    authorize(attributes: Attributes): Decision {
      if (!attributes.isResourceRequest) throw new Error('not about a resource');
      const { verb, apiGroup, resource, subresource, namespace, name } = attributes;
      asked.push(`${verb} ${[resource, subresource].filter((one) => one !== '').join('/')}.${apiGroup} ${namespace}/${name}`);
      return { verdict: allowed(attributes) ? 'allow' : 'no-opinion', reason: 'because' };
    },
  };
}

test('AlwaysDeny', async () => {
  assert.equal(await admitted(alwaysDeny(), attributesFor(pods, { object: podOf() })), refused('admission control is denying all modifications'));
});

test('AlwaysPullImages', async () => {
  const plugin = alwaysPullImages();
  const object = podOf({ containers: [{ name: 'c', image: 'x', imagePullPolicy: 'Never' }], initContainers: [{ name: 'i', image: 'y' }], volumes: [{ name: 'v', image: { reference: 'z', pullPolicy: 'Never' } }] });
  assert.equal(await admitted(plugin, attributesFor(pods, { object })), 'ok');
  assert.deepEqual([object.spec!.containers[0]!.imagePullPolicy, object.spec!.initContainers![0]!.imagePullPolicy, object.spec!.volumes![0]!.image!.pullPolicy], ['Always', 'Always', 'Always']);
  const same = podOf({ containers: [{ name: 'c', image: 'x', imagePullPolicy: 'Never' }] });
  assert.equal(await admitted(plugin, attributesFor(pods, { object: same, old: same })), 'ok');
  assert.equal(same.spec!.containers[0]!.imagePullPolicy, 'Never');
  assert.throws(() => plugin.validate!(attributesFor(pods, { object: podOf({ containers: [{ name: 'c', image: 'x', imagePullPolicy: 'IfNotPresent' }] }) })), { message: refused('spec.containers[0].imagePullPolicy: Unsupported value: "IfNotPresent": supported values: "Always"') });
});

test('LimitPodHardAntiAffinityTopology', async () => {
  const plugin = limitPodHardAntiAffinityTopology();
  const pod = (topologyKey: string): Pod => podOf({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } } });
  assert.equal(await admitted(plugin, attributesFor(pods, { object: pod('kubernetes.io/hostname') })), 'ok');
  assert.equal(await admitted(plugin, attributesFor(pods, { object: pod('zone') })), refused('affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed'));
});

test('NamespaceExists and NamespaceAutoProvision', async () => {
  const reader = namespaceWith();
  const map = (namespace: string) => ({ metadata: { name: 'm', namespace } });
  assert.equal(await admitted(namespaceExists({ reader }), attributesFor(configmaps, { object: map('ns') })), 'ok');
  assert.equal(await admitted(namespaceExists({ reader }), attributesFor(configmaps, { old: map('no') })), 'namespaces "no" not found');
  assert.equal(await admitted(namespaceExists({ reader }), attributesFor(nodes, { object: { metadata: { name: 'n' } } })), 'ok');
  const made: unknown[] = [];
  const local = { request: (request: { body?: unknown }) => Promise.resolve(made.push(request.body)), watch: () => Promise.reject(new Error('nobody watches')) };
  const provision = namespaceAutoProvision({ reader, local });
  for (const namespace of ['ns', 'new']) assert.equal(await admitted(provision, attributesFor(configmaps, { object: map(namespace) })), 'ok');
  assert.equal(await admitted(provision, attributesFor(configmaps, { object: map('dry'), dryRun: true })), 'ok');
  assert.deepEqual(made, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } }]);
});

test('PodNodeSelector', async () => {
  const selectors = nodeSelectors({ source: 'f', value: { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'env=prod', ns: 'env=prod,disk=ssd' } } });
  const attempt = async (annotations: Record<string, string>, nodeSelector?: Record<string, string>): Promise<unknown> => {
    const object = podOf(nodeSelector === undefined ? {} : { nodeSelector });
    const answer = await admitted(podNodeSelector({ reader: namespaceWith(annotations), selectors }), attributesFor(pods, { object }));
    return answer === 'ok' ? object.spec!.nodeSelector : answer;
  };
  const annotation = 'scheduler.alpha.kubernetes.io/node-selector';
  assert.deepEqual(await attempt({}), { env: 'prod' });
  assert.deepEqual(await attempt({}, { disk: 'ssd' }), { env: 'prod', disk: 'ssd' });
  assert.deepEqual(await attempt({ [annotation]: 'disk=ssd' }), { disk: 'ssd' });
  assert.deepEqual(await attempt({ [annotation]: '' }), undefined);
  assert.equal(await attempt({}, { env: 'test' }), refused('pod node label selector conflicts with its namespace node label selector'));
  assert.equal(await attempt({}, { gpu: 'yes' }), refused('pod node label selector labels conflict with its namespace whitelist'));
  assert.equal(await attempt({ [annotation]: 'x' }), 'invalid selector: x');
});

test('PodTolerationRestriction', async () => {
  const cluster = tolerationSettings({ source: 'f', value: { apiVersion: 'podtolerationrestriction.admission.k8s.io/v1alpha1', kind: 'Configuration', default: [{ key: 'd', operator: 'Exists' }], whitelist: [{ key: 'd', operator: 'Exists' }, { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] } });
  const attempt = async (annotations: Record<string, string>, spec: Partial<PodSpec> = {}): Promise<unknown> => {
    const object = podOf(spec);
    const answer = await admitted(podTolerationRestriction({ reader: namespaceWith(annotations), settings: cluster }), attributesFor(pods, { object }));
    return answer === 'ok' ? object.spec!.tolerations : answer;
  };
  const memory: Toleration = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };
  const defaults = 'scheduler.alpha.kubernetes.io/defaultTolerations';
  const allowed = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';
  const requests = { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] };
  assert.deepEqual(await attempt({}), [{ key: 'd', operator: 'Exists' }]);
  assert.deepEqual(await attempt({ [defaults]: '' }), undefined);
  assert.deepEqual(await attempt({}, requests), [{ key: 'd', operator: 'Exists' }, memory]);
  assert.deepEqual(await attempt({}, { tolerations: [{ key: 'd', operator: 'Exists', effect: 'NoExecute' }] }), [{ key: 'd', operator: 'Exists' }]);
  assert.equal(await attempt({}, { tolerations: [{ key: 'x', operator: 'Exists' }] }), 'pod tolerations (possibly merged with namespace default tolerations) conflict with its cluster whitelist');
  assert.equal(await attempt({ [defaults]: '', [allowed]: '[{"key":"a","operator":"Exists"}]' }, { tolerations: [{ key: 'x', operator: 'Exists' }] }), 'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist');
  assert.deepEqual(await attempt({ [defaults]: '[{"key":"a","operator":"Equal","value":"1"}]', [allowed]: '' }, { tolerations: [{ key: 'x', operator: 'Exists' }] }), [{ key: 'x', operator: 'Exists' }, { key: 'a', operator: 'Equal', value: '1' }]);
});

test('ExtendedResourceToleration', async () => {
  const object = podOf({ containers: [{ name: 'c', resources: { requests: { 'b.example/x': '1', cpu: '1' } } }], initContainers: [{ name: 'i', resources: { requests: { 'a.example/x': '1' } } }], tolerations: [{ key: 'b.example/x', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 }, { key: 'z' }] });
  await admitted(extendedResourceToleration(), attributesFor(pods, { object }));
  assert.deepEqual(object.spec!.tolerations, [{ key: 'b.example/x', operator: 'Exists', effect: 'NoSchedule' }, { key: 'z' }, { key: 'a.example/x', operator: 'Exists', effect: 'NoSchedule' }]);
});

test('StorageObjectInUseProtection', async () => {
  const plugin = storageObjectInUseProtection();
  const finalizersOf = async (type: typeof persistentvolumes, finalizers?: string[]): Promise<unknown> => {
    const object = { metadata: { name: 'x', ...(finalizers && { finalizers }) } };
    await admitted(plugin, attributesFor(type, { object }));
    return (object.metadata as { finalizers?: string[] }).finalizers;
  };
  assert.deepEqual(await finalizersOf(persistentvolumes), ['kubernetes.io/pv-protection']);
  assert.deepEqual(await finalizersOf(persistentvolumeclaims as unknown as typeof persistentvolumes, ['a/b']), ['a/b', 'kubernetes.io/pvc-protection']);
  assert.deepEqual(await finalizersOf(persistentvolumes, ['kubernetes.io/pv-protection']), ['kubernetes.io/pv-protection']);
});

test('PersistentVolumeClaimResize', async () => {
  const reader = new FakeReader();
  reader.put(storageclasses, { metadata: { name: 'grows' }, provisioner: 'p', allowVolumeExpansion: true }, { metadata: { name: 'stays' }, provisioner: 'p' });
  const claim = (storage: string, storageClassName = 'grows', phase = 'Bound'): PersistentVolumeClaim => ({ metadata: { name: 'c', namespace: 'ns' }, spec: { storageClassName, resources: { requests: { storage } } }, status: { phase } });
  const attempt = (object: PersistentVolumeClaim, old: PersistentVolumeClaim): Promise<string> => admitted(persistentVolumeClaimResize({ reader }), attributesFor(persistentvolumeclaims, { object, old }));
  const refusedClaim = (detail: string): string => `persistentvolumeclaims "c" is forbidden: ${detail}`;
  assert.equal(await attempt(claim('2Gi'), claim('1Gi')), 'ok');
  assert.equal(await attempt(claim('1Gi', 'stays'), claim('1024Mi', 'stays')), 'ok');
  assert.equal(await attempt(claim('2Gi', 'grows', 'Pending'), claim('1Gi', 'grows', 'Pending')), refusedClaim('Only bound persistent volume claims can be expanded'));
  assert.equal(await attempt(claim('2Gi', 'stays'), claim('1Gi', 'stays')), refusedClaim('only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'));
});

/** A certificate request as far as its subject: what the plug-in reads. */
function requestFor(organizations: readonly string[]): string {
  const der = (tag: number, ...parts: readonly (readonly number[])[]): number[] => {
    const content = parts.flat();
    return [tag, ...(content.length < 128 ? [content.length] : [0x81, content.length]), ...content];
  };
  const text = (value: string): number[] => der(0x0c, [...new TextEncoder().encode(value)]);
  const attribute = (oid: readonly number[], value: string): number[] => der(0x31, der(0x30, der(0x06, oid), text(value)));
  const subject = der(0x30, attribute([0x55, 4, 3], 'jane'), ...organizations.map((name) => attribute([0x55, 4, 10], name)));
  const bytes = der(0x30, der(0x30, der(0x02, [0]), subject));
  return btoa(`-----BEGIN CERTIFICATE REQUEST-----\n${btoa(String.fromCharCode(...bytes)).replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE REQUEST-----\n`);
}

test('certificates: who may approve, sign, attest, and ask for what', async () => {
  const request = (more: Partial<CertificateSigningRequest> = {}, signerName = 'example.com/signer'): CertificateSigningRequest => ({ metadata: { name: 'r' }, spec: { signerName, request: requestFor(['dev']) }, ...more });
  const refusedRequest = (detail: string): string => `certificatesigningrequests.certificates.k8s.io "r" is forbidden: ${detail}`;
  const nobody = authorizer(() => false);
  const byDomain = authorizer(({ name }) => name === 'example.com/*');
  const approve = (parts: ReturnType<typeof authorizer>): Promise<string> => admitted(certificateApproval(parts), attributesFor(certificatesigningrequests, { object: request(), old: request(), subresource: 'approval' }));
  assert.equal(await approve(nobody), refusedRequest('user not permitted to approve requests with signerName "example.com/signer"'));
  assert.equal(await approve(byDomain), 'ok');
  assert.deepEqual(byDomain.asked, ['approve signers.certificates.k8s.io /example.com/signer', 'approve signers.certificates.k8s.io /example.com/*']);
  const sign = (object: CertificateSigningRequest, old = request()): Promise<string> => admitted(certificateSigning(nobody), attributesFor(certificatesigningrequests, { object, old, subresource: 'status' }));
  assert.equal(await sign(request()), 'ok');
  assert.equal(await sign(request({ status: { certificate: 'eA==' } })), refusedRequest('user not permitted to sign requests with signerName "example.com/signer"'));
  assert.equal(await sign(request({ status: { conditions: [{ type: 'Failed', status: 'True' }] } })), refusedRequest('user not permitted to sign requests with signerName "example.com/signer"'));
  const bundle = (signerName?: string, data = 'x') => ({ metadata: { name: 'b' }, spec: { trustBundle: data, ...(signerName !== undefined && { signerName }) } });
  const attest = (object: ReturnType<typeof bundle>, old?: ReturnType<typeof bundle>): Promise<string> => admitted(clusterTrustBundleAttest(nobody), attributesFor(clustertrustbundles, { object, ...(old && { old }) }));
  assert.equal(await attest(bundle()), 'ok');
  assert.equal(await attest(bundle('a/b')), 'clustertrustbundles.certificates.k8s.io "b" is forbidden: user not permitted to attest for signerName "a/b"');
  assert.equal(await attest(bundle('a/b'), bundle('a/b')), 'ok');

  const client = 'kubernetes.io/kube-apiserver-client';
  const ask = (organizations: readonly string[], signerName = client, text = requestFor(organizations)): Promise<string> =>
    admitted(certificateSubjectRestriction(), attributesFor(certificatesigningrequests, { object: { ...request({}, signerName), spec: { signerName, request: text } } }));
  assert.equal(await ask(['dev']), 'ok');
  assert.equal(await ask(['dev', 'system:masters']), refusedRequest('use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed'));
  assert.equal(await ask(['system:masters'], 'example.com/x'), 'ok');
  for (const text of ['', '!', btoa('-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----')]) assert.equal(await ask([], client, text), refusedRequest('failed to parse CSR: PEM block type must be CERTIFICATE REQUEST'));
  assert.equal(await ask([], client, btoa(`-----BEGIN CERTIFICATE REQUEST-----\nMIHlMIGMAgEAMCoxDTALBgNVBAMMBGphbmUx\n-----END CERTIFICATE REQUEST-----\n`)), refusedRequest('failed to parse CSR: asn1: structure error'));
});

test('DefaultIngressClass', async () => {
  const reader = new FakeReader();
  const plugin = defaultIngressClass({ reader });
  const classOf = async (spec: object, annotations?: Record<string, string>): Promise<unknown> => {
    const object = { metadata: { name: 'i', namespace: 'ns', ...(annotations && { annotations }) }, spec };
    await admitted(plugin, attributesFor(ingresses, { object }));
    return (object.spec as { ingressClassName?: string }).ingressClassName;
  };
  assert.equal(await classOf({}), undefined);
  const marked = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  reader.put(ingressclasses, { metadata: { name: 'old', annotations: marked, creationTimestamp: '2025-01-01T00:00:00Z' } }, { metadata: { name: 'new', annotations: marked, creationTimestamp: '2026-01-01T00:00:00Z' } });
  assert.equal(await classOf({}), 'new');
  assert.equal(await classOf({ ingressClassName: 'own' }), 'own');
  assert.equal(await classOf({}, { 'kubernetes.io/ingress.class': 'x' }), undefined);
});

test('DenyServiceExternalIPs', async () => {
  const plugin = denyServiceExternalIps();
  const service = (...externalIPs: string[]): Service => ({ metadata: { name: 's', namespace: 'ns' }, spec: { externalIPs } });
  const denied = 'services "s" is forbidden: Use of external IPs is denied by admission control';
  const cases: readonly [Service, Service | undefined, string][] = [
    [service(), undefined, 'ok'], [service('192.0.2.1'), undefined, denied], [service('192.0.2.1'), service('192.0.2.1', '192.0.2.2'), 'ok'], [service('192.0.2.3'), service('192.0.2.1'), denied],
  ];
  for (const [object, old, expected] of cases) assert.equal(await admitted(plugin, attributesFor(services, { object, ...(old && { old }) })), expected);
});

test('PodTopologyLabels', async () => {
  const reader = new FakeReader();
  reader.put(nodes, { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' } } });
  const plugin = podTopologyLabels({ reader });
  const bound = { metadata: { name: 'p', namespace: 'ns' }, target: { kind: 'Node', name: 'n' } };
  await admitted(plugin, attributesFor(pods, { object: bound as unknown as Pod, subresource: 'binding' }));
  assert.deepEqual((bound.metadata as { labels?: unknown }).labels, { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' });
  const placed: Pod = { ...podOf({ nodeName: 'n' }), metadata: { name: 'p', namespace: 'ns', labels: { 'topology.kubernetes.io/zone': 'own' } } };
  await admitted(plugin, attributesFor(pods, { object: placed }));
  assert.deepEqual(placed.metadata.labels, { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' });
  const free = podOf();
  await admitted(plugin, attributesFor(pods, { object: free }));
  assert.equal(free.metadata.labels, undefined);
});

test('PodResizeValidator', async () => {
  const reader = new FakeReader();
  reader.put(nodes, { metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux' } }, status: { allocatable: { cpu: '2', memory: '1Gi' } } }, { metadata: { name: 'w', labels: { 'kubernetes.io/os': 'windows' } }, status: { allocatable: { cpu: '2', memory: '1Gi' } } }, { metadata: { name: 'silent' }, status: { allocatable: { cpu: '2', memory: '1Gi' } } });
  const attempt = async (cpu: string, memory: string, nodeName = 'n', generation = 2): Promise<[string, unknown]> => {
    const object: Pod = { metadata: { name: 'p', namespace: 'ns', generation }, spec: { ...(nodeName !== '' && { nodeName }), containers: [{ name: 'c', resources: { requests: { cpu, memory } } }] } };
    try {
      await podResizeValidator({ reader }).validate!(attributesFor(pods, { object, old: { ...object, metadata: { ...object.metadata, generation: 1 } }, subresource: 'resize' }));
      return ['ok', undefined];
    } catch (error) {
      return [(error as ApiError).message, (error as ApiError).details?.causes?.[0]?.reason];
    }
  };
  assert.deepEqual(await attempt('2', '1Gi'), ['ok', undefined]);
  assert.deepEqual(await attempt('3', '2Gi'), [refused('node didn\'t have enough allocatable resources: cpu, requested: 3000, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824'), 'NodeCapacity']);
  assert.deepEqual(await attempt('3', '2Gi', 'n', 1), ['ok', undefined]);
  assert.deepEqual(await attempt('9', '9Gi', ''), ['ok', undefined]);
  assert.deepEqual(await attempt('1', '1Gi', 'silent'), ['ok', undefined]);
  assert.deepEqual(await attempt('9', '1Gi', 'w'), [refused('pod resize is only supported on linux nodes, node "w" is "windows"'), 'UnsupportedPlatform']);
  assert.deepEqual(await attempt('1', '1Gi', 'x'), [refused('node "x" not found'), undefined]);
});

test('NodeDeclaredFeatureValidator', async () => {
  const reader = new FakeReader();
  reader.put(nodes, { metadata: { name: 'n' } }, { metadata: { name: 'able' }, status: { declaredFeatures: ['InPlacePodLevelResourcesVerticalScaling'] } });
  const attempt = async (resources: PodSpec['resources'], nodeName: string | undefined, generation = 2): Promise<string> => {
    const object: Pod = { metadata: { name: 'p', namespace: 'ns', generation }, spec: { ...(nodeName !== undefined && { nodeName }), containers: [{ name: 'c' }], ...(resources !== undefined && { resources }) } };
    const old: Pod = { metadata: { ...object.metadata, generation: 1 }, spec: { ...object.spec!, resources: { requests: { cpu: '1' } } } };
    await nodeDeclaredFeatureValidator({ reader }).validate!(attributesFor(pods, { object, old, subresource: 'resize' }));
    return 'ok';
  };
  const larger = { requests: { cpu: '2' } };
  await assert.rejects(attempt(larger, 'n'), { message: refused('pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "n"') });
  await assert.rejects(attempt(larger, 'x'), { message: refused('node "x" not found') });
  assert.equal(await attempt(larger, 'able'), 'ok');
  assert.equal(await attempt(larger, undefined), 'ok');
  assert.equal(await attempt({ requests: { cpu: '1' } }, 'n'), 'ok');
  assert.equal(await attempt(larger, 'n', 1), 'ok');
});

test('EventRateLimit', async () => {
  const clock = new VirtualClock();
  const limits = eventLimits({ source: 'f', value: { apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', kind: 'Configuration', limits: [{ type: 'Namespace', qps: 1, burst: 2, cacheSize: 1 }, { type: 'SourceAndObject', qps: 1, burst: 10 }] } });
  const plugin = eventRateLimit({ clock, limits });
  const send = (namespace: string): Promise<string> => admitted(plugin, attributesFor(events, { object: { metadata: { name: 'e', namespace }, involvedObject: { kind: 'Pod', name: 'p' }, source: { component: 'kubelet' } } }));
  const limited = 'Too many requests: limit reached on type Namespace for key ns';
  assert.deepEqual([await send('ns'), await send('ns'), await send('ns')], ['ok', 'ok', limited]);
  await clock.advance(1000);
  assert.deepEqual([await send('ns'), await send('ns')], ['ok', limited]);
  // Only one namespace is remembered.
  assert.deepEqual([await send('other'), await send('ns')], ['ok', 'ok']);
  const wrong: readonly [object, RegExp][] = [
    [{ limits: [{ type: 'Node', qps: 0, burst: -1, cacheSize: -1 }] }, /limits\[0\]\.type: Unsupported value: "Node": supported values: "Namespace", "Server", "SourceAndObject", "User", limits\[0\]\.burst: Invalid value: -1: must be positive, limits\[0\]\.qps: Invalid value: 0: must be positive, limits\[0\]\.cacheSize: Invalid value: -1: must not be negative/],
    [{ limits: [{ type: 'Server', rate: 1 }] }, /strict decoding error: unknown field "limits\[0\]\.rate"/],
  ];
  for (const [fields, message] of wrong) assert.throws(() => eventLimits({ source: 'f', value: { apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', kind: 'Configuration', ...fields } }), { message });
});

test('OwnerReferencesPermissionEnforcement', async () => {
  const resourcesOf = (group: string, _version: string, kind: string) => (group === 'apps' && kind === 'ReplicaSet' ? [{ group, version: 'v1', resource: 'replicasets', namespaced: true }] : []);
  const owned = (blockOwnerDeletion?: boolean, kind = 'ReplicaSet'): Pod => ({ ...podOf(), metadata: { name: 'p', namespace: 'ns', ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'rs', uid: 'u', ...(blockOwnerDeletion !== undefined && { blockOwnerDeletion }) }] } });
  const attempt = async (allowed: (attributes: Extract<Attributes, { isResourceRequest: true }>) => boolean, object: Pod, old?: Pod): Promise<[string, string[]]> => {
    const parts = authorizer(allowed);
    return [await admitted(ownerReferencesPermissionEnforcement({ ...parts, resourcesOf }), attributesFor(pods, { object, ...(old && { old }) })), parts.asked];
  };
  assert.deepEqual(await attempt(() => false, podOf(), podOf()), ['ok', []]);
  assert.deepEqual(await attempt(() => false, owned()), ['ok', []]);
  assert.deepEqual(await attempt(() => false, owned(), podOf()), [refused('cannot set an ownerRef on a resource you can\'t delete: because, <nil>'), ['delete pods. ns/p']]);
  assert.deepEqual(await attempt(({ resource }) => resource === '*', owned(true)), ['ok', ['update */finalizers.* /*']]);
  assert.deepEqual(await attempt(() => false, owned(true)), [refused('cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: because, <nil>'), ['update */finalizers.* /*', 'update replicasets/finalizers.apps ns/rs']]);
  assert.deepEqual(await attempt(({ verb }) => verb === 'delete', owned(true), owned(true)), ['ok', []]);
  assert.equal((await attempt(() => false, owned(true, 'Nothing')))[0], refused('cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion apps/v1 Kind Nothing: no matches for kind "Nothing" in version "apps/v1"'));
});

test('ImagePolicyWebhook', async () => {
  const clock = new VirtualClock();
  const settings = imagePolicySettings({ source: 'f', value: { imagePolicy: { kubeConfigFile: '/k', allowTTL: 50, denyTTL: -1, retryBackoff: 10, defaultAllow: false } } });
  assert.deepEqual(settings, { kubeConfigFile: '/k', allowTtlMs: 50_000, denyTtlMs: 0, retryBackoffMs: 10, defaultAllow: false });
  const asked: unknown[] = [];
  let answer: () => Promise<ImageReviewStatus> = () => Promise.resolve({ allowed: true });
  const plugin = (more: object = {}) => imagePolicyWebhook({ clock, settings: { ...settings, ...more }, imageReviewer: (file, review) => { asked.push([file, review.spec]); return answer(); } });
  const object: Pod = { ...podOf({ containers: [{ name: 'c', image: 'x' }] }), metadata: { name: 'p', namespace: 'ns', annotations: { 'my.image-policy.k8s.io/ticket': '1', other: '2' } } };
  const attempt = (one = plugin()): Promise<string> => admitted(one, attributesFor(pods, { object }));
  const kept = plugin();
  assert.deepEqual([await attempt(kept), await attempt(kept), asked], ['ok', 'ok', [['/k', { containers: [{ image: 'x' }], annotations: { 'my.image-policy.k8s.io/ticket': '1' }, namespace: 'ns' }]]]);
  await clock.advance(50_000);
  answer = () => Promise.resolve({ allowed: false, reason: 'evil' });
  assert.equal(await attempt(kept), refused('image policy webhook backend denied one or more images: evil'));
  answer = () => Promise.resolve({ allowed: false });
  assert.equal(await attempt(), refused('one or more images rejected by webhook backend'));
  answer = () => Promise.reject(new Error('connection refused'));
  asked.length = 0;
  const [failing, open] = [attempt(), attempt(plugin({ defaultAllow: true }))];
  await clock.advance(1000);
  assert.deepEqual([await failing, await open, asked.length], [refused('connection refused'), 'ok', 10]);
  for (const [imagePolicy, message] of [[{ allowTTL: 1 }, /allowTTL: valid value is between 1000ms and 1800000ms, got 1000ms/], [{ ttl: 1 }, /unknown field/]] as const) assert.throws(() => imagePolicySettings({ source: 'f', value: { imagePolicy } }), { message });
});

test('JobValidation', async () => {
  const job = (parallelism: number, podGroupName?: string): Job => ({
    metadata: { namespace: 'ns', name: 'j', uid: 'u' },
    spec: { parallelism, template: { spec: { containers: [{ name: 'c' }], ...(podGroupName !== undefined && { schedulingGroup: { podGroupName } }) } } },
  });
  const reader = new FakeReader();
  const verdict = (object: Job, old: Job) => admitted(jobValidation({ reader }), attributesFor(jobs, { object, old }));
  assert.equal(await verdict(job(2), job(1)), 'ok');
  const gang = { schedulingPolicy: { gang: { minCount: 2 } } };
  reader.put(podgroups, { metadata: { namespace: 'ns', name: 'mine', ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }] }, spec: gang });
  reader.put(podgroups, { metadata: { namespace: 'ns', name: 'named' }, spec: { schedulingPolicy: { basic: {} } } });
  const refusedGroup = 'jobs.batch "j" is forbidden: cannot change parallelism for a Job referencing gang-scheduled PodGroup "mine"';
  assert.equal(await verdict(job(2), job(1)), refusedGroup);
  assert.equal(await verdict(job(2, 'mine'), job(1, 'mine')), refusedGroup);
  assert.equal(await verdict(job(2, 'named'), job(1, 'named')), 'ok');
  assert.equal(await verdict(job(1), job(1)), 'ok');
});
