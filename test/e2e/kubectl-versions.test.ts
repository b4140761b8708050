import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packagedKubectl } from './kubectls.ts';
import { RunningCluster, eventually } from './running-cluster.ts';

/** The oldest and the newest kubectl that users may have, against a simulated node. */

const versions = ['1.20', '1.36'] as const;
const kubectls = await Promise.all(versions.map(async (version) => ({ version, found: await packagedKubectl(version) })));
for (const { version, found } of kubectls) if ('missing' in found) console.log(`# kubectl ${version} is not tested: ${found.missing}`);

test('kubectl, old and new', { skip: kubectls.every(({ found }) => 'missing' in found) ? 'neither can be had here' : false, timeout: 400_000 }, async (t) => {
  await using cluster = new RunningCluster(['--runtime', 'simulated', '--nodes', '2']);
  await cluster.start();
  for (const { version, found } of kubectls) {
    await t.test(`kubectl ${version}`, { skip: 'missing' in found ? found.missing : false }, async () => {
      if ('missing' in found) return;
      const kubectl = cluster.kubectl(found.path);
      const resources = await kubectl.ok('api-resources');
      for (const line of [/^pods\s+po\s+v1\s+true\s+Pod$/m, /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m, /^nodes\s+no\s+v1\s+false\s+Node$/m]) assert.match(resources, line);
      assert.match(await kubectl.ok('api-versions'), /^apps\/v1$/m);
      assert.match(await kubectl.ok('version -o json'), /"gitVersion": "v1\.36\.\d+/);
      assert.equal((await kubectl.ok('get nodes')).match(/ Ready /g)?.length, 2);

      await kubectl.ok('apply -f examples/nginx-deployment.yaml');
      assert.match(await kubectl.ok('apply -f examples/nginx-deployment.yaml'), /deployment\.apps\/nginx-deployment unchanged/);
      assert.match(await kubectl.ok('rollout status deployment/nginx-deployment --timeout=120s'), /successfully rolled out/);
      assert.match(await kubectl.ok('get deploy,rs,pods,svc,endpoints -o wide'), /deployment\.apps\/nginx-deployment\s+3\/3/);
      assert.match(await kubectl.ok('get pods -o', 'custom-columns=NAME:.metadata.name,PHASE:.status.phase'), /nginx-deployment-\S+\s+Running/);
      assert.equal((await kubectl.ok('get pods -l app=nginx -o name')).trim().split('\n').length, 3);
      assert.match(await kubectl.ok('get events --field-selector reason=Scheduled'), /Successfully assigned/);

      assert.match(await kubectl.ok('explain deployment.spec.replicas'), /KIND: +Deployment[\s\S]*FIELD: +replicas <integer>/);
      assert.match(await kubectl.ok('explain pod.spec.containers --recursive'), /livenessProbe/);
      for (const [what, expected] of [['pods -l app=nginx --show-events=true', /Successfully assigned/], ['deployment nginx-deployment', /ScalingReplicaSet/], ['service nginx-nodeport', /NodePort: +<unset> +30080\/TCP/], ['nodes', /KubeletReady/], ['namespace default', /Status: +Active/]] as const) {
        assert.match(await kubectl.ok(`describe ${what}`), expected, what);
      }

      await kubectl.ok('label deployment nginx-deployment tier=web');
      await kubectl.ok('annotate deployment nginx-deployment note=hello');
      await kubectl.ok('patch deployment nginx-deployment -p', '{"spec":{"minReadySeconds":1}}');
      await kubectl.ok('patch deployment nginx-deployment --type=json -p', '[{"op":"remove","path":"/metadata/labels/tier"}]');
      await kubectl.ok('scale deployment nginx-deployment --replicas=4');
      await kubectl.ok('set image deployment/nginx-deployment nginx=nginx:1.16.1');
      await kubectl.ok('rollout status deployment/nginx-deployment --timeout=120s');
      assert.match(await kubectl.ok('rollout history deployment/nginx-deployment'), /\n1 [\s\S]*\n2 /);
      await kubectl.ok('rollout undo deployment/nginx-deployment');
      await kubectl.ok('rollout status deployment/nginx-deployment --timeout=120s');
      assert.match(await kubectl.ok('get deployment nginx-deployment -o', 'jsonpath={.spec.template.spec.containers[0].image}'), /^nginx:1\.14\.2$/);

      const refused = await kubectl.run(['get', 'pod', 'nobody']);
      assert.deepEqual([refused.code, refused.stderr], [1, 'Error from server (NotFound): pods "nobody" not found\n']);
      assert.match(await kubectl.ok('auth can-i delete nodes'), /^yes/);
      await kubectl.ok('create namespace team');
      await kubectl.ok('-n team create configmap settings --from-literal=a=b');
      await kubectl.ok('delete namespace team');
      await kubectl.ok('delete -f examples/nginx-deployment.yaml');
      await eventually('all pods are gone', 15_000, async () => ((await kubectl.run(['get', 'pods'])).stdout === '' ? true : undefined));
    });
  }
});
