import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, PodSpec, SecurityContext } from '../types/core/v1.ts';
import type { ObjectMeta } from '../types/meta/v1.ts';
import { describeViolations, evaluatePod, violationReasons } from './evaluate.ts';
import type { Level, LevelVersion } from './policy.ts';

const levelAt = (level: Level, version: LevelVersion['version'] = 'latest'): LevelVersion => ({ level, version });
const found = (level: LevelVersion, spec: PodSpec, metadata: ObjectMeta = {}): string => describeViolations(evaluatePod(level, metadata, spec));

/** Containers a, b … with these security contexts. */
const withContexts = (...contexts: readonly SecurityContext[]): PodSpec => ({ containers: contexts.map((securityContext, i) => ({ name: 'abc'[i]!, securityContext })) });
const one = (container: Partial<Container>): PodSpec => ({ containers: [{ name: 'a', ...container }] });

/** Nothing is wrong with it at any level. */
const exemplary: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  initContainers: [{ name: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
  containers: [{ name: 'a', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } }],
  volumes: [{ name: 'v', emptyDir: {} }, { name: 'w', projected: { sources: [] } }],
};

test('each baseline check says what it found', () => {
  const cases: readonly [PodSpec, string, ObjectMeta?][] = [
    [one({}), ''],
    [{ ...one({}), hostNetwork: true, hostPID: true, hostIPC: true }, 'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)'],
    [{ ...one({}), volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [{ ...one({}), volumes: [{ name: 'v', hostPath: { path: '/' } }, { name: 'w', hostPath: { path: '/' } }] }, 'hostPath volumes (volumes "v", "w")'],
    [one({ ports: [{ containerPort: 1, hostPort: 80 }, { containerPort: 2, hostPort: 443 }, { containerPort: 3 }] }), 'hostPort (container "a" uses hostPorts 443, 80)'],
    [{ containers: [{ name: 'a', ports: [{ containerPort: 1, hostPort: 80 }] }], initContainers: [{ name: 'i', ports: [{ containerPort: 1, hostPort: 80 }] }] }, 'hostPort (containers "i", "a" use hostPort 80)'],
    [one({ livenessProbe: { httpGet: { port: 1, host: 'b' } }, lifecycle: { preStop: { tcpSocket: { port: 1, host: 'a' } } } }), 'probe or lifecycle host (container "a" uses probe or lifecycle hosts "a", "b")'],
    [withContexts({ privileged: true }, { privileged: false }, { privileged: true }), 'privileged (containers "a", "c" must not set securityContext.privileged=true)'],
    [withContexts({ capabilities: { add: ['NET_RAW', 'CHOWN', 'SYS_ADMIN'] } }), 'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)'],
    [withContexts({ procMount: 'Unmasked' }), 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'],
    [{ ...withContexts({ seLinuxOptions: { type: 'spc_t', user: 'u', role: 'r' } }), securityContext: { seLinuxOptions: { type: 'other_t' } } }, 'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: types "other_t", "spc_t"; user may not be set; role may not be set)'],
    [{ ...withContexts({ seccompProfile: { type: 'Unconfined' } }), securityContext: { seccompProfile: { type: 'Unconfined' } } }, 'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")'],
    [{ ...one({}), securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }, { name: 'kernel.msgmax', value: '1' }, { name: 'net.ipv4.tcp_notsent_lowat', value: '1' }] } }, 'forbidden sysctls (kernel.msgmax, net.ipv4.tcp_notsent_lowat)'],
    [{ ...withContexts({ windowsOptions: { hostProcess: true } }), securityContext: { windowsOptions: { hostProcess: true } } }, 'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)'],
    [withContexts({ appArmorProfile: { type: 'Unconfined' } }), 'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")'],
    [
      { ...withContexts({ appArmorProfile: { type: 'Unconfined' } }), securityContext: { appArmorProfile: { type: 'Unconfined' } } },
      'forbidden AppArmor profiles (pod and container "a" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
      { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined', 'container.apparmor.security.beta.kubernetes.io/b': 'localhost/x' } },
    ],
    // All together, in the order of their identifiers; the reasons alone for many pods at once.
    [{ ...withContexts({ privileged: true }), hostPID: true }, 'host namespaces (hostPID=true), privileged (container "a" must not set securityContext.privileged=true)'],
  ];
  for (const [spec, expected, metadata] of cases) assert.equal(found(levelAt('baseline'), spec, metadata), expected);
  assert.equal(violationReasons(evaluatePod(levelAt('baseline'), {}, { ...withContexts({ privileged: true }), hostPID: true })), 'host namespaces, privileged');
});

test('each restricted check says what it found', () => {
  const containers = exemplary.containers;
  const changed = (securityContext: SecurityContext): PodSpec => ({ ...exemplary, containers: [{ ...containers[0]!, securityContext: { ...containers[0]!.securityContext, ...securityContext } }] });
  const cases: readonly [PodSpec, string][] = [
    [exemplary, ''],
    [changed({ allowPrivilegeEscalation: true }), 'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)'],
    [changed({ capabilities: {} }), 'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])'],
    [changed({ capabilities: { drop: ['CHOWN'], add: ['CHOWN', 'NET_BIND_SERVICE'] } }), 'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)'],
    [{ ...exemplary, volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }, { name: 'w', hostPath: { path: '/' } }, { name: 'x', configMap: {} }] }, 'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")'],
    [{ ...exemplary, volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }, 'restricted volume types (volume "v" uses restricted volume type "nfs")'],
    [{ ...exemplary, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }, 'runAsNonRoot != true (pod or containers "i", "a" must set securityContext.runAsNonRoot=true)'],
    [{ ...changed({ runAsNonRoot: false }), securityContext: { ...exemplary.securityContext, runAsNonRoot: false } }, 'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)'],
    [changed({ runAsUser: 0 }), 'runAsUser=0 (container "a" must not set runAsUser=0)'],
    [{ ...exemplary, securityContext: { ...exemplary.securityContext, runAsUser: 0 } }, 'runAsUser=0 (pod must not set runAsUser=0)'],
    [{ ...exemplary, securityContext: { runAsNonRoot: true } }, 'seccompProfile (pod or containers "i", "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'],
    [changed({ seccompProfile: { type: 'Unconfined' } }), 'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")'],
    [changed({ procMount: 'Unmasked' }), 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'],
    // What baseline forbids, restricted does; what a restricted check says better is not said twice.
    [{ ...changed({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }), hostIPC: true }, 'host namespaces (hostIPC=true), unrestricted capabilities (container "a" must not include "NET_RAW" in securityContext.capabilities.add)'],
    [
      { containers: [{ name: 'nginx', image: 'nginx' }] },
      'allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), '
        + 'runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
  ];
  for (const [spec, expected] of cases) assert.equal(found(levelAt('restricted'), spec), expected);
});

test('older versions know what they knew', () => {
  const sysctl = (name: string): PodSpec => ({ ...one({}), securityContext: { sysctls: [{ name, value: '1' }] } });
  const windows: PodSpec = { os: { name: 'windows' }, securityContext: { runAsNonRoot: true }, containers: [{ name: 'a' }] };
  const userNamespace: PodSpec = { ...exemplary, hostUsers: false, securityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsUser: 0 } };
  const annotated: ObjectMeta = { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined', 'container.seccomp.security.alpha.kubernetes.io/a': 'docker/default' } };
  const cases: readonly [Level, number, number, PodSpec, string, ObjectMeta?][] = [
    // Level, the last version with one answer and the first with the other.
    ['baseline', 26, 27, sysctl('net.ipv4.ip_local_reserved_ports'), 'forbidden sysctls'],
    ['baseline', 28, 29, sysctl('net.ipv4.tcp_keepalive_time'), 'forbidden sysctls'],
    ['baseline', 31, 32, sysctl('net.ipv4.tcp_wmem'), 'forbidden sysctls'],
    ['baseline', 30, 31, withContexts({ seLinuxOptions: { type: 'container_engine_t' } }), 'seLinuxOptions'],
    ['baseline', 34, 35, { ...withContexts({ procMount: 'Unmasked' }), hostUsers: false }, 'procMount'],
    ['baseline', 18, 19, one({}), 'seccompProfile', annotated],
    ['restricted', 24, 25, windows, 'allowPrivilegeEscalation != false, unrestricted capabilities, seccompProfile'],
    ['restricted', 34, 35, userNamespace, 'runAsNonRoot != true, runAsUser=0'],
  ];
  for (const [level, before, after, spec, reasons, metadata = {}] of cases) {
    const [old, now] = [before, after].map((version) => violationReasons(evaluatePod(levelAt(level, version), metadata, spec)));
    assert.deepEqual([old, now], [reasons, ''], `${level} v1.${before} and v1.${after}`);
  }
  const stricter: readonly [Level, number, number, PodSpec, string][] = [
    ['baseline', 33, 34, one({ readinessProbe: { tcpSocket: { port: 1, host: 'h' } } }), 'probe or lifecycle host'],
    ['restricted', 7, 8, { ...exemplary, containers: [{ name: 'a', securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } } }], initContainers: [] }, 'allowPrivilegeEscalation != false'],
    ['restricted', 22, 23, { ...exemplary, securityContext: { ...exemplary.securityContext, runAsUser: 0 } }, 'runAsUser=0'],
    ['restricted', 18, 19, { ...exemplary, securityContext: { runAsNonRoot: true } }, 'seccompProfile'],
  ];
  for (const [level, before, after, spec, reasons] of stricter) {
    const [old, now] = [before, after].map((version) => violationReasons(evaluatePod(levelAt(level, version), {}, spec)));
    assert.deepEqual([old, now], ['', reasons], `${level} v1.${before} and v1.${after}`);
  }
  assert.equal(found(levelAt('baseline', 18), one({}), annotated), 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")');
  // A user namespace still may not see all of /proc where restricted holds, and later versions are the latest.
  assert.equal(violationReasons(evaluatePod(levelAt('restricted', 99), {}, { ...userNamespace, containers: [{ ...exemplary.containers[0]!, securityContext: { ...exemplary.containers[0]!.securityContext, procMount: 'Unmasked' } }] })), 'procMount');
  assert.equal(found(levelAt('privileged'), { ...one({}), hostPID: true }), '');
});
