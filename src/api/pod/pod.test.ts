import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPullPolicy } from '../groups/core/container-defaults.ts';
import { podDefinition } from '../groups/core/pod.ts';
import type { Pod, PodSpec, PodStatus } from '../types/core/v1.ts';
import { podWarnings, podTemplateWarnings } from './pod-warnings.ts';
import { podQosClass } from './qos.ts';
import { podOf, withContainer } from './validation/fixtures.ts';

const context = { nowMs: Date.UTC(2026, 0, 1, 1) };

test('defaults of a pod', () => {
  const pod = podOf({
    serviceAccountName: '', serviceAccount: 'robot',
    ...withContainer({ image: 'nginx', ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1', memory: '100.5m' } }, readinessProbe: { httpGet: { port: 80 } }, env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'c' } }, { name: 'd', hostPath: { path: '/' } }],
  });
  assert.deepEqual(pod.spec, {
    serviceAccountName: 'robot', serviceAccount: 'robot', restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler', terminationGracePeriodSeconds: 30, securityContext: {}, enableServiceLinks: true,
    containers: [{
      name: 'c', image: 'nginx', imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', ports: [{ containerPort: 80, protocol: 'TCP' }],
      resources: { limits: { cpu: '1', memory: '101m' }, requests: { cpu: '1', memory: '101m' } },
      readinessProbe: { httpGet: { port: 80, path: '/', scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
      env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } }],
    }],
    volumes: [{ name: 'a', emptyDir: {} }, { name: 'b', configMap: { name: 'c', defaultMode: 420 } }, { name: 'd', hostPath: { path: '/', type: '' } }],
  });
});

test('resources of the pod as a whole are filled in from its containers', () => {
  const spec = { resources: { limits: { cpu: '2', memory: '1Gi' } }, containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '250m' } } }, { name: 'b', image: 'x', resources: { requests: { cpu: '250m' } } }] };
  assert.deepEqual(podOf(spec).spec?.resources, { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } });
});

test('when images are pulled', () => {
  const rows: Record<string, string> = { nginx: 'Always', 'nginx:latest': 'Always', 'nginx:1': 'IfNotPresent', 'host:5000/nginx': 'Always', 'host:5000/nginx:1': 'IfNotPresent', 'nginx@sha256:ab': 'IfNotPresent', 'nginx:latest@sha256:ab': 'Always', '': 'IfNotPresent' };
  for (const [image, policy] of Object.entries(rows)) assert.equal(defaultPullPolicy(image), policy, image);
});

test('a new pod is pending; gates, keys to match and AppArmor take effect', () => {
  const pod = podOf({
    schedulingGates: [{ name: 'a' }],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } }, matchLabelKeys: ['hash', 'missing'] }],
  }, { labels: { app: 'web', hash: '1' }, annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/p' } });
  podDefinition.prepareForCreate!(pod, context);
  assert.deepEqual(pod.status, { phase: 'Pending', qosClass: 'BestEffort', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates', lastTransitionTime: '2026-01-01T01:00:00Z' }] });
  assert.equal(pod.metadata.generation, 1);
  assert.deepEqual(pod.spec?.topologySpreadConstraints?.[0]?.labelSelector, { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'hash', operator: 'In', values: ['1'] }] });
  assert.deepEqual(pod.spec?.containers[0]?.securityContext?.appArmorProfile, { type: 'Localhost', localhostProfile: 'p' });
  assert.deepEqual(podDefinition.validate!(pod, context), []);
});

test('quality of service', () => {
  const of = (...resources: object[]): string => podQosClass({ containers: resources.map((one, i) => ({ name: `c${i}`, resources: one })) });
  const full = { cpu: '1', memory: '1Gi' };
  assert.equal(of({}), 'BestEffort');
  assert.equal(of({ requests: { 'ephemeral-storage': '1' } }), 'BestEffort');
  assert.equal(of({ requests: { cpu: '1m' } }, {}), 'Burstable');
  assert.equal(of({ limits: full, requests: full }), 'Guaranteed');
  assert.equal(of({ limits: full, requests: full }, {}), 'Burstable');
  assert.equal(of({ limits: full, requests: { cpu: '1000m', memory: '1Gi' } }), 'Guaranteed');
  assert.equal(of({ limits: full }), 'Burstable');
  assert.equal(podQosClass({ resources: { limits: full, requests: full }, containers: [{ name: 'c' }] }), 'Guaranteed');
});

