import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../field-error.ts';
import type { KubeObject } from '../meta/object.ts';
import { apiVersionOf } from '../resource-type.ts';
import * as handles from '../resources.ts';
import { builtinSchema } from '../schema/table.ts';
import type { ResourceDefinition } from './definition.ts';
import { definitionFor, definitionOf, definitions } from './registry.ts';

const context = { nowMs: Date.UTC(2026, 0, 1, 1) };
const created = '2026-01-01T00:00:00Z';

type Anything = Record<string, unknown>;

function rules(group: string, resource: string): ResourceDefinition<KubeObject> {
  const definition = definitionOf(group, resource);
  assert.ok(definition, `${group}/${resource}`);
  return definition;
}

/** An object as a client may send it, defaulted and prepared for creation. */
function create(group: string, resource: string, fields: Anything): KubeObject & Anything {
  const definition = rules(group, resource);
  const object = { apiVersion: apiVersionOf(definition.type), kind: definition.type.kind, ...structuredClone(fields), metadata: { name: 'a', namespace: 'default', creationTimestamp: created, ...(fields['metadata'] as object | undefined) } };
  definition.applyDefaults?.(object);
  definition.prepareForCreate?.(object, context);
  return object;
}

const errorsOf = (group: string, resource: string, fields: Anything): string[] => (rules(group, resource).validate?.(create(group, resource, fields), context) ?? []).map(formatFieldError);
const cells = (group: string, resource: string, fields: Anything): unknown[] => {
  const object = { ...fields, metadata: { name: 'a', namespace: 'default', creationTimestamp: created, ...(fields['metadata'] as object | undefined) } };
  return (rules(group, resource).columns ?? []).map((column) => column.cell(object, context));
};

test('no rule stumbles over an object that lacks everything', () => {
  for (const definition of definitions) {
    const name = `${definition.type.group}/${definition.type.resource}`;
    const empty = (): KubeObject => ({ apiVersion: apiVersionOf(definition.type), kind: definition.type.kind, metadata: { name: 'a' } });
    const object = empty();
    assert.doesNotThrow(() => {
      definition.selectableFields?.({ metadata: {} });
      definition.applyDefaults?.(object);
      definition.prepareForCreate?.(object, context);
      definition.validate?.(object, context);
      definition.warnings?.(object, undefined);
      definition.update?.prepareForUpdate?.(object, empty(), context);
      definition.update?.validateUpdate?.(object, empty(), context);
      for (const subresource of Object.values(definition.subresources ?? {})) {
        subresource.prepareForUpdate?.(object, empty(), context);
        subresource.validateUpdate?.(object, empty(), context);
      }
      for (const column of definition.columns ?? []) column.cell(object, context);
    }, name);
    assert.deepEqual(Object.keys(definition.selectableFields?.(create(definition.type.group, definition.type.resource, {})) ?? {}).sort(), Object.keys(definition.selectableFields?.({ metadata: {} }) ?? {}).sort(), name);
  }
});

test('every built-in resource behaves in some way', () => {
  for (const schema of builtinSchema.resources) assert.ok(definitionFor(schema).type, schema.resource);
  assert.equal(new Set(definitions.map(({ type }) => `${type.group}/${type.resource}`)).size, definitions.length);
  const known = new Set(Object.values(handles));
  // Pod presets are of no version of Kubernetes that there is a handle for.
  for (const { type } of definitions) assert.ok(known.has(type) || type.resource === 'podpresets', type.resource);
});

test('services: defaults', () => {
  const service = create('', 'services', { spec: { ports: [{ port: 80 }], selector: { a: 'b' } } });
  assert.deepEqual(service['spec'], { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }], selector: { a: 'b' }, sessionAffinity: 'None', type: 'ClusterIP', internalTrafficPolicy: 'Cluster' });
  assert.deepEqual((create('', 'services', { spec: { type: 'NodePort', sessionAffinity: 'ClientIP', ports: [{ port: 1 }] } })['spec'] as Anything)['sessionAffinityConfig'], { clientIP: { timeoutSeconds: 10_800 } });
  assert.deepEqual((create('', 'services', { spec: { clusterIP: 'None' } })['spec'] as Anything)['clusterIPs'], ['None']);
});

