import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../meta/object.ts';
import { formatResourceList } from '../meta/resource-list.ts';
import type { PersistentVolumeClaim, Pod, PodSpec, PodStatus, ResourceQuota, Service } from '../types/core/v1.ts';
import type { ResourceClaim } from '../types/resource/v1.ts';
import type { LimitedResource } from './check-request.ts';
import { checkQuotaRequest, quotaState } from './check-request.ts';
import type { QuotaContext, QuotaRequest } from './evaluator.ts';
import { quotaEvaluator } from './registry.ts';
import { measureUsage, usageMayHaveChanged } from './usage.ts';

type Amounts = Record<string, string>;

const nowMs = Date.UTC(2026, 0, 1);
const context: QuotaContext = { nowMs };
const container = (requests: Amounts = {}, limits: Amounts = {}, name = 'c') => ({ name, resources: { requests, limits } });
const podOf = (spec: Partial<PodSpec> = {}, status: PodStatus = {}, metadata: object = {}): Pod => ({ metadata: { name: 'p', namespace: 'ns', ...metadata }, spec: { containers: [container()], ...spec }, status });
const usageOf = (group: string, resource: string, object: KubeObject, of = context): Amounts => formatResourceList(quotaEvaluator(group, resource)!.usage(object, of));

test('what pods use', () => {
  const cases: readonly [string, Pod, Amounts][] = [
    ['nothing asked', podOf(), { 'count/pods': '1', pods: '1' }],
    ['all kinds of resources', podOf({ containers: [container({ cpu: '100m', memory: '1Gi', 'ephemeral-storage': '1G', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' }, { cpu: '1', memory: '2Gi', 'ephemeral-storage': '2G', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' })] }), {
      'count/pods': '1', pods: '1', cpu: '100m', 'requests.cpu': '100m', 'limits.cpu': '1', memory: '1Gi', 'requests.memory': '1Gi', 'limits.memory': '2Gi',
      'ephemeral-storage': '1G', 'requests.ephemeral-storage': '1G', 'limits.ephemeral-storage': '2G', 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi', 'requests.example.com/gpu': '2',
    }],
    ['containers together, or the largest init container', podOf({ containers: [container({ cpu: '1', memory: '1Gi' }), container({ cpu: '500m' })], initContainers: [container({ cpu: '1', memory: '3Gi' })] }), { 'count/pods': '1', pods: '1', cpu: '1500m', 'requests.cpu': '1500m', memory: '3Gi', 'requests.memory': '3Gi' }],
    ['sidecars', podOf({ containers: [container({ cpu: '1' })], initContainers: [{ ...container({ cpu: '1' }), restartPolicy: 'Always' }, container({ cpu: '3' })] }), { 'count/pods': '1', pods: '1', cpu: '4', 'requests.cpu': '4' }],
    ['overhead', podOf({ containers: [container({ cpu: '1' }, { cpu: '2' })], overhead: { cpu: '250m', memory: '64Mi' } }), { 'count/pods': '1', pods: '1', cpu: '1250m', 'requests.cpu': '1250m', 'limits.cpu': '2250m', memory: '64Mi', 'requests.memory': '64Mi' }],
    ['the pod as a whole', podOf({ containers: [container({ cpu: '1' })], resources: { requests: { cpu: '3' }, limits: { cpu: '4' } } }), { 'count/pods': '1', pods: '1', cpu: '3', 'requests.cpu': '3', 'limits.cpu': '4' }],
    ['a resize that is not done yet', podOf({ containers: [container({ cpu: '1' })] }, { containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, allocatedResources: { cpu: '2' } }] }), { 'count/pods': '1', pods: '1', cpu: '2', 'requests.cpu': '2' }],
    ['finished', podOf({ containers: [container({ cpu: '1' })] }, { phase: 'Succeeded' }), { 'count/pods': '1' }],
    ['being deleted', podOf({ containers: [container({ cpu: '1' })] }, {}, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }), { 'count/pods': '1', pods: '1', cpu: '1', 'requests.cpu': '1' }],
    ['stuck', podOf({ containers: [container({ cpu: '1' })] }, {}, { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 }), { 'count/pods': '1' }],
  ];
  for (const [name, pod, expected] of cases) assert.deepEqual(usageOf('', 'pods', pod), expected, name);
});

