import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod, PodSpec } from '../../api/types/core/v1.ts';
import { admitPod } from './registry.ts';
import type { AdmissionInput } from './verdict.ts';

const node: Node = { metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux', zone: 'a' } }, spec: { taints: [{ key: 'down', effect: 'NoExecute' }] } };
const ready = { status: true, reason: '', message: '' };
const input: AdmissionInput = {
  node, allocatable: { cpu: '2', memory: '1Gi', pods: '10' }, others: [], kernelVersion: '4.14.0', allowedUnsafeSysctls: ['net.core.*'], appArmor: false, refusal: () => undefined,
  runtime: { runtimeReady: ready, networkReady: ready, handlers: [], supplementalGroupsPolicy: false },
};
const tolerations = [{ operator: 'Exists' }];
const sysctl = (name: string): Partial<PodSpec> => ({ securityContext: { sysctls: [{ name, value: '1' }] } });

test('pods are refused by name for what a node cannot do', () => {
  const cases: [string, Partial<PodSpec>, string | undefined][] = [
    ['nothing special', {}, undefined],
    ['a safe sysctl', sysctl('kernel.shm_rmid_forced'), undefined],
    ['one written with slashes', sysctl('net/ipv4/tcp_syncookies'), undefined],
    ['one that is allowed here', sysctl('net.core.somaxconn'), undefined],
    ['one that no kernel this old keeps apart', sysctl('net.ipv4.tcp_rmem'), 'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_rmem" not allowlisted'],
    ['an unsafe one', sysctl('kernel.msgmax'), 'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted'],
    ['one of the host', { ...sysctl('net.ipv4.tcp_syncookies'), hostNetwork: true }, 'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled'],
    ['another operating system', { os: { name: 'windows' } }, "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS"],
    ['strict groups', { securityContext: { supplementalGroupsPolicy: 'Strict' } }, 'SupplementalGroupsPolicyNotSupported: SupplementalGroupsPolicy=Strict is not supported in this node'],
    ['AppArmor', { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }, 'AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host'],
    ['a selector that fits', { nodeSelector: { zone: 'a' } }, undefined],
    ['a selector that does not', { nodeSelector: { zone: 'b' } }, "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"],
    ['a taint', { tolerations: [] }, "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"],
    ['too much', { containers: [{ name: 'c', resources: { requests: { cpu: '3' } } }] }, "OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000"],
  ];
  for (const [what, spec, expected] of cases) {
    const pod: Pod = { metadata: { name: 'p', uid: 'u' }, spec: { containers: [{ name: 'c' }], tolerations, ...spec } };
    const refusal = admitPod(pod, input);
    assert.equal(refusal && `${refusal.reason}: ${refusal.message}`, expected, what);
  }
});

test('what devices of a claim stand for, the node need not have', () => {
  const requests = { 'example.com/gpu': '1' };
  const pod: Pod = { metadata: { name: 'p', uid: 'u' }, spec: { containers: [{ name: 'c', resources: { requests } }], tolerations } };
  const none = { ...input, allocatable: { ...input.allocatable, 'example.com/gpu': '0' } };
  assert.equal(admitPod(pod, none)?.reason, 'OutOfexample.com/gpu');
  const allocated: Pod = { ...pod, status: { extendedResourceClaimStatus: { resourceClaimName: 'p-extended-resources-abcde', requestMappings: [{ containerName: 'c', resourceName: 'example.com/gpu', requestName: 'container-0-request-0' }] } } };
  assert.equal(admitPod(allocated, none), undefined);
});
