/** Rollouts of stateful sets and daemon sets with the kubectl that is installed; skipped where there is none. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubectlCluster } from '../conformance/kubectl-cluster.ts';
import { startKubectlCluster, withoutKubectl } from '../conformance/kubectl-cluster.ts';

let running: KubectlCluster;
before(async () => {
  if (withoutKubectl === false) running = await startKubectlCluster();
});
after(async () => {
  if (withoutKubectl === false) await running[Symbol.asyncDispose]();
});

const kubectl = async (line: string, stdin = ''): Promise<string> => (await running.run(line.split(' '), { stdin })).out;
const manifest = (kind: string, name: string, spec: object): string => JSON.stringify({
  apiVersion: 'apps/v1', kind, metadata: { name },
  spec: { ...spec, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'nginx:1.25' }] } } },
});
const image = (name: string): Promise<string> => kubectl(`get pods -l app=${name} -o jsonpath={.items[*].spec.containers[0].image}`);

for (const [kind, resource, name, spec, done] of [
  ['StatefulSet', 'statefulset', 'db', { serviceName: 'db', replicas: 2 }, /partitioned roll out complete: 2 new pods|statefulset rolling update complete 2 pods/],
  ['DaemonSet', 'daemonset', 'agent', {}, /daemon set "agent" successfully rolled out/],
] as const) {
  test(`kubectl rollout status, history, undo and restart of a ${kind}`, { skip: withoutKubectl }, async () => {
    await kubectl('create -f -', manifest(kind, name, spec));
    assert.match(await kubectl(`rollout status ${resource}/${name} --timeout=30s`), done);
    await kubectl(`set image ${resource}/${name} app=nginx:1.26`);
    assert.match(await kubectl(`rollout status ${resource}/${name} --timeout=30s`), done);
    assert.match(await image(name), /^nginx:1\.26( nginx:1\.26)*$/);
    const history = await kubectl(`rollout history ${resource}/${name}`);
    assert.match(history, /\n1 [\s\S]*\n2 /);
    assert.match(await kubectl(`rollout history ${resource}/${name} --revision=1`), /Image:\s+nginx:1\.25/);
    assert.match(await kubectl(`rollout undo ${resource}/${name}`), /rolled back/);
    assert.match(await kubectl(`rollout status ${resource}/${name} --timeout=30s`), done);
    assert.match(await image(name), /^nginx:1\.25( nginx:1\.25)*$/);
    // The older revision has become the newest.
    assert.match(await kubectl(`rollout history ${resource}/${name}`), /\n2 [\s\S]*\n3 /);
    await kubectl(`rollout restart ${resource}/${name}`);
    assert.match(await kubectl(`rollout status ${resource}/${name} --timeout=30s`), done);
    await kubectl(`delete ${resource} ${name}`);
  });
}