test('what services, claims and others use', () => {
  const service = (type: string, more: object = {}): Service => ({ metadata: { name: 's' }, spec: { type, ports: [{ port: 80 }, { port: 81, nodePort: 30081 }], ...more } });
  const ofService = (loadBalancers: string, nodePorts: string): Amounts => ({ 'count/services': '1', services: '1', 'services.loadbalancers': loadBalancers, 'services.nodeports': nodePorts });
  assert.deepEqual(usageOf('', 'services', service('ClusterIP')), ofService('0', '0'));
  assert.deepEqual(usageOf('', 'services', service('NodePort')), ofService('0', '2'));
  assert.deepEqual(usageOf('', 'services', service('LoadBalancer')), ofService('1', '2'));
  assert.deepEqual(usageOf('', 'services', service('LoadBalancer', { allocateLoadBalancerNodePorts: false })), ofService('1', '1'));

  const claim = (more: Partial<PersistentVolumeClaim>, storage = '1Gi'): PersistentVolumeClaim => ({ metadata: { name: 'c' }, ...more, spec: { resources: { requests: { storage } }, ...more.spec } });
  assert.deepEqual(usageOf('', 'persistentvolumeclaims', claim({})), { persistentvolumeclaims: '1', 'count/persistentvolumeclaims': '1', 'requests.storage': '1Gi' });
  assert.deepEqual(usageOf('', 'persistentvolumeclaims', claim({ spec: { storageClassName: 'gold', resources: { requests: { storage: '1500m' } } } })), {
    persistentvolumeclaims: '1', 'count/persistentvolumeclaims': '1', 'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1', 'requests.storage': '2', 'gold.storageclass.storage.k8s.io/requests.storage': '2',
  });
  assert.equal(usageOf('', 'persistentvolumeclaims', claim({ status: { allocatedResources: { storage: '2Gi' } } }))['requests.storage'], '2Gi');

  const devices = { requests: [
    { name: 'a', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } }, { name: 'b', exactly: { deviceClassName: 'gpu', allocationMode: 'All' } },
    { name: 'c', firstAvailable: [{ name: 'x', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 }, { name: 'y', deviceClassName: 'fpga', allocationMode: 'ExactCount', count: 3 }, { name: 'z', deviceClassName: 'fpga', allocationMode: 'ExactCount', count: 2 }] },
  ] };
  const resourceClaim: ResourceClaim = { metadata: { name: 'c', namespace: 'ns' }, spec: { devices } };
  assert.deepEqual(usageOf('resource.k8s.io', 'resourceclaims', resourceClaim, { ...context, extendedResourceOf: (name) => (name === 'gpu' ? 'example.com/gpu' : undefined) }), {
    'count/resourceclaims.resource.k8s.io': '1', 'gpu.deviceclass.resource.k8s.io/devices': '35', 'requests.deviceclass.resource.kubernetes.io/gpu': '35', 'requests.example.com/gpu': '35',
    'fpga.deviceclass.resource.k8s.io/devices': '3', 'requests.deviceclass.resource.kubernetes.io/fpga': '3',
  });
  assert.deepEqual(usageOf('', 'secrets', { metadata: {} }), { 'count/secrets': '1', secrets: '1' });
  assert.deepEqual(usageOf('apps', 'deployments', { metadata: {} }), { 'count/deployments.apps': '1' });
  for (const [group, resource] of [['', 'events'], ['events.k8s.io', 'events'], ['', 'bindings'], ['authorization.k8s.io', 'localsubjectaccessreviews']]) assert.equal(quotaEvaluator(group!, resource!), undefined);
});

const quota = (hard: Amounts, used: Amounts, spec: ResourceQuota['spec'] = {}, name = 'q'): ResourceQuota => ({ metadata: { name, namespace: 'ns' }, spec: { hard, ...spec }, status: { hard, used } });
const create = (object: KubeObject): QuotaRequest => ({ operation: 'CREATE', subresource: '', object, oldObject: undefined });
const update = (object: KubeObject, oldObject: KubeObject, subresource = ''): QuotaRequest => ({ operation: 'UPDATE', subresource, object, oldObject });