test('services: validation', () => {
  const port = { name: 'a', port: 80 };
  const table: [Anything, string[]][] = [
    [{ ports: [port] }, []],
    [{ ports: [{ port: 1 }], type: 'LoadBalancer' }, []],
    [{}, ['spec.ports: Required value']],
    [{ clusterIP: 'None' }, []],
    [{ ports: [{ port: 0 }] }, ['spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive', 'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive']],
    [{ ports: [port, { port: 81 }] }, ['spec.ports[1].name: Required value']],
    [{ ports: [port, { name: 'b', port: 80 }] }, ['spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}']],
    [{ ports: [{ ...port, nodePort: 30_000 }] }, ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]],
    [{ ports: [{ ...port, protocol: 'ICMP' }] }, ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"']],
    [{ ports: [port], type: 'Nope' }, ['spec.type: Unsupported value: "Nope": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"']],
    [{ type: 'ExternalName' }, ['spec.externalName: Required value']],
    [{ ports: [port], clusterIP: '10.0.0.256' }, ['spec.clusterIPs[0]: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    [{ ports: [port], clusterIP: '10.0.0.01' }, ['spec.clusterIPs[0]: Invalid value: "10.0.0.01": must not have leading 0s']],
    [{ ports: [port], clusterIPs: ['10.0.0.1'] }, ['spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified']],
    [{ ports: [port], externalIPs: ['127.0.0.1'] }, ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)']],
    [{ ports: [port], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }, ['spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than or equal to 86400']],
    [{ ports: [port], externalTrafficPolicy: 'Local' }, ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services']],
    [{ ports: [port], ipFamilies: ['IPv4', 'IPv4'] }, ['spec.ipFamilies[1]: Duplicate value: "IPv4"']],
    [{ ports: [port], loadBalancerSourceRanges: ['10.0.0.1/8'], type: 'LoadBalancer' }, ['spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length']],
  ];
  for (const [spec, expected] of table) assert.deepEqual(errorsOf('', 'services', { spec }), expected, JSON.stringify(spec));
});

test('services: an update carries over what was allocated, and lets go what the new type does not use', () => {
  const definition = rules('', 'services');
  const allocated = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30_001 }], externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster', sessionAffinity: 'None' };
  const old = { metadata: { name: 'a' }, spec: allocated } as KubeObject;
  const update = (spec: Anything): { spec: Anything; errors: string[] } => {
    const object = { metadata: { name: 'a' }, spec: structuredClone(spec) };
    definition.applyDefaults?.(object);
    definition.update?.prepareForUpdate?.(object, old, context);
    return { spec: object.spec, errors: (definition.update?.validateUpdate?.(object, old, context) ?? []).map(formatFieldError) };
  };
  assert.deepEqual(update({ type: 'NodePort', ports: [{ port: 80 }] }), { spec: { ...allocated }, errors: [] });
  const down = update({ ...allocated, type: 'ClusterIP' });
  assert.equal((down.spec['ports'] as Anything[])[0]!['nodePort'], undefined);
  assert.equal(down.spec['externalTrafficPolicy'], undefined);
  assert.deepEqual(down.errors, []);
  assert.deepEqual(update({ ...allocated, clusterIP: '10.0.0.2' }).errors, ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set']);
  const external = update({ ...allocated, type: 'ExternalName', externalName: 'a.example', ports: [] });
  assert.equal(external.spec['clusterIP'], undefined);
  assert.deepEqual(external.errors, []);
});

test('services: columns', () => {
  const spec = { type: 'NodePort', clusterIPs: ['10.0.0.1'], ports: [{ port: 80, protocol: 'TCP', nodePort: 30_001 }, { port: 53, protocol: 'UDP' }], selector: { b: '1', a: '2' } };
  assert.deepEqual(cells('', 'services', { spec }), ['a', 'NodePort', '10.0.0.1', '<none>', '80:30001/TCP,53/UDP', '60m', 'a=2,b=1']);
  assert.deepEqual(cells('', 'services', { spec: { type: 'LoadBalancer', ports: [] } }), ['a', 'LoadBalancer', '<none>', '<pending>', '<none>', '60m', '<none>']);
});

test('namespaces', () => {
  const namespace = create('', 'namespaces', { metadata: { labels: { x: 'y' } } });
  assert.deepEqual(namespace.metadata.labels, { x: 'y', 'kubernetes.io/metadata.name': 'a' });
  assert.deepEqual([namespace['spec'], namespace['status']], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
  assert.deepEqual(errorsOf('', 'namespaces', { spec: { finalizers: ['mine'] } }), ['spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified']);
  const update = rules('', 'namespaces').subresources?.['status']?.validateUpdate;
  assert.deepEqual(update?.({ metadata: {}, status: { phase: 'Terminating' } } as KubeObject, namespace, context).map(formatFieldError), ['status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty']);
});

test('secrets and config maps', () => {
  const secret = create('', 'secrets', { data: { a: 'MQ==' }, stringData: { b: 'é' } });
  assert.deepEqual([secret['type'], secret['data'], secret['stringData']], ['Opaque', { a: 'MQ==', b: 'w6k=' }, undefined]);
  const table: [Anything, string[]][] = [
    [{ type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, ['data[tls.key]: Required value']],
    [{ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{}' } }, []],
    [{ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } }, ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input']],
    [{ type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': 'true' } }, ['data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal bool into Go value of type map[string]interface {}']],
    [{ type: 'kubernetes.io/service-account-token' }, ['metadata.annotations[kubernetes.io/service-account.name]: Required value']],
    [{ data: { 'a b': '' } }, ["data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"]],
    [{ stringData: { a: 'x'.repeat(1024 * 1024 + 1) } }, ['data: Too long: may not be more than 1048576 bytes']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(errorsOf('', 'secrets', fields), expected);
  const immutable = { metadata: {}, immutable: true, data: { a: '1' } } as KubeObject;
  for (const resource of ['secrets', 'configmaps']) {
    const errors = rules('', resource).update?.validateUpdate?.({ metadata: {}, data: { a: '2' } } as KubeObject, immutable, context) ?? [];
    assert.deepEqual(errors.map(formatFieldError), ['immutable: Forbidden: field is immutable when `immutable` is set', 'data: Forbidden: field is immutable when `immutable` is set']);
  }
  assert.deepEqual(cells('', 'configmaps', { data: { a: '', b: '' }, binaryData: { c: '' } }), ['a', 3, '60m']);
});

test('nodes', () => {
  const node = {
    metadata: { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], nodeInfo: { kubeletVersion: 'v1.36.0' } },
  };
  assert.deepEqual(cells('', 'nodes', node), ['a', 'Ready,SchedulingDisabled', 'control-plane,worker', '60m', 'v1.36.0', '10.0.0.1', '<none>', '<unknown>', '<unknown>', '<unknown>']);
  assert.deepEqual(errorsOf('', 'nodes', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoSchedule' }, { key: 'b', effect: 'X' }] } }), [
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    'metadata.taints[2].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ]);
  const update = rules('', 'nodes').update?.validateUpdate;
  assert.deepEqual(update?.({ metadata: {}, spec: { podCIDRs: ['10.2.0.0/24'] } } as KubeObject, { metadata: {}, spec: { podCIDRs: ['10.1.0.0/24'] } } as KubeObject, context).map(formatFieldError), ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid']);
  assert.deepEqual(errorsOf('', 'nodes', { status: { capacity: { 'example.com/gpu': '500m', cpu: '-1' } } }), [
    'status.capacity.example.com/gpu: Invalid value: "500m": must be an integer', 'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    'status.allocatable.example.com/gpu: Invalid value: "500m": must be an integer', 'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
  ]);
});

test('endpoints, slices and leases', () => {
  assert.deepEqual(errorsOf('', 'endpoints', { subsets: [{ ports: [{ port: 80 }] }] }), ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']);
  assert.equal(cells('', 'endpoints', { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 1 }, { port: 2 }] }] })[1], '10.0.0.1:1,10.0.0.2:1,10.0.0.1:2 + 1 more...');
  assert.deepEqual(errorsOf('discovery.k8s.io', 'endpointslices', { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }, {}], ports: [{}, {}] }), [
    'ports[1].name: Duplicate value: ""', 'endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address',
    'endpoints[0].addresses[0]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)', 'endpoints[1].addresses: Required value: must contain at least 1 address',
  ]);
  assert.deepEqual(cells('discovery.k8s.io', 'endpointslices', { addressType: 'IPv4', endpoints: [], ports: [] }), ['a', 'IPv4', '<unset>', '<unset>', '60m']);
  assert.deepEqual(errorsOf('coordination.k8s.io', 'leases', { spec: { leaseDurationSeconds: 0 } }), ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']);
});

test('RBAC', () => {
  const group = 'rbac.authorization.k8s.io';
  assert.deepEqual(errorsOf(group, 'roles', { rules: [{ verbs: [] }, { verbs: ['get'], nonResourceURLs: ['/x'] }] }), [
    'rules[0].verbs: Required value: verbs must contain at least one value', 'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    'rules[0].resources: Required value: resource rules must supply at least one resource', 'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ]);
  const binding = { roleRef: { kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'User', name: 'u' }, { kind: 'ServiceAccount', name: 's' }] };
  assert.deepEqual(errorsOf(group, 'rolebindings', binding), []);
  assert.deepEqual(errorsOf(group, 'clusterrolebindings', binding), ['subjects[1].namespace: Required value']);
  assert.deepEqual(cells(group, 'rolebindings', binding), ['a', 'ClusterRole/view', '60m', 'u', '', '/s']);
  const changed = rules(group, 'rolebindings').update?.validateUpdate?.(create(group, 'rolebindings', { ...binding, roleRef: { kind: 'Role', name: 'x' } }), create(group, 'rolebindings', binding), context) ?? [];
  assert.deepEqual(changed.map(formatFieldError), [`roleRef: Invalid value: {"APIGroup":"${group}","Kind":"Role","Name":"x"}: cannot change roleRef`]);
});

test('events of both groups', () => {
  const core = { involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' }, reason: 'Started', message: ' hello ', type: 'Normal', count: 3, firstTimestamp: created, lastTimestamp: '2026-01-01T00:30:00Z', source: { component: 'kubelet', host: 'n' } };
  assert.deepEqual(cells('', 'events', core), ['30m', 'Normal', 'Started', 'pod/p', '', 'kubelet, n', 'hello', '60m', 3, 'a']);
  assert.deepEqual(errorsOf('', 'events', core), []);
  assert.deepEqual(errorsOf('', 'events', { ...core, involvedObject: { namespace: 'other' } }), ['involvedObject.namespace: Invalid value: "other": does not match event.namespace']);
  assert.deepEqual(errorsOf('events.k8s.io', 'events', { regarding: { namespace: 'default' }, type: 'Odd' }), ['eventTime: Required value', 'type: Invalid value: "": has invalid value: Odd']);
  assert.equal(rules('', 'events').selectableFields?.({ metadata: {}, ...core })['involvedObject.name'], 'p');
});

test('generations count changes of the spec, and status belongs to its subresource', () => {
  const ingress = rules('networking.k8s.io', 'ingresses');
  const old = create('networking.k8s.io', 'ingresses', { spec: { ingressClassName: 'a' }, status: { x: 1 } });
  assert.deepEqual([old.metadata.generation, old['status']], [1, undefined]);
  const same = structuredClone(old);
  same['status'] = { loadBalancer: {} };
  ingress.update?.prepareForUpdate?.(same, old, context);
  assert.deepEqual([same.metadata.generation, same['status']], [1, undefined]);
  const changed = structuredClone(old);
  changed['spec'] = { ingressClassName: 'b' };
  ingress.update?.prepareForUpdate?.(changed, old, context);
  assert.equal(changed.metadata.generation, 2);
  const status: KubeObject & Anything = { ...structuredClone(changed), status: { loadBalancer: {} } };
  ingress.subresources?.['status']?.prepareForUpdate?.(status, old, context);
  assert.deepEqual([status['spec'], status['status']], [{ ingressClassName: 'a' }, { loadBalancer: {} }]);
});

test('columns of other kinds', () => {
  const table: [string, string, Anything, unknown[]][] = [
    ['', 'persistentvolumeclaims', { spec: { volumeName: 'v', storageClassName: 's' }, status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } }, ['a', 'Bound', 'v', '1Gi', 'RWO', 's', '<unset>', '60m', '<unset>']],
    ['', 'resourcequotas', { status: { hard: { pods: '4', 'limits.cpu': '2' }, used: { pods: '1' } } }, ['a', 'pods: 1/4', 'limits.cpu: 0/2', '60m']],
    ['networking.k8s.io', 'ingresses', { spec: { rules: [{ host: 'x' }], tls: [{}] } }, ['a', '<none>', 'x', '', '80, 443', '60m']],
    ['policy', 'poddisruptionbudgets', { spec: { minAvailable: '50%' } }, ['a', '50%', 'N/A', 0, '60m']],
    ['storage.k8s.io', 'storageclasses', { provisioner: 'p', metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } }, ['a (default)', 'p', 'Delete', 'Immediate', false, '60m']],
    ['autoscaling', 'horizontalpodautoscalers', { spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }] } }, ['a', 'Deployment/d', 'cpu: <unknown>/80%', '<unset>', 3, 0, '60m']],
    ['certificates.k8s.io', 'certificatesigningrequests', { spec: { signerName: 's', username: 'u' }, status: { conditions: [{ type: 'Approved' }], certificate: 'x' } }, ['a', '60m', 's', 'u', '<none>', 'Approved,Issued']],
    ['apiregistration.k8s.io', 'apiservices', { status: { conditions: [{ type: 'Available', status: 'True' }] } }, ['a', 'Local', 'True', '60m']],
  ];
  for (const [group, resource, fields, expected] of table) assert.deepEqual(cells(group, resource, fields), expected, resource);
});
