import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusalRecord } from '../../api/provenance.ts';
import { refusalFinding } from './refused.ts';

const refusal = (message: string, more: Partial<RefusalRecord> = {}): RefusalRecord => ({
  user: 'alice', agent: 'kubectl/v1.36.0', command: '', cause: '', verb: 'create', group: '', resource: 'pods', subresource: '', namespace: 'shop', name: 'web',
  owner: undefined, code: 403, reason: 'Forbidden', message, firstMs: 0, lastMs: 0, count: 1, ...more,
});

/** What was said, and what people are told of it: the cause, the fact, the first advice. */
const table: readonly (readonly [message: string, more: Partial<RefusalRecord>, cause: string, fact: string, remedy: string])[] = [
  ['pods "web" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2', {}, 'quota', 'Creating pod web was refused: the quota few allows pods=2, pods=2 is used, and pods=1 more was asked for.', 'Raise the quota: kubectl edit resourcequota few -n shop'],
  ['pods "web" is forbidden: failed quota: compute: must specify limits.cpu for: c; limits.memory for: c', {}, 'quota', 'Creating pod web was refused: the quota compute wants limits.cpu for: c; limits.memory for: c to be stated.', 'State limits.cpu for: c; limits.memory for: c for every container, or give the namespace a LimitRange with defaults.'],
  ['admission webhook "check.example.com" denied the request: no', { name: '', owner: { kind: 'ReplicaSet', name: 'web-1', uid: '1' } }, 'webhook', 'Creating a pod for replicaset web-1 was refused: the webhook check.example.com denied it.', 'Do as check.example.com says, or change its configuration: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations'],
  ['Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post "https://check.default.svc:443/?timeout=10s": connect: connection refused', { code: 500, reason: 'InternalError', verb: 'patch', resource: 'configmaps', name: 'a' }, 'webhook', 'Changing configmap a was refused: the webhook check.example.com could not be asked, and its failurePolicy is Fail.', 'See that what serves check.example.com runs and is reached, or set its failurePolicy to Ignore.'],
  ["deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'few-replicas' with binding 'few' denied request: too many", { group: 'apps', resource: 'deployments', verb: 'update' }, 'policy', 'Updating deployment web was refused: the policy few-replicas denied it.', 'Do as it says, or see the policy: kubectl get validatingadmissionpolicy few-replicas -o yaml'],
  ['pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false', {}, 'pod-security', 'Creating pod web was refused: the namespace enforces the Pod Security Standard restricted:latest.', "Change what the message names in the pod template, or the namespace's label pod-security.kubernetes.io/enforce."],
  ['pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 2', {}, 'limit-range', 'Creating pod web was refused: a limit range of the namespace forbids it.', 'Stay within it: kubectl describe limitrange -n shop'],
  ["Cannot evict pod as it would violate the pod's disruption budget.", { subresource: 'eviction', code: 429, reason: 'TooManyRequests' }, 'budget', 'Evicting pod web was refused: its disruption budget allows no disruption now.', 'Wait until more of its pods are healthy; whoever drains tries again by himself.'],
  ['pods "web" is forbidden: error looking up service account shop/robot: serviceaccount "robot" not found', {}, 'service-account', 'Creating pod web was refused: its service account shop/robot is not there.', 'Create it: kubectl create serviceaccount robot -n shop'],
  ['pods is forbidden: User "system:serviceaccount:shop:robot" cannot create resource "pods" in API group "" in the namespace "shop"', { user: 'system:serviceaccount:shop:robot' }, 'access', 'Creating pod web was refused: system:serviceaccount:shop:robot may not create pods.', 'Let a role allow it, if that is meant: kubectl auth can-i create pods --as system:serviceaccount:shop:robot'],
  ['pods "web" is forbidden: unable to create new content in namespace shop because it is being terminated', {}, 'namespace-terminating', 'Creating pod web was refused: the namespace shop is being deleted, and takes nothing new.', 'Wait until it is gone and make it anew, or see why it does not go: kubectl why namespace shop'],
  ['Pod "web" is invalid: spec.containers[0].image: Required value', { code: 422, reason: 'Invalid' }, 'invalid', 'Creating pod web was refused: spec.containers[0].image: Required value.', 'Correct what the message names.'],
  ['something that nobody has heard of', {}, 'refused', 'Creating pod web by alice was refused.', 'The message says what is wrong with it.'],
];

for (const [message, more, cause, fact, remedy] of table) {
  test(`${cause}: ${message.slice(0, 70)}`, () => {
    const finding = refusalFinding(refusal(message, more));
    assert.deepEqual([finding.cause, finding.fact, finding.remedy?.[0]], [cause, fact, remedy]);
    assert.ok(finding.evidence?.[0]?.text.includes(message.replaceAll(/\s*\n\s*/g, ' ')), 'the whole message is told');
  });
}
