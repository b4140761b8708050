import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErrors, templateErrors, withContainer, withVolume } from './fixtures.ts';

const label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

type Row = readonly [name: string, spec: Record<string, unknown>, ...errors: string[]];

function table(rows: readonly Row[]): void {
  for (const [name, spec, ...errors] of rows) test(name, () => assert.deepEqual(createErrors(spec), errors));
}

const two = (a: object, b: object): Record<string, unknown> => ({ containers: [{ name: 'a', image: 'x', ...a }, { name: 'b', image: 'x', ...b }] });
const init = (fields: object): Record<string, unknown> => ({ initContainers: [{ name: 'i', image: 'x', ...fields }] });
const http = { httpGet: { port: 80 } };

table([
  ['a small pod is well', {}],
  ['no containers', { containers: [] }, 'spec.containers: Required value'],
  ['a container without name and image', { containers: [{}] }, 'spec.containers[0].name: Required value', 'spec.containers[0].image: Required value'],
  ['a bad name', withContainer({ name: 'A' }), `spec.containers[0].name: Invalid value: "A": ${label}`],
  ['a padded image', withContainer({ image: ' nginx' }), 'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace'],
  ['the same name twice', two({ name: 'b' }, {}), 'spec.containers[1].name: Duplicate value: "b"'],
  ['message policy', withContainer({ terminationMessagePolicy: 'x' }), 'spec.containers[0].terminationMessagePolicy: Unsupported value: "x": supported values: "File", "FallbackToLogsOnError"'],
  ['pull policy', withContainer({ imagePullPolicy: 'x' }), 'spec.containers[0].imagePullPolicy: Unsupported value: "x": supported values: "Always", "IfNotPresent", "Never"'],
  ['a port without number', withContainer({ ports: [{}] }), 'spec.containers[0].ports[0].containerPort: Required value'],
  ['a port too high', withContainer({ ports: [{ containerPort: 65536, hostPort: -1 }] }), 'spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive', 'spec.containers[0].ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive'],
  ['a protocol', withContainer({ ports: [{ containerPort: 1, protocol: 'tcp' }] }), 'spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
  ['names of ports', withContainer({ ports: [{ containerPort: 1, name: 'a' }, { containerPort: 2, name: 'a' }, { containerPort: 3, name: '-1' }] }),
    'spec.containers[0].ports[1].name: Duplicate value: "a"', 'spec.containers[0].ports[2].name: Invalid value: "-1": must contain at least one letter (a-z)', 'spec.containers[0].ports[2].name: Invalid value: "-1": must not begin or end with a hyphen'],
  ['ports of the host', two({ ports: [{ containerPort: 1, hostPort: 80 }] }, { ports: [{ containerPort: 1, hostPort: 80 }] }), 'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
  ['ports on the host network', { hostNetwork: true, ...withContainer({ ports: [{ containerPort: 80, hostPort: 81 }] }) }, 'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
  ['ports on the host network are filled in', { hostNetwork: true, ...withContainer({ ports: [{ containerPort: 80 }] }) }],
  ['resize policies', withContainer({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }, { resourceName: 'cpu', restartPolicy: 'x' }, { resourceName: 'gpu', restartPolicy: 'NotRequired' }] }),
    'spec.containers[0].resizePolicy[1]: Duplicate value: "cpu"', 'spec.containers[0].resizePolicy: Unsupported value: "x": supported values: "NotRequired", "RestartContainer"', 'spec.containers[0].resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"'],
  ['a resize that restarts what never restarts', { restartPolicy: 'Never', ...withContainer({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }) }, 'spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be \'NotRequired\' when pod `restartPolicy` is \'Never\''],
  ['restart rules without a policy', withContainer({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }), 'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
  ['restart rules', withContainer({ restartPolicy: 'Never', restartPolicyRules: [{ action: 'x', exitCodes: { operator: 'y', values: [1] } }, { action: 'Restart' }] }),
    'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "x": supported values: "Restart", "RestartAllContainers"', 'spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: "y": supported values: "In", "NotIn"', 'spec.containers[0].restartPolicyRules[1].exitCodes: Required value: must be specified'],
  ["a container's restart policy", withContainer({ restartPolicy: 'x' }), 'spec.containers[0].restartPolicy: Unsupported value: "x": supported values: "Always", "Never", "OnFailure"'],
]);

table([
  ['env: name and source', withContainer({ env: [{ value: 'x' }, { name: 'a=b' }, { name: 'A', valueFrom: {} }] }),
    'spec.containers[0].env[0].name: Required value', "spec.containers[0].env[1].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
    'spec.containers[0].env[2].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'],
  ['env: value and source', withContainer({ env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }), 'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
  ['env: two sources', withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 'a', key: 'b' } } }] }), 'spec.containers[0].env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time'],
  ['env: fields', withContainer({ env: ['metadata.labels', 'spec.x', "metadata.labels['a']", "spec.nodeName['a']", "metadata.labels['a b']", '', 'status.podIPs'].map((fieldPath) => ({ name: 'A', valueFrom: { fieldRef: { fieldPath } } })) }),
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    'spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x',
    "spec.containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nodeName['a']\": error converting fieldPath: field label does not support subscript: spec.nodeName['a']",
    "spec.containers[0].env[4].valueFrom.fieldRef: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'spec.containers[0].env[5].valueFrom.fieldRef.fieldPath: Required value'],
  ['env: another version of fields', withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v2', fieldPath: 'metadata.name' } } }] }), 'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name": error converting fieldPath: unsupported pod version: v2'],
  ['env: resources', withContainer({ env: [{ resource: '' }, { resource: 'cpu' }, { resource: 'limits.cpu', divisor: '2' }, { resource: 'limits.memory', divisor: '1m' }, { resource: 'limits.memory', divisor: '1Mi' }].map((resourceFieldRef) => ({ name: 'A', valueFrom: { resourceFieldRef } })) }),
    'spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Required value',
    'spec.containers[0].env[1].valueFrom.resourceFieldRef.resource: Unsupported value: "cpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    'spec.containers[0].env[2].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
    'spec.containers[0].env[3].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.memory": only divisor\'s values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource'],
  ['env: keys', withContainer({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'a' } } }, { name: 'B', valueFrom: { secretKeyRef: { name: 'A', key: '..' } } }] }),
    'spec.containers[0].env[0].valueFrom.configMapKeyRef.key: Required value', `spec.containers[0].env[1].valueFrom.secretKeyRef.name: Invalid value: "A": ${subdomain}`, 'spec.containers[0].env[1].valueFrom.secretKeyRef.key: Invalid value: "..": must not be \'..\''],
  ['env: files', withContainer({ env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: '/a', key: '' } } }] }),
    'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"', 'spec.containers[0].env[0].valueFrom.fileKeyRef.path: Invalid value: "/a": must be a relative path', 'spec.containers[0].env[0].valueFrom.fileKeyRef.key: Required value'],
  ['envFrom', withContainer({ envFrom: [{ prefix: 'a=', configMapRef: {} }, {}, { configMapRef: { name: 'a' }, secretRef: { name: 'A' } }] }),
    "spec.containers[0].envFrom[0].prefix: Invalid value: \"a=\": a valid environment variable name must consist only of printable ASCII characters other than '='", 'spec.containers[0].envFrom[0].configMapRef.name: Required value',
    'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`', `spec.containers[0].envFrom[2].secretRef.name: Invalid value: "A": ${subdomain}`, 'spec.containers[0].envFrom: Invalid value: "": may not have more than one field specified at a time'],
]);

