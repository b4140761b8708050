import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEvent } from './events.ts';
import type { ContainerConfig, ContainerStatus, EventEnvelope, ListContainerStatsResponse } from './generated/cri.ts';
import { wire } from './wire.ts';

const { decode, encoder } = wire;

const encode = (type: string, message: object): Uint8Array => encoder(type)(message);

test('messages come back as they were sent, with defaults filled in', () => {
  const config = decode('ContainerConfig', encode('ContainerConfig', {
    metadata: { name: 'main', attempt: 3 }, command: ['sh', '-c', 'ü'], envs: [{ key: 'A', value: Buffer.from('b') }], labels: { 'a/b': 'c', empty: '' }, tty: true,
    mounts: [{ hostPath: '/h', propagation: 'PROPAGATION_BIDIRECTIONAL' }],
    linux: { resources: { cpuQuota: -1, memoryLimitInBytes: 2 ** 40, oomScoreAdj: -997 }, securityContext: { runAsUser: { value: 0 }, supplementalGroups: [5, 6] } },
  })) as ContainerConfig;
  assert.deepEqual(config.metadata, { name: 'main', attempt: 3 });
  assert.deepEqual(config.command, ['sh', '-c', 'ü']);
  assert.deepEqual(config.labels, { 'a/b': 'c', empty: '' });
  assert.deepEqual([config.tty, config.stdin, config.workingDir, config.args], [true, false, '', []]);
  assert.equal(config.mounts[0]?.propagation, 'PROPAGATION_BIDIRECTIONAL');
  assert.deepEqual([config.linux?.resources?.cpuQuota, config.linux?.resources?.memoryLimitInBytes, config.linux?.resources?.oomScoreAdj], [-1, 2 ** 40, -997]);
  assert.deepEqual(config.linux?.securityContext?.runAsUser, { value: 0 });
  assert.equal(config.linux?.securityContext?.runAsGroup, null);
  assert.deepEqual(config.linux?.securityContext?.supplementalGroups, [5, 6]);
  assert.equal(config.image, null);
});

test('unknown fields and unknown enum values of a newer server are taken', () => {
  // Field 1 (id) "x", field 3 (state) 9, field 200 (unknown) "y".
  const status = decode('ContainerStatus', Uint8Array.of(0x0a, 1, 0x78, 0x18, 9, 0xc2, 0x0c, 1, 0x79)) as ContainerStatus;
  assert.deepEqual([status.id, status.state as unknown], ['x', 9]);
});

test('packed and unpacked numbers are read', () => {
  const packed = Uint8Array.of(0x42, 2, 5, 6);
  assert.deepEqual((decode('LinuxContainerSecurityContext', packed) as { supplementalGroups: number[] }).supplementalGroups, [5, 6]);
  assert.deepEqual((decode('ListContainerStatsResponse', new Uint8Array()) as ListContainerStatsResponse).stats, []);
});

test('events of other namespaces and of exec processes are not ours', () => {
  const event = (topic: string, type: string, message: object, namespace = 'k8s.io') =>
    parseEvent(decode('EventEnvelope', encode('EventEnvelope', { namespace, topic, event: { typeUrl: type, value: encode(type, message) } })) as EventEnvelope, decode);
  assert.deepEqual(event('/tasks/exit', 'TaskExit', { containerId: 'c', id: 'c' }), { type: 'stopped', containerId: 'c' });
  assert.equal(event('/tasks/exit', 'TaskExit', { containerId: 'c', id: 'exec1' }), undefined);
  assert.equal(event('/containers/delete', 'TaskEvent', { containerId: 'c' }, 'moby'), undefined);
  assert.deepEqual(event('/containers/delete', 'TaskEvent', { containerId: 'c' }), { type: 'deleted', containerId: 'c' });
  assert.equal(event('/containers/create', 'TaskEvent', { containerId: 'c' }), undefined);
});