test('grace periods', () => {
  const grace = (spec: Partial<PodSpec>, requested?: number, phase = 'Running'): number | undefined => podDefinition.gracePeriodSeconds!({ ...podOf(spec), status: { phase } }, requested);
  assert.deepEqual([grace({ nodeName: 'n' }), grace({ nodeName: 'n' }, 5), grace({ nodeName: 'n', terminationGracePeriodSeconds: -1 }), grace({}), grace({ nodeName: 'n' }, 5, 'Succeeded')], [30, 5, 1, 0, 0]);
});

test('columns', () => {
  const one = (fields: object): NonNullable<PodStatus['containerStatuses']>[number] => ({ name: 'c', image: '', imageID: '', ready: false, restartCount: 0, ...fields });
  const cells = (status: PodStatus, spec: object = {}, metadata: object = {}): unknown[] => {
    const pod: Pod = { ...podOf(spec as Record<string, unknown>, { creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }), status };
    return podDefinition.columns!.map((column) => column.cell(pod, context));
  };
  const rest = ['60m', '<none>', '<none>', '<none>', '<none>'];
  assert.deepEqual(cells({ phase: 'Pending' }), ['web', '0/1', 'Pending', '0', ...rest]);
  assert.deepEqual(cells({ phase: 'Running', podIPs: [{ ip: '1.2.3.4' }], containerStatuses: [one({ ready: true, restartCount: 2, state: { running: {} }, lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:59:00Z' } } })] }, { nodeName: 'n' }), ['web', '1/1', 'Running', '2 (60s ago)', '60m', '1.2.3.4', 'n', '<none>', '<none>']);
  assert.deepEqual(cells({ phase: 'Running', containerStatuses: [one({ state: { waiting: { reason: 'CrashLoopBackOff' } } })] })[2], 'CrashLoopBackOff');
  assert.deepEqual(cells({ phase: 'Failed', containerStatuses: [one({ state: { terminated: { exitCode: 3 } } })] })[2], 'ExitCode:3');
  const init = { initContainers: [{ name: 'i', image: 'x' }, { name: 's', image: 'x', restartPolicy: 'Always' }] };
  assert.deepEqual(cells({ phase: 'Pending', initContainerStatuses: [one({ name: 'i', state: { running: {} } })] }, init).slice(1, 3), ['0/2', 'Init:0/2']);
  assert.deepEqual(cells({ phase: 'Pending', initContainerStatuses: [one({ name: 'i', state: { terminated: { exitCode: 1, reason: 'Error' } } })] }, init)[2], 'Init:Error');
  assert.deepEqual(cells({ phase: 'Running' }, {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })[2], 'Terminating');
  assert.deepEqual(cells({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] })[2], 'SchedulingGated');
  assert.deepEqual(cells({ phase: 'Running', conditions: [{ type: 'a', status: 'True' }] }, { readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] })[8], '1/2');
});

test('warnings', () => {
  const of = (spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): string[] => podWarnings(podOf(spec, metadata));
  assert.deepEqual(of({}), []);
  assert.deepEqual(of({}, { name: 'a.b' }), ["metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"]);
  assert.deepEqual(of({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }), ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead']);
  assert.deepEqual(of({}, { annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '' } }), ['metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead']);
  assert.deepEqual(of(withContainer({ env: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }, { name: 'A', value: '$(A)3' }] })), ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply']);
  assert.deepEqual(of({ hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }], imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] }), ['spec.hostAliases[1].ip: duplicate ip "1.1.1.1"', 'spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""']);
  assert.deepEqual(of(withContainer({ resources: { requests: { memory: '100m' } } })), ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer']);
  assert.deepEqual(of(withContainer({ ports: [{ containerPort: 80 }, { containerPort: 80 }, { containerPort: 80, hostPort: 1 }] })), ['spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]', 'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]', 'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]']);
  // A pod's own negative grace period is one second before anybody can be warned of it; a template's is not.
  assert.deepEqual(of({ volumes: [{ name: 'g', glusterfs: { endpoints: 'e', path: 'p' } }], terminationGracePeriodSeconds: -1 }), ['spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+']);
  assert.deepEqual(podTemplateWarnings({ spec: { ...podOf({}).spec!, terminationGracePeriodSeconds: -1 } }, 'template'), ['template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1']);
  assert.deepEqual(of({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }] }), ['spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod']);
  assert.deepEqual(podTemplateWarnings({ spec: podOf({ nodeSelector: { 'beta.kubernetes.io/arch': 'x' } }).spec! }, 'spec.template'), ['spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead']);
});