const limits = (list: Record<string, string>, requests: Record<string, string> = {}): Record<string, unknown> => withContainer({ resources: { limits: list, requests } });

table([
  ['resources: names', limits({ foo: '1', 'a b/c': '1', pods: '1', 'example.com/gpu': '1', 'foo.kubernetes.io/x': '1' }),
    'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
    `spec.containers[0].resources.limits[a b/c]: Invalid value: "a b/c": prefix part ${subdomain}`, `spec.containers[0].resources.limits[a b/c]: Invalid value: "a b/c": doesn't follow extended resource name standard`, 'spec.containers[0].resources.limits[pods]: Invalid value: "pods": must be a standard resource for containers',
    `spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`, 'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
    `spec.containers[0].resources.requests[a b/c]: Invalid value: "a b/c": prefix part ${subdomain}`, `spec.containers[0].resources.requests[a b/c]: Invalid value: "a b/c": doesn't follow extended resource name standard`, 'spec.containers[0].resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers'],
  ['resources: amounts', withContainer({ resources: { requests: { cpu: '-1' }, limits: { 'example.com/gpu': '500m' } } }),
    'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer', 'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0', 'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer'],
  ['resources: more requested than allowed', limits({ cpu: '1', memory: '1Gi' }, { cpu: '1500m', memory: '1Gi' }), 'spec.containers[0].resources.requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1'],
  ['resources: not to be overcommitted', withContainer({ resources: { limits: { 'example.com/a': '2' }, requests: { 'example.com/a': '1', 'example.com/b': '1' } } }),
    'spec.containers[0].resources.requests: Invalid value: "1": must be equal to example.com/a limit of 2', 'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
  ['resources: huge pages', limits({ 'hugepages-2Mi': '3Mi' }), 'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi', 'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi', 'spec.containers[0].resources: Forbidden: HugePages require cpu or memory'],
  ['resources: claims', { resourceClaims: [{ name: 'a', resourceClaimName: 'x' }], ...withContainer({ resources: { claims: [{ name: 'a' }, { name: 'a' }, { name: 'b' }, {}] } }) },
    'spec.containers[0].resources.claims[1]: Duplicate value: "a"', 'spec.containers[0].resources.claims[2]: Not found: "b": must be one of the names in pod.spec.resourceClaims: a', 'spec.containers[0].resources.claims[3]: Required value'],
  ['resources: of the pod', { resources: { limits: { cpu: '1' }, requests: { cpu: '500m' }, claims: [{ name: 'a' }] }, ...withContainer({ resources: { requests: { cpu: '600m' }, limits: { cpu: '2' } } }) },
    'spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level', 'spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 600m', 'spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1'],
  ['resources: of the pod, by name', { resources: { limits: { 'ephemeral-storage': '1' } } }, 'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "memory"'],
  ['overhead', { overhead: { foo: '1' } }, 'spec.overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'spec.overhead.limits[foo]: Invalid value: "foo": must be a standard resource for containers'],
]);

table([
  ['probes: no handler', withContainer({ livenessProbe: {} }), 'spec.containers[0].livenessProbe: Required value: must specify a handler type'],
  ['probes: two handlers', withContainer({ readinessProbe: { exec: { command: ['a'] }, ...http, tcpSocket: { port: 1 }, grpc: { port: 1 } } }),
    'spec.containers[0].readinessProbe.httpGet: Forbidden: may not specify more than 1 handler type', 'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type', 'spec.containers[0].readinessProbe.grpc: Forbidden: may not specify more than 1 handler type'],
  ['probes: no command', withContainer({ startupProbe: { exec: {} } }), 'spec.containers[0].startupProbe.exec.command: Required value'],
  ['probes: ports, schemes, headers', withContainer({ livenessProbe: { httpGet: { port: 0, scheme: 'ftp', httpHeaders: [{ name: 'a b', value: '' }] } }, readinessProbe: { tcpSocket: { port: 'a_b' } } }),
    'spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive', 'spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"',
    "spec.containers[0].livenessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
    'spec.containers[0].readinessProbe.tcpSocket.port: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'],
  ['probes: numbers', withContainer({ livenessProbe: { ...http, initialDelaySeconds: -1, timeoutSeconds: -1, periodSeconds: -1, failureThreshold: -1, successThreshold: 2, terminationGracePeriodSeconds: 0 } }),
    ...['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'failureThreshold'].map((field) => `spec.containers[0].livenessProbe.${field}: Invalid value: -1: must be greater than or equal to 0`),
    'spec.containers[0].livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0', 'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
  ['probes: readiness', withContainer({ readinessProbe: { ...http, successThreshold: 2, terminationGracePeriodSeconds: 1 } }), 'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes'],
  ['lifecycle', withContainer({ lifecycle: { preStop: { sleep: { seconds: 31 } }, postStart: {}, stopSignal: 'SIGTERM' } }),
    'spec.containers[0].lifecycle.postStart: Required value: must specify a handler type', 'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)', 'spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`'],
]);

const mount = (fields: object, source: object = { emptyDir: {} }): Record<string, unknown> => ({ ...withVolume(source as Record<string, unknown>), ...withContainer({ volumeMounts: [{ name: 'v', mountPath: '/m', ...fields }] }) });

table([
  ['mounts: unknown and incomplete', { ...withVolume({ emptyDir: {} }), ...withContainer({ volumeMounts: [{ name: 'w', mountPath: '/a' }, { name: 'v' }, { mountPath: '/a' }] }) },
    'spec.containers[0].volumeMounts[0].name: Not found: "w"', 'spec.containers[0].volumeMounts[1].mountPath: Required value', 'spec.containers[0].volumeMounts[2].name: Required value', 'spec.containers[0].volumeMounts[2].name: Not found: ""', 'spec.containers[0].volumeMounts[2].mountPath: Invalid value: "/a": must be unique'],
  ['mounts: sub-paths', mount({ subPath: '/a', subPathExpr: '../b' }), 'spec.containers[0].volumeMounts.subPath: Invalid value: "/a": must be a relative path', 'spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: "../b": subPathExpr and subPath are mutually exclusive', 'spec.containers[0].volumeMounts.subPathExpr: Invalid value: "../b": must not contain \'..\''],
  ['mounts: propagation', mount({ mountPropagation: 'x' }), 'spec.containers[0].volumeMounts.mountPropagation: Unsupported value: "x": supported values: "Bidirectional", "HostToContainer", "None"'],
  ['mounts: propagation to the host', mount({ mountPropagation: 'Bidirectional' }), 'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers'],
  ['mounts: recursive', mount({ recursiveReadOnly: 'Enabled', mountPropagation: 'HostToContainer' }), 'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true', 'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified'],
  ['mounts: recursive, misspelt', mount({ recursiveReadOnly: 'x' }), 'spec.containers[0].volumeMounts.recursiveReadOnly: Unsupported value: "x": supported values: "Disabled", "Enabled", "IfPossible"'],
  ['devices', { ...withVolume({ emptyDir: {} }), ...withContainer({ volumeDevices: [{ name: 'v', devicePath: '/../d' }, { name: 'w' }], volumeMounts: [{ name: 'v', mountPath: '/m' }] }) },
    'spec.containers[0].volumeMounts[0].name: Invalid value: "v": must not already exist in volumeDevices', 'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
    "spec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/../d\": can not contain backsteps ('..')", 'spec.containers[0].volumeDevices[0].name: Invalid value: "v": must not already exist in volumeMounts', 'spec.containers[0].volumeDevices[1].name: Not found: "w"', 'spec.containers[0].volumeDevices[1].devicePath: Required value'],
]);

table([
  ['init: a name twice, handlers', { ...init({ name: 'c', livenessProbe: http, lifecycle: {} }) }, 'spec.initContainers[0].name: Duplicate value: "c"', 'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always', 'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
  ['init: a sidecar may have probes', init({ restartPolicy: 'Always', livenessProbe: http })],
  ['init: image', { initContainers: [{ name: 'i' }] }, 'spec.initContainers[0].image: Required value'],
  ['ephemeral: not on creation', { ephemeralContainers: [{ name: 'c', image: 'x', targetContainerName: 'z', ports: [{ containerPort: 1 }], volumeMounts: [{ name: 'v', mountPath: '/m', subPath: 'a' }] }], ...withVolume({ emptyDir: {} }) },
    'spec.ephemeralContainers[0].name: Duplicate value: "c"', 'spec.ephemeralContainers[0].targetContainerName: Not found: "z"', 'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container', 'spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container', 'spec.ephemeralContainers: Forbidden: cannot be set on create'],
]);

test('templates leave room: images may be padded, ports of the host be missing', () => {
  assert.deepEqual(templateErrors({ containers: [{ name: 'c', image: ' x' }] }), []);
  assert.deepEqual(templateErrors({ hostNetwork: true, containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }] }] }), []);
  assert.deepEqual(templateErrors({ ephemeralContainers: [{ name: 'e', image: 'x' }] }), ['template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template']);
  assert.deepEqual(templateErrors({}, { labels: { a: 'b c' } }).map((text) => text.split(': ', 3).join(': ')), ['template.labels: Invalid value: "b c"']);
});