/** The refusal, or what each quota uses afterwards. */
function check(quotas: readonly ResourceQuota[], request: QuotaRequest, options: { readonly resource?: string; readonly limited?: readonly LimitedResource[] } = {}): string | Amounts[] {
  const verdict = checkQuotaRequest(quotas.map(quotaState), request, quotaEvaluator('', options.resource ?? 'pods')!, { context, limited: options.limited ?? [] });
  return verdict.allowed ? verdict.quotas.map(({ used }) => formatResourceList(used)) : `${verdict.reason}: ${verdict.message}`;
}

test('requests are charged or refused, in upstream\'s words', () => {
  const cpu = (amount: string): Pod => podOf({ containers: [container({ cpu: amount }, { cpu: amount })] });
  const cases: readonly [string, string | Amounts[], string | Amounts[]][] = [
    ['fits exactly', check([quota({ cpu: '1', pods: '2' }, { cpu: '500m', pods: '1' })], create(cpu('500m'))), [{ cpu: '1', pods: '2' }]],
    ['one too many', check([quota({ pods: '2' }, { pods: '2' })], create(podOf())), 'forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'],
    ['several names', check([quota({ pods: '2', cpu: '1', memory: '1Gi' }, { pods: '2', cpu: '1', memory: '0' })], create(podOf({ containers: [container({ cpu: '1', memory: '1Mi' })] }))), 'forbidden: exceeded quota: q, requested: cpu=1,pods=1, used: cpu=1,pods=2, limited: cpu=1,pods=2'],
    ['formats stay', check([quota({ memory: '1Gi' }, { memory: '1000Mi' })], create(podOf({ containers: [container({ memory: '100M' })] }))), 'forbidden: exceeded quota: q, requested: memory=100M, used: memory=1000Mi, limited: memory=1Gi'],
    ['what is counted must be said', check([quota({ 'limits.cpu': '1', 'requests.memory': '1', cpu: '1', 'requests.ephemeral-storage': '1' }, { 'limits.cpu': '0', 'requests.memory': '0', cpu: '0', 'requests.ephemeral-storage': '0' })], create(podOf({ containers: [container({}, {}, 'b'), container({ cpu: '1' }, {}, 'a')] }))), 'forbidden: failed quota: q: must specify cpu for: b; limits.cpu for: a,b; requests.memory for: a,b'],
    ['by init containers too', check([quota({ cpu: '1' }, { cpu: '0' })], create(podOf({ containers: [container({ cpu: '1' })], initContainers: [container({}, {}, 'i')] }))), 'forbidden: failed quota: q: must specify cpu for: i'],
    ['or by the pod as a whole', check([quota({ cpu: '1' }, { cpu: '0' })], create(podOf({ resources: { requests: { cpu: '1' } } }))), [{ cpu: '1' }]],
    ['not counted yet', check([quota({ cpu: '1', pods: '1', secrets: '1' }, { pods: '0' })], create(cpu('1'))), 'forbidden: status unknown for quota: q, resources: cpu,pods'],
    ['a quota of other things', check([quota({ secrets: '0' }, { secrets: '0' })], create(podOf())), [{ secrets: '0' }]],
    ['all quotas must have room', check([quota({ pods: '5' }, { pods: '0' }), quota({ pods: '0' }, { pods: '0' }, {}, 'r')], create(podOf())), 'forbidden: exceeded quota: r, requested: pods=1, used: pods=0, limited: pods=0'],
    ['less than before is always allowed', check([quota({ cpu: '1' }, { cpu: '5' })], update(cpu('1'), { ...cpu('2') }, 'resize')), [{ cpu: '5' }]],
    ['a resize costs the difference', check([quota({ cpu: '3', 'limits.cpu': '3' }, { cpu: '2', 'limits.cpu': '2' })], update(cpu('2'), cpu('1'), 'resize')), [{ cpu: '3', 'limits.cpu': '3' }]],
    ['a resize beyond', check([quota({ cpu: '3' }, { cpu: '2' })], update(cpu('4'), cpu('1'), 'resize')), 'forbidden: exceeded quota: q, requested: cpu=3, used: cpu=2, limited: cpu=3'],
    ['other updates cost nothing', check([quota({ cpu: '0' }, { cpu: '0' })], update(cpu('4'), cpu('1'))), [{ cpu: '0' }]],
    ['a deadline changes the scope', check([quota({ pods: '1' }, { pods: '1' }, { scopes: ['Terminating'] })], update(podOf({ activeDeadlineSeconds: 5 }), podOf())), 'forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'],
    ['services change their type', check([quota({ 'services.nodeports': '1', services: '1' }, { 'services.nodeports': '0', services: '1' })], update({ metadata: {}, spec: { type: 'NodePort', ports: [{ port: 1 }] } } as KubeObject, { metadata: {}, spec: { type: 'ClusterIP', ports: [{ port: 1 }] } } as KubeObject), { resource: 'services' }), [{ 'services.nodeports': '1', services: '1' }]],
  ];
  for (const [name, actual, expected] of cases) assert.deepEqual(actual, expected, name);
});

