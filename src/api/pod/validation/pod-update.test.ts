import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldError } from '../../field-error.ts';
import { podDefinition } from '../../groups/core/pod.ts';
import type { Pod, PodStatus } from '../../types/core/v1.ts';
import { podOf, texts, withContainer } from './fixtures.ts';

type Fields = Record<string, unknown>;
type Change = (pod: Pod) => void;

const context = { nowMs: Date.UTC(2026, 0, 1) };
const rules = { '': podDefinition.update!, ...podDefinition.subresources };

/** A stored pod, and it again after a change that went through one endpoint: what is wrong, and what came of it. */
function update(endpoint: string, spec: Fields, change: Change, metadata: Fields = {}, status: PodStatus = {}): { errors: string[]; pod: Pod; old: Pod } {
  const old = podOf(spec, { generation: 1, resourceVersion: '1', ...metadata });
  old.status = { phase: 'Running', qosClass: 'BestEffort', ...status };
  const pod = structuredClone(old);
  change(pod);
  const { prepareForUpdate, validateUpdate } = rules[endpoint as keyof typeof rules]!;
  prepareForUpdate?.(pod, old, context);
  const errors: FieldError[] = validateUpdate?.(pod, old, context) ?? [];
  return { errors: texts(errors), pod, old };
}

const specOf = (pod: Pod): NonNullable<Pod['spec']> => pod.spec!;

test('images, deadlines, tolerations and gates may change, each in its way', () => {
  const errors = (spec: Fields, change: Change): string[] => update('', spec, change).errors;
  assert.deepEqual(errors({}, (pod) => { specOf(pod).containers[0]!.image = 'nginx:2'; }), []);
  assert.deepEqual(errors({}, (pod) => { specOf(pod).activeDeadlineSeconds = 5; }), []);
  assert.deepEqual(errors({ activeDeadlineSeconds: 5 }, (pod) => { specOf(pod).activeDeadlineSeconds = 6; }), ['spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value']);
  assert.deepEqual(errors({ activeDeadlineSeconds: 5 }, (pod) => { delete specOf(pod).activeDeadlineSeconds; }), ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value']);
  assert.deepEqual(errors({}, (pod) => { specOf(pod).tolerations = [{ key: 'a', operator: 'Exists' }]; }), []);
  assert.deepEqual(errors({ tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }] }, (pod) => { specOf(pod).tolerations![0]!.tolerationSeconds = 2; }), []);
  assert.deepEqual(errors({ tolerations: [{ key: 'a', operator: 'Exists' }] }, (pod) => { specOf(pod).tolerations = []; }), ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds']);
  assert.deepEqual(errors({ schedulingGates: [{ name: 'a' }] }, (pod) => { specOf(pod).schedulingGates = []; }), []);
  assert.deepEqual(errors({ schedulingGates: [{ name: 'a' }] }, (pod) => { specOf(pod).schedulingGates = [{ name: 'b' }]; }), ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"]);
  assert.deepEqual(errors({}, (pod) => { specOf(pod).containers.push({ name: 'd', image: 'x', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }); }), ['spec.containers: Forbidden: pod updates may not add or remove containers']);
  assert.deepEqual(errors({ terminationGracePeriodSeconds: -5 }, (pod) => { specOf(pod).terminationGracePeriodSeconds = 1; }), []);
});

test('any other change is refused, and the message says which it was', () => {
  const { errors, pod } = update('', { hostname: 'a' }, (changed) => {
    specOf(changed).hostname = 'b';
    specOf(changed).containers[0]!.command = ['sh'];
  });
  assert.deepEqual(errors, [[
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    '  core.PodSpec{',
    '  \t... // 1 identical field',
    '  \tContainers: {',
    '  \t\t[0]: {',
    '  \t\t\t... // 6 identical fields',
    '+ \t\t\tCommand: ["sh"],',
    '  \t\t},',
    '  \t},',
    '- \tHostname: "a",',
    '+ \tHostname: "b",',
    '  \t... // 7 identical fields',
    '  }',
    '',
  ].join('\n')]);
  assert.equal(pod.metadata.generation, 2);
});

test('a gated pod may still be drawn to fewer nodes', () => {
  const gates = { schedulingGates: [{ name: 'a' }] };
  const term = (...keys: string[]): Fields => ({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })) }] } } });
  const errors = (spec: Fields, change: Fields): string[] => update('', { ...gates, ...spec }, (pod) => { Object.assign(specOf(pod), change); }).errors;
  assert.deepEqual(errors({ nodeSelector: { a: 'b' } }, { nodeSelector: { a: 'b', c: 'd' } }), []);
  assert.deepEqual(errors({ nodeSelector: { a: 'b' } }, { nodeSelector: { a: 'c' } }), ['spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)']);
  assert.deepEqual(errors({}, { affinity: term('a') }), []);
  assert.deepEqual(errors({ affinity: term('a') }, { affinity: term('a', 'b') }), []);
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  assert.deepEqual(errors({ affinity: term('a') }, { affinity: term('b') }), [`${path}[0]: Invalid value: {"matchExpressions":[{"key":"b","operator":"Exists"}]}: only additions are allowed (no mutations or deletions)`]);
  assert.deepEqual(errors({ affinity: term('a') }, { affinity: {} }), [`${path}: Invalid value: []: no additions/deletions to non-empty NodeSelectorTerms list are allowed`]);
});

