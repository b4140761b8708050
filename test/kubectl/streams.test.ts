import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Comparison } from './compare.ts';

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: two}
spec: {containers: [{name: a, image: busybox, command: [sleep, "3600"]}, {name: b, image: busybox, command: [sleep, "3600"], env: [{name: WHO, value: b}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: done}
spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: ["true"]}]}
`;

/** Lines whose output, errors and exit code are upstream's, byte for byte. */
const lines = [
  'exec two -- echo a b', 'exec two -c b -- printenv WHO', 'exec -n default two -c b -- printenv NOPE', 'exec two -c nope -- true', 'exec two -q -- hostname', 'exec two -- sh -c \'exit 7\'', 'exec two -- nope', 'exec two echo a', 'exec two', 'exec', 'exec -- true', 'exec nope -- true', 'exec deploy/web -- echo from a deployment', 'exec deploy/nope -- true', 'exec cm/kube-root-ca.crt -- true', 'exec svc/kubernetes -- true', 'exec two -it -- echo x', 'exec two -i -- echo x', 'exec pod/two -- true', 'exec two -x -- true',
  'port-forward', 'port-forward two', 'port-forward nope 80', 'port-forward two name', 'port-forward deploy/nope 80', 'port-forward svc/kubernetes 80',
  'auth whoami', 'auth whoami -o \'jsonpath={.status.userInfo}\'', 'auth whoami -o bad', 'auth can-i get pods', 'auth can-i --list', 'auth can-i --list --no-headers', 'auth can-i get pods --as=nobody', 'auth can-i get pods --as=nobody -q', 'auth can-i nope pods', 'auth can-i get nodes', 'auth can-i get deployments.apps/web --subresource=scale', 'auth can-i get /healthz', 'auth can-i nope /healthz', 'auth can-i get', 'auth can-i --list x', 'auth can-i \'*\' \'*\'', 'auth can-i get nopes', 'auth can-i get nopes.apps', 'auth can-i --list --as=nobody', 'auth can-i get pods -A', 'auth can-i get pods --no-headers', 'auth nope',
] as const;

describe('kubectl exec and its kin, beside upstream\'s', () => {
  let comparison: Comparison | { readonly missing: string };

  before(async () => {
    comparison = await Comparison.start();
    if ('missing' in comparison) return;
    await comparison.theirs('create deployment web --image=nginx');
    await comparison.theirs('apply -f -', pods);
    await comparison.theirs('rollout status deployment web');
    await comparison.theirs('wait --for=condition=Ready pod/two --timeout=30s');
  });
  after(async () => { if (!('missing' in comparison)) await comparison[Symbol.asyncDispose](); });

  for (const line of lines) {
    test(line, async (t) => {
      if ('missing' in comparison) return t.skip(comparison.missing);
      await comparison.same(line);
    });
  }

  test('input that nobody reads does not hold a command up', async (t) => {
    if ('missing' in comparison) return t.skip(comparison.missing);
    assert.deepEqual(await comparison.ours('exec -i two -c a -- echo done', 'typed\n'), { code: 0, stdout: 'done\n', stderr: '' });
  });
});