test('scopes choose what a quota counts', () => {
  const selector = (scopeName: string, operator: string, ...values: string[]): ResourceQuota['spec'] => ({ scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values.length > 0 && { values }) }] } });
  const crossing = podOf({ affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'h', namespaceSelector: {} } }] } } });
  const high = podOf({ priorityClassName: 'high' });
  const cases: readonly [ResourceQuota['spec'], Pod, boolean][] = [
    [{ scopes: ['Terminating'] }, podOf({ activeDeadlineSeconds: 0 }), true], [{ scopes: ['Terminating'] }, podOf(), false],
    [{ scopes: ['NotTerminating'] }, podOf(), true], [{ scopes: ['NotTerminating', 'BestEffort'] }, podOf(), true], [{ scopes: ['NotTerminating', 'NotBestEffort'] }, podOf(), false],
    [{ scopes: ['NotBestEffort'] }, podOf({ containers: [container({ cpu: '1' })] }), true],
    [{ scopes: ['CrossNamespacePodAffinity'] }, crossing, true], [{ scopes: ['CrossNamespacePodAffinity'] }, podOf(), false],
    [{ scopes: ['PriorityClass'] }, high, true], [{ scopes: ['PriorityClass'] }, podOf(), false],
    [selector('PriorityClass', 'In', 'high', 'low'), high, true], [selector('PriorityClass', 'In', 'low'), high, false], [selector('PriorityClass', 'NotIn', 'low'), high, true], [selector('PriorityClass', 'NotIn', 'low'), podOf(), true],
    [selector('PriorityClass', 'DoesNotExist'), podOf(), true], [selector('PriorityClass', 'DoesNotExist'), high, false],
    [selector('VolumeAttributesClass', 'Exists'), podOf(), false],
  ];
  for (const [spec, pod, counted] of cases) assert.deepEqual(check([quota({ pods: '9' }, { pods: '0' }, spec)], create(pod)), [{ pods: counted ? '1' : '0' }], JSON.stringify(spec));
  const claim = (more: Partial<PersistentVolumeClaim>): PersistentVolumeClaim => ({ metadata: { name: 'c' }, spec: { resources: { requests: { storage: '1Gi' } }, ...more.spec }, ...(more.status && { status: more.status }) });
  const claims: readonly [PersistentVolumeClaim, boolean][] = [
    [claim({}), false], [claim({ spec: { volumeAttributesClassName: 'fast' } }), true], [claim({ status: { currentVolumeAttributesClassName: 'fast' } }), true],
    [claim({ spec: { volumeAttributesClassName: 'slow' }, status: { modifyVolumeStatus: { status: 'Pending', targetVolumeAttributesClassName: 'fast' } } }), true], [claim({ spec: { volumeAttributesClassName: 'slow' } }), false],
  ];
  for (const [object, counted] of claims) {
    assert.deepEqual(check([quota({ 'requests.storage': '9Gi' }, { 'requests.storage': '0' }, selector('VolumeAttributesClass', 'In', 'fast'))], create(object), { resource: 'persistentvolumeclaims' }), [{ 'requests.storage': counted ? '1Gi' : '0' }]);
  }
  // What moves into a quota's scope is charged there with all it has.
  assert.deepEqual(check([quota({ pods: '9', cpu: '9' }, { pods: '0', cpu: '0' }, { scopes: ['Terminating'] })], update(podOf({ activeDeadlineSeconds: 5, containers: [container({ cpu: '1' })] }), podOf({ containers: [container({ cpu: '1' })] }))), [{ pods: '1', cpu: '1' }]);
});