test('annotations that may not change', () => {
  const errors = (before: Fields, after: Record<string, string>): string[] => update('', { nodeName: 'n' }, (pod) => { pod.metadata.annotations = after; }, { annotations: before }).errors;
  const key = 'container.apparmor.security.beta.kubernetes.io/c';
  assert.deepEqual(errors({}, { [key]: 'unconfined' }), [`metadata.annotations[${key}]: Forbidden: may not add AppArmor annotations`]);
  assert.deepEqual(errors({ [key]: 'unconfined' }, {}), [`metadata.annotations[${key}]: Forbidden: may not remove or update AppArmor annotations`]);
  assert.deepEqual(errors({}, { 'kubernetes.io/config.mirror': 'a' }), ['metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation']);
  assert.deepEqual(errors({ 'kubernetes.io/config.mirror': 'a' }, { 'kubernetes.io/config.mirror': 'b' }), ['metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation']);
});

test('ephemeral containers are added, never changed', () => {
  const one = { name: 'debug', image: 'busybox', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' };
  const added = update('ephemeralcontainers', {}, (pod) => {
    specOf(pod).ephemeralContainers = [one];
    specOf(pod).hostname = 'ignored';
    pod.metadata.labels = { ignored: 'too' };
  });
  assert.deepEqual(added.errors, []);
  assert.equal(added.pod.spec?.hostname, undefined);
  assert.equal(added.pod.metadata.labels, undefined);
  assert.equal(added.pod.metadata.generation, 2);
  const removed = update('ephemeralcontainers', { ephemeralContainers: [one] }, (pod) => { specOf(pod).ephemeralContainers = []; });
  assert.deepEqual(removed.errors, ['spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n']);
  const changed = update('ephemeralcontainers', { ephemeralContainers: [one] }, (pod) => { specOf(pod).ephemeralContainers![0]!.image = 'x'; });
  assert.match(changed.errors[0]!, /^spec\.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\n {2}core\.EphemeralContainer\{\n[^]*- \tImage: "busybox",\n\+ \tImage: "x",/);
  const mirror = update('ephemeralcontainers', { nodeName: 'n' }, (pod) => { specOf(pod).ephemeralContainers = [one]; }, { annotations: { 'kubernetes.io/config.mirror': 'a' } });
  assert.deepEqual(mirror.errors, ['[]: Forbidden: static pods do not support ephemeral containers']);
});

test('status: what a kubelet may report', () => {
  const errors = (change: (status: PodStatus, pod: Pod) => void, spec: Fields = {}, before: PodStatus = {}): string[] => update('status', spec, (pod) => { change(pod.status!, pod); }, {}, before).errors;
  const ended = { name: 'c', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode: 1 } } };
  const running = { ...ended, state: { running: {} } };
  assert.deepEqual(errors((status) => { status.phase = 'Failed'; }), []);
  assert.deepEqual(errors((status) => { status.qosClass = 'Guaranteed'; }), ['status.qosClass: Invalid value: "Guaranteed": field is immutable']);
  assert.deepEqual(errors((status) => { status.podIPs = [{ ip: 'x' }]; }), ['status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
  assert.deepEqual(errors((status) => { status.podIPs = [{ ip: '1.2.3.4' }, { ip: '1.2.3.4' }]; }), ['status.podIPs: Invalid value: [{"ip":"1.2.3.4"},{"ip":"1.2.3.4"}]: may specify no more than one IP for each IP family', 'status.podIPs[1]: Duplicate value: {"IP":"1.2.3.4"}']);
  assert.deepEqual(errors((status) => { status.hostIPs = [{ ip: '1.2.3.4' }]; }), ['status.hostIPs[0].ip: Invalid value: "1.2.3.4": must be equal to `hostIP`']);
  assert.deepEqual(errors((status) => { status.nominatedNodeName = 'a b'; }).map((text) => text.slice(0, 46)), ['status.nominatedNodeName: Invalid value: "a b"']);
  assert.deepEqual(errors((status) => { status.resourceClaimStatuses = [{ name: 'a' }]; }), ['status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`']);
  assert.deepEqual(errors((status) => { status.containerStatuses = [running]; }, { restartPolicy: 'Never' }, { containerStatuses: [ended] }), ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']);
  assert.deepEqual(errors((status) => { status.containerStatuses = [running]; }, { restartPolicy: 'OnFailure' }, { containerStatuses: [ended] }), []);
  assert.deepEqual(errors((status) => { status.containerStatuses = [running]; }, { restartPolicy: 'Never', ...withContainer({ restartPolicy: 'OnFailure' }) }, { containerStatuses: [ended] }), []);
  assert.deepEqual(errors((status) => { status.ephemeralContainerStatuses = [running]; }, {}, { ephemeralContainerStatuses: [ended] }), ['status.ephemeralContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']);
  assert.deepEqual(errors((status) => { status.conditions = [{ type: 'a b', status: 'True' }]; }).map((text) => text.slice(0, 44)), ['metadata.conditions[0].Type: Invalid value: ']);
  assert.deepEqual(errors((status) => { status.containerStatuses = [{ ...running, user: { linux: { uid: -1, gid: 0 } } }]; }), ['status.containerStatuses[0].linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive']);
  assert.deepEqual(errors((status) => { status.containerStatuses = [{ ...running, allocatedResourcesStatus: [{ name: 'x', resources: [{ resourceID: 'a', health: 'y' }] }] }]; }), [
    "status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: \"x\": must match one of the container's resource requests", 'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "y": supported values: "Healthy", "Unhealthy", "Unknown"']);
});

test('status: addresses, quality of service and observed generations are kept together', () => {
  const { pod } = update('status', {}, (changed) => {
    changed.spec!.hostname = 'ignored';
    changed.status = { podIP: '1.2.3.4', conditions: [{ type: 'Ready', status: 'True' }] };
  }, {}, { observedGeneration: 3, conditions: [{ type: 'Ready', status: 'False', observedGeneration: 2 }] });
  assert.deepEqual(pod.status, { podIP: '1.2.3.4', podIPs: [{ ip: '1.2.3.4' }], qosClass: 'BestEffort', observedGeneration: 3, conditions: [{ type: 'Ready', status: 'True', observedGeneration: 2 }] });
  assert.equal(pod.spec?.hostname, undefined);
});

test('resizing changes cpu and memory, and nothing else', () => {
  const small = withContainer({ resources: { requests: { cpu: '1', memory: '1Gi' } } });
  const resize = (change: Change, spec: Fields = small, status: PodStatus = { qosClass: 'Burstable' }): string[] => update('resize', spec, change, {}, status).errors;
  assert.deepEqual(resize((pod) => { specOf(pod).containers[0]!.resources = { requests: { cpu: '2', memory: '2Gi' } }; }), []);
  const { pod } = update('resize', small, (changed) => { Object.assign(specOf(changed), { hostname: 'ignored' }); specOf(changed).containers[0]!.image = 'ignored'; specOf(changed).containers[0]!.resources!.requests!['cpu'] = '2'; }, {}, { qosClass: 'Burstable' });
  assert.deepEqual([pod.spec?.hostname, pod.spec?.containers[0]?.image, pod.spec?.containers[0]?.resources, pod.metadata.generation], [undefined, 'nginx', { requests: { cpu: '2', memory: '1Gi' } }, 2]);
  assert.deepEqual(resize((changed) => { delete specOf(changed).containers[0]!.resources!.requests!['cpu']; }), ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed']);
  assert.deepEqual(resize((changed) => { specOf(changed).containers[0]!.resources!.requests!['ephemeral-storage'] = '1Gi'; }), ['spec: Forbidden: only cpu and memory resources are mutable']);
  assert.deepEqual(resize((changed) => { specOf(changed).containers[0]!.resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }; }), ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing']);
  assert.deepEqual(resize((changed) => { specOf(changed).os = { name: 'linux' }; specOf(changed).containers[0]!.resources!.requests!['cpu'] = '2'; }, { ...small, os: { name: 'windows' } }), ['[]: Forbidden: windows pods cannot be resized']);
  assert.deepEqual(resize((changed) => { specOf(changed).containers[0]!.resources!.requests!['cpu'] = '2'; }, small, { qosClass: 'Burstable', containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } }] }), ['spec: Forbidden: Pod running on node without support for resize']);
  const init = { ...small, initContainers: [{ name: 'i', image: 'x', resources: { requests: { cpu: '1' } } }] };
  assert.deepEqual(resize((changed) => { specOf(changed).initContainers![0]!.resources!.requests!['cpu'] = '2'; }, init), []);
  assert.deepEqual(resize((changed) => { delete specOf(changed).initContainers![0]!.resources!.requests!['cpu']; }, init), ['spec.initContainers[0].resources.requests: Forbidden: resource requests cannot be removed']);
  assert.deepEqual(resize((changed) => { specOf(changed).initContainers![0]!.resources!.requests!['ephemeral-storage'] = '1Gi'; }, init), ['spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable']);
  const restarting = { ...init, initContainers: [{ ...init.initContainers[0]!, resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }] };
  assert.deepEqual(resize((changed) => { specOf(changed).initContainers![0]!.resources!.requests!['cpu'] = '2'; }, restarting), ['spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized']);
  assert.deepEqual(resize((changed) => { specOf(changed).containers.push({ ...specOf(changed).containers[0]!, name: 'd' }); }), ['spec.containers: Forbidden: containers may not be added or removed on resize']);
  assert.deepEqual(resize((changed) => { specOf(changed).containers[0]!.name = 'd'; }), ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize']);
  const whole = { ...small, resources: { requests: { cpu: '1', memory: '1Gi' } } };
  assert.deepEqual(resize((changed) => { specOf(changed).resources!.requests!['cpu'] = '2'; }, whole), []);
  assert.deepEqual(resize((changed) => { delete specOf(changed).resources!.requests!['cpu']; }, { ...whole, ...withContainer({}) }), ['spec.resources.requests: Forbidden: pod-level resource requests cannot be removed']);
});
