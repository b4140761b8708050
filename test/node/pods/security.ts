import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RealCluster } from './real-cluster.ts';
import { agnhost, podOf, script } from './real-cluster.ts';

/** What containers may do, and as whom they run. */
export function securityScenarios(cluster: () => RealCluster): void {
  test('[sig-node] Security Context When creating a container with runAsUser should run the container with uid 65534 [LinuxOnly] [NodeConformance] [Conformance]', async () => {
    await cluster().output(script('uid-65534', 'test $(id -u) -eq 65534', { securityContext: { runAsUser: 65534 } }));
  });
  test('[sig-node] Security Context When creating a pod with readOnlyRootFilesystem should run the container with writable rootfs when readOnlyRootFilesystem=false [NodeConformance] [Conformance]', async () => {
    await cluster().output(script('writable', 'touch checkfile', { securityContext: { readOnlyRootFilesystem: false } }));
  });
  test('[sig-node] Kubelet when scheduling a read only busybox container should not write to root filesystem [LinuxOnly] [NodeConformance] [Conformance]', async () => {
    await cluster().running(podOf('busybox-readonly-fs', { command: ['/bin/sh', '-c', 'echo test > /file; sleep 240'], securityContext: { readOnlyRootFilesystem: true } }, { restartPolicy: 'Never' }));
    await cluster().until('the refusal', async () => (await cluster().logs('busybox-readonly-fs')) === "/bin/sh: can't create /file: Read-only file system\n");
  });
  test('[sig-node] Security Context When creating a pod with privileged should run the container as unprivileged when false [LinuxOnly] [NodeConformance] [Conformance]', async () => {
    assert.match(await cluster().output(script('unprivileged', 'ip link add dummy0 type dummy || true', { securityContext: { privileged: false } })), /Operation not permitted/);
    assert.doesNotMatch(await cluster().output(script('privileged', 'ip link add dummy0 type dummy || true', { securityContext: { privileged: true } })), /Operation not permitted/);
  });
  test('[sig-node] Security Context when creating containers with AllowPrivilegeEscalation should not allow privilege escalation when false [LinuxOnly] [NodeConformance] [Conformance]', async () => {
    // The kernel's own word for it: with this flag a set-user-id program keeps its caller's user.
    const asked = 'grep NoNewPrivs /proc/self/status; id -u';
    const of = (name: string, allowPrivilegeEscalation?: boolean) => cluster().output(script(name, asked, { securityContext: { runAsUser: 1000, ...(allowPrivilegeEscalation !== undefined && { allowPrivilegeEscalation }) } }));
    const outputs = await Promise.all([of('nnp-false', false), of('nnp-true', true), of('nnp-nil')]);
    assert.deepEqual(outputs, ['NoNewPrivs:\t1\n1000\n', 'NoNewPrivs:\t0\n1000\n', 'NoNewPrivs:\t0\n1000\n']);
  });
  test('[sig-node] Security Context should support pod.Spec.SecurityContext.RunAsUser And pod.Spec.SecurityContext.RunAsGroup [LinuxOnly] [Conformance]', async () => {
    assert.match(await cluster().output(script('as-pod', 'id', {}, { securityContext: { runAsUser: 1001, runAsGroup: 2002 } })), /^uid=1001 gid=2002/);
  });
  test('[sig-node] Security Context should support container.SecurityContext.RunAsUser And container.SecurityContext.RunAsGroup [LinuxOnly] [Conformance]', async () => {
    assert.match(await cluster().output(script('as-container', 'id', { securityContext: { runAsUser: 1002, runAsGroup: 2002 } }, { securityContext: { runAsUser: 1001, runAsGroup: 2001 } })), /^uid=1002 gid=2002/);
  });
  test('[sig-node] Sysctls [LinuxOnly] [NodeConformance] should support sysctls [Environment:NotInUserNS] [Conformance]', async () => {
    assert.match(await cluster().output(script('sysctl', '/bin/sysctl kernel.shm_rmid_forced', {}, { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } })), /kernel\.shm_rmid_forced = 1/);
  });

  test('[sig-node] Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts [NodeConformance] [Conformance]', async () => {
    assert.match(await cluster().output(podOf('host-aliases', { image: agnhost, args: ['etc-hosts'] }, { restartPolicy: 'Never', hostAliases: [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }] })), /^123\.45\.67\.89\tfoo\tbar$/m);
  });
  test('[sig-node] KubeletManagedEtcHosts should test kubelet managed /etc/hosts file [NodeConformance] [Conformance]', async () => {
    const mounts = [{ name: 'host-etc-hosts', mountPath: '/etc/hosts-original' }];
    const spec = (hostNetwork: boolean) => ({
      hostNetwork,
      containers: [{ name: 'busybox-1', volumeMounts: mounts }, { name: 'busybox-2', volumeMounts: mounts }, ...(hostNetwork ? [] : [{ name: 'busybox-3', volumeMounts: [...mounts, { name: 'host-etc-hosts', mountPath: '/etc/hosts' }] }])].map((one) => ({ image: agnhost, ...one })),
      volumes: [{ name: 'host-etc-hosts', hostPath: { path: '/etc/hosts', type: 'FileOrCreate' } }],
    });
    await Promise.all([cluster().running(podOf('test-pod', {}, spec(false))), cluster().running(podOf('test-host-network-pod', {}, spec(true)))]);
    const isManaged = async (pod: string, container: string): Promise<boolean> => {
      const [text, original] = await Promise.all(['/etc/hosts', '/etc/hosts-original'].map((path) => cluster().exec(pod, ['cat', path], container)));
      assert.ok(text!.length > 0 && original!.length > 0);
      return text!.startsWith('# Kubernetes-managed hosts file.') && text !== original;
    };
    for (const [pod, container, managed] of [['test-pod', 'busybox-1', true], ['test-pod', 'busybox-2', true], ['test-pod', 'busybox-3', false], ['test-host-network-pod', 'busybox-1', false], ['test-host-network-pod', 'busybox-2', false]] as const) {
      assert.equal(await isManaged(pod, container), managed, `${pod} ${container}`);
    }
  });
  test('[sig-network] DNS should support configurable pod DNS nameservers [Conformance]', async () => {
    await cluster().running(podOf('test-dns-nameservers', { image: agnhost }, { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'] } }));
    assert.match(await cluster().exec('test-dns-nameservers', ['/agnhost', 'dns-suffix']), /resolv\.conf\.local/);
    assert.match(await cluster().exec('test-dns-nameservers', ['/agnhost', 'dns-server-list']), /1\.1\.1\.1/);
  });
}
