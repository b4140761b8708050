import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pods, runtimeclasses } from '../../api/resources.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { containerRequest, podSandboxRequest } from '../../runtime/containerd/requests.ts';
import type { HostFiles, IdRange } from '../host.ts';
import { linuxFiles } from '../hosts/linux/linux-files.ts';
import { PodDirectories } from '../pod-directories.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { parseSubordinateIds, UserNamespaces } from './user-namespaces.ts';

const files: HostFiles = linuxFiles(new VirtualClock());

async function temporary(): Promise<{ readonly directories: PodDirectories; make(range?: IdRange, more?: { readonly maxPods?: number; readonly idsPerPod?: number }): UserNamespaces; [Symbol.asyncDispose](): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'kubelet-users-'));
  const directories = new PodDirectories(root, `${root}/logs`);
  return {
    directories,
    make: (range, { maxPods = 2, ...more } = {}) => new UserNamespaces({ files, directories, maxPods, ...more, ...(range !== undefined && { range }) }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

test('a pod whose runtime cannot keep users apart is told so, and does not start', async () => {
  await using node = await TestNode.start();
  await node.client.create(runtimeclasses, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'own' }, handler: 'vm' });
  const refused = 'FailedCreatePodSandBox: Failed to create pod sandbox: can\'t set `spec.hostUsers: false`';
  await node.createPod('users', { hostUsers: false });
  await node.createPod('classed', { hostUsers: false, runtimeClassName: 'own' });
  await node.clock.advance(300);
  assert.ok(node.eventsOf('users').includes(`${refused}, runtime does not support user namespaces`), node.eventsOf('users').join('\n'));
  assert.ok(node.eventsOf('classed').includes(`${refused}, RuntimeClass handler "vm" does not support user namespaces`), node.eventsOf('classed').join('\n'));
  assert.deepEqual(await node.runtime.listPodSandboxes(), []);
});

test('each pod has users of its own, and its containers and what they mount the same; others have those of the machine', async () => {
  await using node = await TestNode.start({ runtime: { handlers: [{ name: '', recursiveReadOnlyMounts: false, userNamespaces: true }] } });
  await node.client.create(runtimeclasses, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'own' }, handler: 'vm' });
  await node.createPod('one', { hostUsers: false });
  await node.createPod('two', { hostUsers: false });
  await node.createPod('usual');
  await node.createPod('classed', { hostUsers: false, runtimeClassName: 'own' });
  await node.clock.advance(300);
  const configs = new Map([...node.runtime.capture().sandboxes.values()].map(({ config }) => [config.name, config]));
  const users = new Map([...configs].map(([name, { linux }]) => [name, linux.users?.hostId]));
  assert.deepEqual([...users].sort(), [['one', 65_536], ['two', 131_072], ['usual', undefined]]);
  assert.ok(node.eventsOf('classed').some((text) => text.endsWith('RuntimeClass handler "vm" does not support user namespaces: the handler "vm" is not known')));

  const one = configs.get('one')!;
  const mapping = { containerId: 0, hostId: 65_536, length: 65_536 };
  assert.deepEqual(podSandboxRequest(one).linux?.securityContext?.namespaceOptions?.usernsOptions, { mode: 'POD', uids: [mapping], gids: [mapping] });
  const [container] = (await node.runtime.listContainers()).filter(({ sandboxId }) => sandboxId === [...node.runtime.capture().sandboxes.values()].find(({ config }) => config.name === 'one')?.id);
  const request = containerRequest(node.runtime.configOf(container!.id)!, one);
  assert.deepEqual(request.linux?.securityContext?.namespaceOptions?.usernsOptions, { mode: 'POD', uids: [mapping], gids: [mapping] });
  assert.ok(request.mounts!.length > 0 && request.mounts!.every(({ uidMappings, gidMappings }) => uidMappings?.[0]?.hostId === 65_536 && gidMappings?.[0]?.hostId === 65_536));
  assert.deepEqual(podSandboxRequest(configs.get('usual')!).linux?.securityContext?.namespaceOptions?.usernsOptions, { mode: 'NODE' });

  // The range is free again when its pod has ended, and is not the next to be given.
  await node.client.delete(pods, { namespace: 'default', name: 'one' }, { gracePeriodSeconds: 0 });
  await node.clock.advance(300);
  await node.createPod('three', { hostUsers: false });
  await node.clock.advance(300);
  assert.equal([...node.runtime.capture().sandboxes.values()].find(({ config }) => config.name === 'three')?.config.linux.users?.hostId, 196_608);
});