test('limited resources want a quota that covers them', () => {
  const limited: readonly LimitedResource[] = [{ resource: 'pods', matchContains: ['requests.cpu', 'example.com/'] }];
  const asking = podOf({ containers: [container({ cpu: '1', 'example.com/gpu': '1' })] });
  assert.equal(check([], create(asking), { limited }), 'forbidden: insufficient quota to consume: requests.cpu,requests.example.com/gpu');
  assert.equal(check([quota({ 'requests.cpu': '9' }, { 'requests.cpu': '0' })], create(asking), { limited }), 'forbidden: insufficient quota to consume: requests.example.com/gpu');
  assert.deepEqual(check([quota({ 'requests.cpu': '9', 'requests.example.com/gpu': '1' }, { 'requests.cpu': '0', 'requests.example.com/gpu': '0' })], create(asking), { limited }), [{ 'requests.cpu': '1', 'requests.example.com/gpu': '1' }]);
  assert.deepEqual(check([], create(podOf()), { limited }), []);
  const scoped: readonly LimitedResource[] = [{ resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['cluster-services'] }] }];
  const important = podOf({ priorityClassName: 'cluster-services' });
  assert.equal(check([], create(important), { limited: scoped }), 'error: insufficient quota to match these scopes: [{PriorityClass In [cluster-services]}]');
  assert.deepEqual(check([quota({ pods: '1' }, { pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['cluster-services'] }] } })], create(important), { limited: scoped }), [{ pods: '1' }]);
  assert.deepEqual(check([], create(podOf()), { limited: scoped }), []);
});

test('a controller measures what is there, and knows what changes it', () => {
  const evaluator = quotaEvaluator('', 'pods')!;
  const pods = [podOf({ containers: [container({ cpu: '1' })] }), podOf({ containers: [container({ cpu: '500m' })] }), podOf({}, { phase: 'Failed' })];
  assert.deepEqual(formatResourceList(measureUsage(quota({ pods: '9', cpu: '9', memory: '1', secrets: '1', 'count/pods': '1' }, {}), evaluator, pods, context)), { pods: '2', cpu: '1500m', memory: '0', 'count/pods': '3' });
  assert.deepEqual(formatResourceList(measureUsage(quota({ pods: '9', 'count/pods': '9' }, {}, { scopes: ['BestEffort'] }), evaluator, pods, context)), { pods: '0', 'count/pods': '1' });
  const changes: readonly [string, KubeObject, KubeObject, boolean][] = [
    ['pods', podOf({}, { phase: 'Succeeded' }), podOf({}, { phase: 'Running' }), true], ['pods', podOf({}, { phase: 'Running' }), podOf({}, { phase: 'Pending' }), false],
    ['pods', podOf({ activeDeadlineSeconds: 1 }), podOf(), true],
    ['pods', podOf({}, { containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, resources: { requests: { cpu: '2' } } }] }), podOf({}, { containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, resources: { requests: { cpu: '1' } } }] }), true],
    ['services', { metadata: {}, spec: { type: 'ClusterIP' } } as KubeObject, { metadata: {}, spec: { type: 'NodePort' } } as KubeObject, true],
    ['persistentvolumeclaims', { metadata: {}, status: { allocatedResources: { storage: '1' } } } as KubeObject, { metadata: {} }, true],
    ['configmaps', { metadata: {} }, { metadata: {} }, false],
  ];
  for (const [resource, object, old, expected] of changes) assert.equal(usageMayHaveChanged('', resource, object, old, nowMs), expected, resource);
});
