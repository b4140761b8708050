import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { describeSame } from './compare.ts';

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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Connects as soon as somebody listens. */
async function untilConnected(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise<boolean>((resolve) => { socket.once('connect', () => resolve(true)).once('error', () => resolve(false)); });
    if (!connected) {
      await new Promise((resolve) => { setImmediate(resolve); });
      continue;
    }
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    return;
  }
}

/** Lines whose output, errors and exit code are upstream's, byte for byte. */
const lines = [
  'exec two -- echo a b', 'exec two -c b -- printenv WHO', 'exec -n default two -c b -- printenv NOPE', 'exec two -c nope -- true', 'exec two -q -- hostname', 'exec two -- sh -c \'exit 7\'', 'exec two -- nope', 'exec two echo a', 'exec two', 'exec', 'exec -- true', 'exec nope -- true', 'exec deploy/web -- echo from a deployment', 'exec deploy/nope -- true', 'exec cm/kube-root-ca.crt -- true', 'exec svc/kubernetes -- true', 'exec two -it -- echo x', 'exec two -i -- echo x', 'exec pod/two -- true', 'exec two -x -- true',
  'port-forward', 'port-forward two', 'port-forward nope 80', 'port-forward two name', 'port-forward deploy/nope 80', 'port-forward svc/kubernetes 80',
  'auth whoami', 'auth whoami -o \'jsonpath={.status.userInfo}\'', 'auth whoami -o bad', 'auth can-i get pods', 'auth can-i --list', 'auth can-i --list --no-headers', 'auth can-i get pods --as=nobody', 'auth can-i get pods --as=nobody -q', 'auth can-i nope pods', 'auth can-i get nodes', 'auth can-i get deployments.apps/web --subresource=scale', 'auth can-i get /healthz', 'auth can-i nope /healthz', 'auth can-i get', 'auth can-i --list x', 'auth can-i \'*\' \'*\'', 'auth can-i get nopes', 'auth can-i get nopes.apps', 'auth can-i --list --as=nobody', 'auth can-i get pods -A', 'auth can-i get pods --no-headers', 'auth nope',
] as const;

describeSame('kubectl exec and its kin, beside upstream\'s', {
  name: 'streams',
  lines,
  async setUp(comparison) {
    await comparison.prepare('create deployment web --image=nginx');
    await comparison.prepare('apply -f -', pods);
    await comparison.prepare('rollout status deployment web');
    await comparison.prepare('wait --for=condition=Ready pod/two --timeout=30s');
  },
  more(comparisonOf) {
    test('a port of a pod on which nobody listens', async () => {
      const port = await freePort();
      await comparisonOf().sameOutcome('port-forward two to where nobody listens', async (run) => {
        const forwarding = run(`port-forward two ${port}:80`);
        const tries = new AbortController();
        const trying = untilConnected(port, tries.signal);
        const outcome = await forwarding;
        tries.abort();
        await trying;
        // What is wrong with one connection stands in upstream's own log.
        return { ...outcome, stdout: outcome.stdout.replaceAll(`${port}`, 'PORT'), stderr: outcome.stderr.replace(/^error: an error occurred forwarding .*\n/m, '') };
      });
    });
    test('input that nobody reads does not hold a command up', async () => {
      assert.deepEqual(await comparisonOf().ours('exec -i two -c a -- echo done', 'typed\n'), { code: 0, stdout: 'done\n', stderr: '' });
    });
  },
});