test('ranges are written down: a later kubelet gives nobody what a pod has', async () => {
  await using place = await temporary();
  const range = { first: 131_072, length: 131_072 };
  const first = place.make(range);
  assert.deepEqual(await first.of('a'), { containerId: 0, hostId: 131_072, length: 65_536 });
  assert.deepEqual(await first.of('a'), { containerId: 0, hostId: 131_072, length: 65_536 });
  const mapping = { hostId: 131_072, containerId: 0, length: 65_536 };
  assert.deepEqual(JSON.parse(await readFile(place.directories.userMappings('a'), 'utf8')), { uidMappings: [mapping], gidMappings: [mapping] });

  const later = place.make(range);
  await later.recover();
  assert.equal((await later.of('b')).hostId, 196_608);
  assert.equal((await later.of('a')).hostId, 131_072);
  await assert.rejects(later.of('c'), { message: 'create user namespace: could not find an empty slot to allocate a user namespace' });
  later.release('a');
  assert.equal((await later.of('c')).hostId, 131_072);
  await assert.rejects(later.of('a'), { message: 'user namespace: range picked for pod "a" already taken' });
});

test('a range that cannot be divided amongst pods, and a file that says what cannot be, are refused', async () => {
  await using place = await temporary();
  for (const [range, more, message] of [
    [{ first: 1000, length: 131_072 }, {}, 'kubelet user assigned ID 1000 is not a multiple of 65536'],
    [{ first: 0, length: 131_072 }, {}, 'kubelet user assigned ID 0 must be greater or equal to 65536'],
    [{ first: 65_536, length: 100_000 }, {}, 'kubelet user assigned IDs length 100000 is not a multiple of 65536'],
    [{ first: 65_536, length: 65_536 }, {}, 'kubelet user assigned IDs are not enough to support 2 pods'],
    [undefined, { maxPods: 65_536 }, 'kubelet user assigned IDs are not enough to support 65536 pods'],
    [{ first: 65_536, length: 262_144 }, { idsPerPod: 131_072 }, 'kubelet user assigned ID 65536 is not a multiple of 131072'],
  ] as const) assert.throws(() => place.make(range, more), { message });

  const users = place.make();
  await users.of('a');
  const mapping = { hostId: 65_536, containerId: 0, length: 65_536 };
  for (const [written, why] of [
    ['{', "invalid user namespace mappings file: Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
    ['{}', 'invalid user namespace configuration: no more than one mapping allowed.'],
    [JSON.stringify({ uidMappings: [mapping] }), 'invalid user namespace configuration: GID and UID mappings should be identical.'],
    [JSON.stringify({ uidMappings: [mapping], gidMappings: [{ ...mapping, hostId: 131_072 }] }), 'invalid user namespace configuration: GID and UID mapping should be identical'],
    [JSON.stringify({ uidMappings: [{ ...mapping, containerId: 1 }], gidMappings: [{ ...mapping, containerId: 1 }] }), 'invalid user namespace configuration: UID 0 must be mapped'],
    [JSON.stringify({ uidMappings: [{ ...mapping, length: 1 }], gidMappings: [{ ...mapping, length: 1 }] }), 'wrong user namespace length 1'],
    [JSON.stringify({ uidMappings: [{ ...mapping, hostId: 0 }], gidMappings: [{ ...mapping, hostId: 0 }] }), 'id 0 is out of range'],
  ] as const) {
    await writeFile(place.directories.userMappings('a'), written);
    await assert.rejects(place.make().recover(), { message: `record pod mappings for existing pod "a": ${why}` });
  }
});

test('what the machine sets aside is read as getsubids writes it', () => {
  assert.deepEqual(parseSubordinateIds('0: kubelet 65536 7208960\n'), { first: 65_536, length: 7_208_960 });
  for (const [output, message] of [
    ['0: kubelet 65536 1\n1: kubelet 9 9\n', 'error parsing line "0: kubelet 65536 1\\n1: kubelet 9 9\\n": it must contain only one line'],
    ['0: kubelet 65536', 'invalid line "0: kubelet 65536"'],
    ['0: kubelet x 9', 'error parsing line "0: kubelet x 9": strconv.ParseUint: parsing "x": invalid syntax'],
    ['0: kubelet 4294967296 9', 'error parsing line "0: kubelet 4294967296 9": strconv.ParseUint: parsing "4294967296": value out of range'],
  ] as const) assert.throws(() => parseSubordinateIds(output), { message });
});
