import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../../src/api/resources.ts';
import type { Container, Lifecycle, Pod } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from './real-cluster.ts';
import { agnhost, busybox, podOf, script } from './real-cluster.ts';

const ref = (name: string) => ({ namespace: 'default', name });
const initialized = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'Initialized')?.status;

/** A server that is ready when it answers: what runs need not listen yet, and a hook is called once. */
const serverOf = (name: string, args: string[], path: string): Pod => podOf(name, { image: agnhost, args, ports: [{ containerPort: 8080 }], readinessProbe: { httpGet: { path, port: 8080 }, periodSeconds: 1 } });

/** How pods and their containers begin and end. */
export function lifecycleScenarios(cluster: () => RealCluster): void {
  for (const [when, how] of [['poststart', 'exec'], ['poststart', 'http'], ['prestop', 'exec'], ['prestop', 'http']] as const) {
    test(`[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute ${when} ${how} hook properly [NodeConformance] [Conformance]`, async () => {
      const name = `pod-with-${when}-${how}-hook`;
      const server = `handle-${when}-${how}`;
      const target = (await cluster().running(serverOf(server, ['netexec'], '/healthz'))).status!.podIP!;
      const handler = how === 'exec'
        ? { exec: { command: ['sh', '-c', `wget -qO- http://${target}:8080/echo?msg=${when}`] } }
        : { httpGet: { path: `/dial?host=${target}&port=8080&request=${encodeURIComponent(`echo?msg=${when}`)}`, port: 8080 } };
      const lifecycle: Lifecycle = when === 'poststart' ? { postStart: handler } : { preStop: handler };
      const sidecar: Container = { name: 'container-redirect', image: agnhost, args: ['netexec'], restartPolicy: 'Always', startupProbe: { httpGet: { path: '/echo?msg=startup', port: 8080 }, periodSeconds: 1, failureThreshold: 30 } };
      await cluster().running(podOf(name, { image: how === 'exec' ? agnhost : 'registry.k8s.io/pause:3.10', lifecycle }, { initContainers: [sidecar], terminationGracePeriodSeconds: 30 }));
      const isCalled = async (): Promise<boolean> => (await cluster().logs(server)).includes(`GET /echo?msg=${when}`);
      if (when === 'poststart') await cluster().until('the hook', isCalled);
      else assert.equal(await isCalled(), false);
      await cluster().client.delete(pods, ref(name), { gracePeriodSeconds: 15 });
      await cluster().gone(name);
      assert.equal(await isCalled(), true);
    });
  }

  test('[sig-node] PreStop should call prestop when killing a pod [Conformance]', async () => {
    const server = (await cluster().running(serverOf('server', ['nettest'], '/read'))).status!.podIP!;
    const preStop = { exec: { command: ['wget', '-O-', '--post-data={"Source": "prestop"}', `http://${server}:8080/write`] } };
    // It ends when it is told to: its hook may take as long as it needs, and nobody waits for the rest of that time.
    await cluster().running(podOf('tester', { command: ['sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait'], lifecycle: { preStop } }, { terminationGracePeriodSeconds: 30 }));
    await cluster().client.delete(pods, ref('tester'));
    await cluster().until('the call', async () => {
      const { text } = await cluster().http('GET', '/api/v1/namespaces/default/pods/server:8080/proxy/read');
      return ((JSON.parse(text) as { Received?: { prestop?: number } }).Received?.prestop ?? 0) > 0;
    });
    await cluster().gone('tester');
  });

  test('[sig-node] Container Runtime blackbox test when starting a container that exits should run with the expected status [NodeConformance] [Conformance]', async () => {
    const text = 'f=/restart-count/restartCount; count=$(echo hello >> $f; wc -l < $f); [ $count -eq 1 ] && exit 1; [ $count -eq 2 ] && exit 0; while true; do sleep 1; done';
    const volumes = [{ name: 'restart-count', emptyDir: { medium: 'Memory' } }];
    await Promise.all(([['rpa', 'Always', 'Running', 'running', 2, true], ['rpof', 'OnFailure', 'Succeeded', 'terminated', 1, false], ['rpn', 'Never', 'Failed', 'terminated', 0, false]] as const).map(async ([suffix, restartPolicy, phase, state, restarts, ready]) => {
      const name = `terminate-cmd-${suffix}`;
      await cluster().client.create(pods, script(name, text, { volumeMounts: [{ name: 'restart-count', mountPath: '/restart-count' }] }, { restartPolicy, volumes }));
      const { status } = await cluster().untilPod(name, `is ${phase}`, (pod) => pod.status?.containerStatuses?.[0]?.restartCount === restarts && pod.status.phase === phase && pod.status.containerStatuses[0].ready === ready);
      assert.deepEqual(Object.keys(status!.containerStatuses![0]!.state!), [state]);
      await cluster().client.delete(pods, ref(name));
      await cluster().gone(name);
    }));
  });

  const messages: readonly [string, string, string, Partial<Container>, 'Succeeded' | 'Failed', string][] = [
    ['should report termination message if TerminationMessagePath is set as non-root user and at a non-default path', 'message-path', '/bin/echo -n DONE > /dev/termination-custom-log', { terminationMessagePath: '/dev/termination-custom-log', securityContext: { runAsUser: 10_000 } }, 'Succeeded', 'DONE'],
    ['should report termination message from log output if TerminationMessagePolicy FallbackToLogsOnError is set', 'message-log', '/bin/echo -n DONE; /bin/false', { terminationMessagePolicy: 'FallbackToLogsOnError' }, 'Failed', 'DONE'],
    ['should report termination message as empty when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set', 'message-empty', '/bin/echo -n DONE; /bin/true', { terminationMessagePolicy: 'FallbackToLogsOnError' }, 'Succeeded', ''],
    ['should report termination message from file when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set', 'message-file', '/bin/echo -n OK > /dev/termination-log; /bin/echo DONE; /bin/true', { terminationMessagePolicy: 'FallbackToLogsOnError' }, 'Succeeded', 'OK'],
  ];
  for (const [title, name, text, container, phase, message] of messages) {
    test(`[sig-node] Container Runtime blackbox test on terminated container ${title} [NodeConformance] [Conformance]`, async () => {
      await cluster().client.create(pods, script(name, text, container));
      const { status } = await cluster().untilPod(name, phase, (pod) => pod.status?.phase === phase);
      assert.equal(status!.containerStatuses![0]!.state!.terminated!.message ?? '', message);
    });
  }

  test('[sig-node] Kubelet when scheduling a busybox command in a pod should print the output to logs [NodeConformance] [Conformance]', async () => {
    await cluster().running(podOf('busybox-scheduling', { command: ['sh', '-c', "echo 'Hello World' ; sleep 240"] }));
    const sinceTime = new Date(Date.UTC(2020, 0, 1)).toISOString();
    await cluster().until('the output', async () => (await cluster().logs('busybox-scheduling', undefined, `sinceTime=${sinceTime}`)) === 'Hello World\n');
  });
  test('[sig-node] Kubelet when scheduling a busybox command that always fails in a pod should have an terminated reason [NodeConformance] [Conformance]', async () => {
    await cluster().client.create(pods, podOf('bin-false', { command: ['/bin/false'] }, { restartPolicy: 'Never' }));
    const { status } = await cluster().untilPod('bin-false', 'has ended', (pod) => pod.status?.containerStatuses?.[0]?.state?.terminated !== undefined);
    const { exitCode, reason } = status!.containerStatuses![0]!.state!.terminated!;
    assert.deepEqual([exitCode, reason], [1, 'Error']);
  });
  test('[sig-node] Kubelet when scheduling a busybox command that always fails in a pod should be possible to delete [NodeConformance] [Conformance]', async () => {
    await cluster().client.create(pods, podOf('bin-false-delete', { command: ['/bin/false'] }, { restartPolicy: 'Never' }));
    await cluster().client.delete(pods, ref('bin-false-delete'));
    await cluster().gone('bin-false-delete');
  });

  for (const [restartPolicy, phase] of [['Never', 'Succeeded'], ['Always', 'Running']] as const) {
    test(`[sig-node] InitContainer [NodeConformance] should invoke init containers on a Restart${restartPolicy} pod [Conformance]`, async () => {
      const name = `pod-init-${restartPolicy.toLowerCase()}`;
      const init = (which: string): Container => ({ name: which, image: busybox, command: ['/bin/true'] });
      await cluster().client.create(pods, podOf(name, { name: 'run1', ...(restartPolicy === 'Never' ? { command: ['/bin/true'] } : { command: ['sleep', '1000'] }) }, { restartPolicy, initContainers: [init('init1'), init('init2')] }));
      const pod = await cluster().untilPod(name, phase, (now) => now.status?.phase === phase);
      assert.equal(initialized(pod), 'True');
      assert.deepEqual(pod.status?.initContainerStatuses?.map(({ ready, state }) => [ready, state?.terminated?.exitCode]), [[true, 0], [true, 0]]);
    });
  }
}
