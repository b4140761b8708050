import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { events, pods } from '../../../src/api/resources.ts';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from './real-cluster.ts';
import { busybox, podOf, script } from './real-cluster.ts';

/** What Kubernetes' conformance tests do not look at, and users rely on. */
export function featureScenarios(cluster: () => RealCluster): void {
  const eventsOf = async (name: string): Promise<string[]> => (await cluster().client.list(events, { namespace: 'default' }, { fieldSelector: `involvedObject.name=${name}` })).items.map(({ reason, message }) => `${reason}: ${message}`);
  const ended = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.terminated;

  test('a container that uses more memory than its limit is OOMKilled', async () => {
    await cluster().client.create(pods, script('oom', 'tail /dev/zero', { resources: { limits: { memory: '16Mi' } } }));
    const pod = await cluster().untilPod('oom', 'has failed', ({ status }) => status?.phase === 'Failed');
    assert.deepEqual([ended(pod)?.reason, ended(pod)?.exitCode], ['OOMKilled', 137]);
  });

  test('names: hostname and subdomain, in full where that is asked for; the host\'s own on its network', async () => {
    const [full, short, host] = await Promise.all([
      cluster().output(script('fqdn', 'hostname; hostname -f', {}, { hostname: 'web-1', subdomain: 'sub', setHostnameAsFQDN: true })),
      cluster().output(script('short', 'hostname; hostname -f', {}, { hostname: 'web-2', subdomain: 'sub' })),
      cluster().output(script('hosts', 'hostname', {}, { hostNetwork: true })),
    ]);
    assert.equal(full, 'web-1.sub.default.svc.cluster.local\nweb-1.sub.default.svc.cluster.local\n');
    assert.equal(short, 'web-2\nweb-2.sub.default.svc.cluster.local\n');
    assert.equal(host, readFileSync('/proc/sys/kernel/hostname', 'utf8'));
  });

  test('processes and queues are shared as far as a pod says', async () => {
    const ns = (kind: string) => `readlink /proc/self/ns/${kind}`;
    const read = (name: string, kind: string, spec = {}) => cluster().output(script(name, ns(kind), {}, spec));
    const hostNs = (kind: string): string => `${readlinkSync(`/proc/self/ns/${kind}`)}\n`;
    const two = (name: string, shareProcessNamespace: boolean) => cluster().running(podOf(name, {}, { shareProcessNamespace, containers: [{ name: 'main', image: busybox, command: ['sleep', '1234'] }, { name: 'other', image: busybox, command: ['sleep', '4321'] }] }));
    const [hostPid, hostIpc, ownIpc] = await Promise.all([read('host-pid', 'pid', { hostPID: true }), read('host-ipc', 'ipc', { hostIPC: true }), read('own-ipc', 'ipc'), two('shared', true), two('apart', false)]);
    assert.equal(hostPid, hostNs('pid'));
    assert.equal(hostIpc, hostNs('ipc'));
    assert.notEqual(ownIpc, hostNs('ipc'));
    assert.match(await cluster().exec('shared', ['ps'], 'main'), /sleep 4321/);
    assert.doesNotMatch(await cluster().exec('apart', ['ps'], 'main'), /sleep 4321/);
  });

  test('a debugger sees the processes of its target; one without target is told', async () => {
    await cluster().running(podOf('debugged', { command: ['sleep', '7777'] }));
    const add = (name: string, target: string) => cluster().client.patch(pods, { namespace: 'default', name: 'debugged' }, { type: 'strategic', value: { spec: { ephemeralContainers: [{ name, image: busybox, command: ['sh', '-c', 'ps; sleep 100'], targetContainerName: target }] } } }, { subresource: 'ephemeralcontainers' });
    await add('sees', 'main');
    await cluster().untilPod('debugged', 'has its debugger', ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.running !== undefined);
    await cluster().until('its output', async () => (await cluster().logs('debugged', 'sees')).includes('sleep 7777'));
  });

  test('capabilities, seccomp and users are as asked for, or the container does not start', async () => {
    const status = (name: string, securityContext: object) => cluster().output(script(name, 'grep -E "^(CapEff|Seccomp):" /proc/self/status', { securityContext }));
    const [none, admin, filtered] = await Promise.all([
      status('caps-none', { capabilities: { drop: ['ALL'] } }), status('caps-admin', { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }), status('seccomp', { capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } }),
    ]);
    assert.deepEqual([none, admin, filtered], ['CapEff:\t0000000000000000\nSeccomp:\t0\n', 'CapEff:\t0000000000001000\nSeccomp:\t0\n', 'CapEff:\t0000000000000000\nSeccomp:\t2\n']);
    await cluster().client.create(pods, script('non-root', 'id', { securityContext: { runAsNonRoot: true } }));
    const { status: refused } = await cluster().untilPod('non-root', 'is refused', (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    assert.match(refused!.containerStatuses![0]!.state!.waiting!.message!, /^container has runAsNonRoot and image will run as root/);
    assert.match(await cluster().output(script('groups', 'id -G', { securityContext: { runAsUser: 1000 } }, { securityContext: { supplementalGroups: [6000], fsGroup: 7000 } })), /6000.*7000|7000.*6000/);
  });

  test('a postStart hook that fails ends its container; a program that is not there says so', async () => {
    await Promise.all([
      cluster().client.create(pods, podOf('bad-hook', { command: ['sleep', '1000'], lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo no; exit 3'] } } } })),
      cluster().client.create(pods, podOf('bad-command', { command: ['no-such-program'] })),
    ]);
    await cluster().until('the hook\'s event', async () => (await eventsOf('bad-hook')).includes('FailedPostStartHook: PostStartHook failed'));
    const hooked = await cluster().untilPod('bad-hook', 'waits', ({ status }) => status?.containerStatuses?.[0]?.lastState?.terminated !== undefined);
    assert.ok(hooked.status!.containerStatuses![0]!.lastState!.terminated!.exitCode !== 0);
    const started = await cluster().untilPod('bad-command', 'fails', ({ status }) => ['RunContainerError', 'CrashLoopBackOff'].includes(status?.containerStatuses?.[0]?.state?.waiting?.reason ?? ''));
    const { state, lastState } = started.status!.containerStatuses![0]!;
    assert.match(`${state?.waiting?.message ?? ''} ${lastState?.terminated?.message ?? ''}`, /no-such-program/);
  });

  test('sidecars outlive the others and end in turn, the last one first', async () => {
    const note = (name: string) => `trap 'echo ${name} >>/notes/end; exit 0' TERM; while :; do sleep 0.1; done`;
    const at = { volumeMounts: [{ name: 'notes', mountPath: '/notes' }] };
    const sidecar = (name: string) => ({ name, image: busybox, restartPolicy: 'Always', command: ['sh', '-c', note(name)], ...at });
    const path = `${cluster().folder}/notes`;
    await cluster().running(podOf('sidecars', { command: ['sh', '-c', note('main')], ...at }, { terminationGracePeriodSeconds: 30, initContainers: [sidecar('first'), sidecar('second')], volumes: [{ name: 'notes', hostPath: { path, type: 'DirectoryOrCreate' } }] }));
    await cluster().client.delete(pods, { namespace: 'default', name: 'sidecars' });
    await cluster().gone('sidecars');
    assert.equal(readFileSync(`${path}/end`, 'utf8'), 'main\nsecond\nfirst\n');
  });
}