test('warnings: volumes, names of ports, addresses', () => {
  const claim = (resources: object): object => ({ name: 'e', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources } } } });
  const projected = (...sources: object[]): object => ({ name: 'p', projected: { sources } });
  const token = { serviceAccountToken: { path: 'token' } };
  const [a, ab, b] = [{ key: 'a', path: 'a' }, { key: 'b', path: 'a/b' }, { key: 'c', path: 'b/' }];
  const field = { fieldRef: { fieldPath: 'metadata.name' } };
  const table: [object[], string[]][] = [
    [[claim({ requests: { storage: '1Gi' } })], []],
    [[claim({ requests: { storage: '1500m' }, limits: { storage: '2500m' } })], ['requests[storage]: fractional byte value "1500m"', 'limits[storage]: fractional byte value "2500m"'].map((text) => `spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.${text} is invalid, must be an integer`)],
    [[{ name: 'v', configMap: { name: 'm', items: [a, b, ab] } }], ['volume "v" (ConfigMap "m"): overlapping paths: "a/b" with "a"']],
    [[{ name: 'v', secret: { secretName: 's', items: [b, { key: 'd', path: 'b' }] } }], ['volume "v" (Secret "s"): overlapping paths: "b" with "b"']],
    [[{ name: 'v', downwardAPI: { items: [{ path: 'x/y', ...field }, { path: 'x', ...field }] } }], ['volume "v" (DownwardAPI): overlapping paths: "x" with "x/y"']],
    [[projected(token, { configMap: { name: 'm', items: [a] } }, {}, { secret: { name: 's', items: [{ key: 'k', path: 'token' }] } }, { downwardAPI: { items: [{ path: 'a/b', ...field }] } })], [
      'volume "p" (Projected) has no sources provided', 'volume "p" (Projected): overlapping paths: "token" (Secret "s") with "token" (ServiceAccountToken)', 'volume "p" (Projected): overlapping paths: "a/b" (DownwardAPI) with "a" (ConfigMap "m")']],
    [[projected({ clusterTrustBundle: { signerName: 'x/y', path: 'ca' } }, { podCertificate: { signerName: 'x/y', keyType: 'ED25519', keyPath: 'ca/key' } })], ['volume "p" (Projected): overlapping paths: "ca/key" (PodCertificate key) with "ca" (ClusterTrustBundle "x/y")']],
  ];
  for (const [volumes, expected] of table) assert.deepEqual(podWarnings(podOf({ volumes })), expected, JSON.stringify(volumes));

  const ports = [{ name: 'web', containerPort: 80 }, { name: 'web', containerPort: 81 }];
  assert.deepEqual(podWarnings(podOf(withContainer({ ports }))), ['spec.containers[0].ports[1]: duplicate port name "web" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]']);
  assert.deepEqual(podWarnings(podOf({ dnsConfig: { nameservers: ['FD00::1'] }, hostAliases: [{ ip: '01.2.3.4' }] })), ['spec.dnsConfig.nameservers[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")', 'spec.hostAliases[0].ip: non-standard IP address "01.2.3.4" is invalid: use "1.2.3.4"']);
});

test('the template of an ephemeral volume gets the defaults of a claim', () => {
  const volume = { name: 'e', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1500.5m' } } } } } };
  assert.deepEqual(podOf({ volumes: [volume] }).spec?.volumes?.[0]?.ephemeral, { volumeClaimTemplate: { spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1501m' } } } } });
});
