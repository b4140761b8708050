import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, localsubjectaccessreviews, namespaces, nodes, persistentvolumeclaims, pods, priorityclasses, runtimeclasses, storageclasses } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import type { Node, PersistentVolumeClaim, Pod, PodSpec } from '../../api/types/core/v1.ts';
import { FakeReader } from '../authorization/fake-reader.ts';
import { admitted, attributesFor } from './attributes.ts';
import { defaultStorageClass } from './default-storage-class/default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
import { priority, systemPriorityClasses } from './priority/priority.ts';
import { runtimeClass } from './runtime-class/runtime-class.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition/taint-nodes-by-condition.ts';

const podOf = (spec: Partial<PodSpec> = {}): Pod => ({ metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [], ...spec } });

test('NamespaceLifecycle', async () => {
  const reader = new FakeReader();
  reader.put(namespaces, { metadata: { name: 'ns' }, status: { phase: 'Active' } }, { metadata: { name: 'going' }, status: { phase: 'Terminating' } });
  const plugin = namespaceLifecycle({ reader });
  const map = (namespace: string) => ({ metadata: { name: 'm', namespace } });
  assert.equal(await admitted(plugin, attributesFor(configmaps, { object: map('ns') })), 'ok');
  assert.equal(await admitted(plugin, attributesFor(configmaps, { object: map('no') })), 'namespaces "no" not found');
  assert.equal(await admitted(plugin, attributesFor(configmaps, { object: map('going') })), 'configmaps "m" is forbidden: unable to create new content in namespace going because it is being terminated');
  assert.equal(await admitted(plugin, attributesFor(configmaps, { object: map('going'), old: map('going') })), 'ok');
  assert.equal(await admitted(plugin, attributesFor(configmaps, { old: map('going') })), 'ok');
  assert.equal(await admitted(plugin, attributesFor(localsubjectaccessreviews, { object: { metadata: { namespace: 'no' }, spec: {} } })), 'ok');
  assert.equal(await admitted(plugin, attributesFor(nodes, { object: { metadata: { name: 'n' } } })), 'ok');
  assert.equal(await admitted(plugin, attributesFor(namespaces, { old: { metadata: { name: 'ns' } } })), 'ok');
  for (const name of ['default', 'kube-system', 'kube-public']) {
    assert.equal(await admitted(plugin, attributesFor(namespaces, { old: { metadata: { name } } })), `namespaces "${name}" is forbidden: this namespace may not be deleted`);
  }
  const generated = { metadata: { generateName: 'm-', namespace: 'going' } };
  await assert.rejects(async () => plugin.admit!(attributesFor(configmaps, { object: generated })), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.match(error.message, /^configmaps "m-" is forbidden/);
    assert.deepEqual(error.details?.causes, [{ reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' }]);
    return true;
  });
});

test('TaintNodesByCondition', async () => {
  const plugin = taintNodesByCondition();
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const cases: readonly [Node, object[]][] = [
    [{ metadata: { name: 'n' } }, [taint]],
    [{ metadata: { name: 'n' }, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, [{ key: 'a', effect: 'NoSchedule' }, taint]],
    [{ metadata: { name: 'n' }, spec: { taints: [taint] } }, [taint]],
  ];
  for (const [object, expected] of cases) {
    assert.equal(await admitted(plugin, attributesFor(nodes, { object })), 'ok');
    assert.deepEqual(object.spec?.taints, expected);
  }
});

test('DefaultTolerationSeconds', async () => {
  const plugin = defaultTolerationSeconds();
  const [notReady, unreachable] = ['not-ready', 'unreachable'].map((name) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  const cases: readonly [object[] | undefined, object[]][] = [
    [undefined, [notReady!, unreachable!]],
    [[own], [own, unreachable!]],
    [[{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    [[{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoSchedule' }], [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoSchedule' }, notReady!, unreachable!]],
  ];
  for (const [tolerations, expected] of cases) {
    const object = podOf(tolerations === undefined ? {} : { tolerations });
    await admitted(plugin, attributesFor(pods, { object }));
    assert.deepEqual(object.spec?.tolerations, expected);
  }
});

test('Priority', async () => {
  const reader = new FakeReader();
  reader.put(priorityclasses, ...systemPriorityClasses, { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' });
  const plugin = priority({ reader });
  const cases: readonly [Partial<PodSpec>, string | Partial<PodSpec>][] = [
    [{}, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }],
    [{ priorityClassName: 'high' }, { priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' }],
    [{ priorityClassName: 'system-node-critical' }, { priorityClassName: 'system-node-critical', priority: 2_000_001_000, preemptionPolicy: 'PreemptLowerPriority' }],
    [{ priorityClassName: 'none' }, 'pods "p" is forbidden: no PriorityClass with name none was found'],
    [{ priority: 5 }, 'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name'],
    [{ priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' }, 'pods "p" is forbidden: the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name'],
  ];
  for (const [spec, expected] of cases) {
    const object = podOf(spec);
    const outcome = await admitted(plugin, attributesFor(pods, { object }));
    if (typeof expected === 'string') assert.equal(outcome, expected);
    else assert.deepEqual([outcome, object.spec], ['ok', { containers: [], ...expected }]);
  }
  const updated = podOf();
  await admitted(plugin, attributesFor(pods, { object: updated, old: podOf({ priority: 7, preemptionPolicy: 'Never' }) }));
  assert.equal(updated.spec?.priority, 7);
  reader.put(priorityclasses, { metadata: { name: 'usual' }, value: 10, globalDefault: true });
  const plain = podOf();
  await admitted(plugin, attributesFor(pods, { object: plain }));
  assert.deepEqual([plain.spec?.priorityClassName, plain.spec?.priority], ['usual', 10]);
  assert.equal(await admitted(plugin, attributesFor(priorityclasses, { object: { metadata: { name: 'second' }, value: 1, globalDefault: true } })), 'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist');
});

test('RuntimeClass', async () => {
  const reader = new FakeReader();
  reader.put(runtimeclasses, {
    metadata: { name: 'vm' }, handler: 'vm', overhead: { podFixed: { cpu: '250m', memory: '64Mi' } }, scheduling: { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] },
  });
  const plugin = runtimeClass({ reader });
  const object = podOf({ runtimeClassName: 'vm', nodeSelector: { a: 'b' } });
  assert.equal(await admitted(plugin, attributesFor(pods, { object })), 'ok');
  assert.deepEqual(object.spec, { containers: [], runtimeClassName: 'vm', nodeSelector: { a: 'b', vm: 'yes' }, overhead: { cpu: '250m', memory: '64Mi' }, tolerations: [{ key: 'vm', operator: 'Exists' }] });
  const cases: readonly [Partial<PodSpec>, string][] = [
    [{}, 'ok'],
    [{ runtimeClassName: 'vm', overhead: { cpu: '0.25', memory: '65536Ki' } }, 'ok'],
    [{ runtimeClassName: 'no' }, 'pods "p" is forbidden: pod rejected: RuntimeClass "no" not found'],
    [{ runtimeClassName: 'vm', overhead: { cpu: '1' } }, "pods \"p\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [{ overhead: { cpu: '1' } }, 'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [{ runtimeClassName: 'vm', nodeSelector: { vm: 'no' } }, 'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no'],
  ];
  for (const [spec, expected] of cases) assert.equal(await admitted(plugin, attributesFor(pods, { object: podOf(spec) })), expected);
});

test('DefaultStorageClass', async () => {
  const reader = new FakeReader();
  const plugin = defaultStorageClass({ reader });
  const claim = (storageClassName?: string): PersistentVolumeClaim => ({ metadata: { name: 'c', namespace: 'ns' }, spec: storageClassName === undefined ? {} : { storageClassName } });
  const classOf = async (object: PersistentVolumeClaim): Promise<string | undefined> => {
    await admitted(plugin, attributesFor(persistentvolumeclaims, { object }));
    return object.spec?.storageClassName;
  };
  assert.equal(await classOf(claim()), undefined);
  const marked = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  reader.put(storageclasses,
    { metadata: { name: 'old', annotations: marked, creationTimestamp: '2025-01-01T00:00:00Z' }, provisioner: 'p' },
    { metadata: { name: 'new', annotations: marked, creationTimestamp: '2026-01-01T00:00:00Z' }, provisioner: 'p' },
    { metadata: { name: 'newest', creationTimestamp: '2026-02-01T00:00:00Z' }, provisioner: 'p' });
  assert.equal(await classOf(claim()), 'new');
  assert.equal(await classOf(claim('old')), 'old');
  assert.equal(await classOf(claim('')), '');
});
