import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RealClock } from '../../src/base/real-clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { hostCapabilities } from '../../src/host/capabilities.ts';
import { nftTables } from '../../src/host/firewall-cleanup.ts';
import type { NodeRuntime } from '../../src/host/node-runtime.ts';
import { startNodeRuntime } from '../../src/host/node-runtime.ts';
import { hostPaths } from '../../src/host/paths.ts';
import { allProcesses, commandLineOf } from '../../src/host/processes.ts';
import { reset } from '../../src/host/reset.ts';
import type { ContainerConfig, PodSandboxConfig, RuntimeEvent, SecurityContext } from '../../src/runtime/runtime.ts';
import { RuntimeError } from '../../src/runtime/runtime.ts';
import { testImages } from './pods/images-folder.ts';

/** Real containers on this machine: a private containerd in a temporary folder, a bridge and cgroups of its own. */

const capabilities = await hostCapabilities();
const skip = capabilities.obstacle ?? false;
if (skip !== false) console.log(`# real containers are not tested: ${skip}`);

const clock = new RealClock();
const logger = silentLogger;
const bridge = `coxt${process.pid % 100_000}`;
const cgroupRoot = `kubepods-${bridge}`;
const podCidr = `10.199.${process.pid % 250}.0/24`;
const hostPort = 20_000 + (process.pid % 10_000);
const never = new AbortController().signal;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

let dataDir = '';
let node: NodeRuntime;
const start = async (): Promise<NodeRuntime> => startNodeRuntime({ dataDir, capabilities, clock, logger, bridge });
const doReset = () => reset({ dataDir, clock, logger, entries: ['logs'] });

const securityContext: SecurityContext = {
  supplementalGroups: [], privileged: false, readOnlyRootFilesystem: false, noNewPrivileges: false, addCapabilities: [], dropCapabilities: [],
  seccomp: { type: 'RuntimeDefault' }, unmaskedProc: false,
};

function sandboxConfig(name: string, more: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  return {
    name, uid: `uid-${name}`, namespace: 'default', attempt: 0, hostname: name, logDirectory: join(dataDir, 'logs', name),
    dns: { servers: ['10.96.0.10'], searches: ['default.svc.cluster.local'], options: ['ndots:5'] }, portMappings: [],
    labels: { 'io.kubernetes.pod.uid': `uid-${name}` }, annotations: {}, runtimeHandler: '',
    linux: {
      cgroupParent: `/${cgroupRoot}/besteffort/pod${name}`, hostNetwork: false, hostPid: false, hostIpc: false, shareProcessNamespace: false, sysctls: {}, securityContext, resources: undefined,
    },
    ...more,
  };
}

async function containerConfig(image: string, more: Partial<ContainerConfig> = {}): Promise<ContainerConfig> {
  const found = await node.runtime.imageStatus(image);
  assert.ok(found, `${image} is loaded`);
  return {
    name: 'main', attempt: 0, imageRef: found.id, image, command: undefined, args: undefined, workingDir: undefined, env: [], mounts: [], devices: [],
    labels: { 'io.kubernetes.pod.uid': 'x' }, annotations: {}, logPath: 'main/0.log', stdin: false, stdinOnce: false, tty: false,
    linux: { resources: { cpuPeriod: 100_000, cpuQuota: 0, cpuShares: 2, memoryLimitBytes: 0, oomScoreAdj: 1000 }, securityContext },
    ...more,
  };
}

async function runPod(name: string, image: string, more: Partial<ContainerConfig> = {}, sandboxMore: Partial<PodSandboxConfig> = {}): Promise<{ sandboxId: string; containerId: string; ip: string }> {
  const config = sandboxConfig(name, sandboxMore);
  const sandboxId = await node.runtime.runPodSandbox(config);
  const containerId = await node.runtime.createContainer(sandboxId, await containerConfig(image, more), config);
  await node.runtime.startContainer(containerId);
  const status = await node.runtime.podSandboxStatus(sandboxId);
  return { sandboxId, containerId, ip: status?.ips[0] ?? '' };
}

async function exited(containerId: string): Promise<void> {
  for (;;) {
    const status = await node.runtime.containerStatus(containerId);
    if (status === undefined || status.state === 'exited') return;
    await clock.sleep(10);
  }
}

async function logsOf(containerId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of node.runtime.readLog(containerId, { follow: false, signal: never })) lines.push(`${line.stream}: ${text(line.content)}`);
  return lines;
}

before(async () => {
  if (skip !== false) return;
  dataDir = mkdtempSync(join(tmpdir(), 'cox-node-'));
  node = await start();
  await node.runtime.updatePodCidr(podCidr);
});

after(async () => {
  if (skip !== false) return;
  await doReset();
  rmSync(dataDir, { recursive: true, force: true });
});

test('containerd is ready, and the network is once the pod range is known', { skip, timeout: 60_000 }, async () => {
  assert.equal((await node.runtime.version()).runtimeName, 'containerd');
  const status = await node.runtime.status();
  assert.deepEqual([status.runtimeReady.status, status.networkReady.status], [true, true]);
});

test('image archives are loaded under their full names; bad ones are refused with a line', { skip, timeout: 60_000 }, async () => {
  const images = testImages();
  const image = (name: string): string => join(images, name);
  assert.deepEqual(await node.loadImageArchive(image('registry.k8s.io_pause_3.10.tar')), ['registry.k8s.io/pause:3.10']);
  assert.deepEqual(await node.loadImageArchive(image('busybox_1.28.tar')), ['docker.io/library/busybox:1.28']);
  assert.deepEqual(await node.loadImageArchive(image('nginx_1.14.2.tar')), ['docker.io/library/nginx:1.14.2']);
  assert.deepEqual((await node.runtime.listImages()).flatMap((one) => one.repoTags).sort(), ['docker.io/library/busybox:1.28', 'docker.io/library/nginx:1.14.2', 'registry.k8s.io/pause:3.10']);
  assert.equal(await node.runtime.imageStatus('busybox:9.99'), undefined);
  await assert.rejects(node.loadImageArchive(join(dataDir, 'nothing.tar')), /^Error: cannot load .*nothing\.tar: no such file/);
  await assert.rejects(node.loadImageArchive(join(import.meta.dirname, 'runtime.test.ts')), (error: Error) => error.message.startsWith('cannot load') && !error.message.includes('\n'));
});

test('a container runs, logs, is asked, stops and goes; each step is an event', { skip, timeout: 60_000 }, async () => {
  const events: RuntimeEvent[] = [];
  const undo = node.runtime.onEvent((event) => events.push(event));
  const { sandboxId, containerId, ip } = await runPod('life', 'busybox:1.28', {
    command: ['sh', '-c', 'echo out $GREETING; echo err >&2; printf partial; trap "exit 7" TERM; while :; do sleep 0.05; done'], env: [{ name: 'GREETING', value: 'grüezi' }],
  });
  assert.match(ip, /^10\.199\./);
  const running = await node.runtime.containerStatus(containerId);
  assert.equal(running?.state, 'running');
  assert.equal(running?.sandboxId, sandboxId);

  const asked = await node.runtime.execSync(containerId, ['sh', '-c', 'hostname; grep -c 10.96.0.10 /etc/resolv.conf; echo oops >&2; exit 3'], 5_000);
  assert.deepEqual([text(asked.stdout), text(asked.stderr), asked.exitCode], ['life\n1\n', 'oops\n', 3]);
  await assert.rejects(node.runtime.execSync(containerId, ['sleep', '60'], 300), { code: 'deadline-exceeded' });
  await assert.rejects(node.runtime.execSync('nobody', ['true'], 300), { code: 'not-found' });

  const followed: string[] = [];
  const following = (async () => {
    for await (const line of node.runtime.readLog(containerId, { follow: true, signal: never })) followed.push(`${line.stream}: ${text(line.content)}`);
  })();
  await node.runtime.stopContainer(containerId, 10);
  await following;
  assert.deepEqual([...followed].sort(), ['stderr: err\n', 'stdout: out grüezi\n', 'stdout: partial']);
  assert.deepEqual([...await logsOf(containerId)].sort(), [...followed].sort());

  const stopped = await node.runtime.containerStatus(containerId);
  assert.deepEqual([stopped?.state, stopped?.exitCode, stopped?.reason], ['exited', 7, 'Error']);
  await node.runtime.stopContainer(containerId, 1);
  await node.runtime.removeContainer(containerId);
  assert.equal(await node.runtime.containerStatus(containerId), undefined);
  await node.runtime.stopPodSandbox(sandboxId);
  assert.equal((await node.runtime.podSandboxStatus(sandboxId))?.ready, false);
  await node.runtime.removePodSandbox(sandboxId);
  await node.runtime.removePodSandbox(sandboxId);
  assert.deepEqual(await node.runtime.listPodSandboxes(), []);
  while (!events.some((event) => event.type === 'deleted' && event.containerId === sandboxId)) await clock.sleep(5);
  undo();
  assert.deepEqual(events.filter((event) => event.containerId === containerId).map((event) => event.type).sort(), ['created', 'deleted', 'started', 'stopped']);
  assert.ok(events.every((event) => event.podUid === 'uid-life'));
});

test('a process that fails, and one that cannot start, tell why', { skip, timeout: 60_000 }, async () => {
  const { containerId } = await runPod('fail', 'busybox:1.28', { command: ['sh', '-c', 'exit 42'] });
  await exited(containerId);
  const status = await node.runtime.containerStatus(containerId);
  assert.deepEqual([status?.exitCode, status?.reason], [42, 'Error']);
  const config = sandboxConfig('nostart');
  const sandboxId = await node.runtime.runPodSandbox(config);
  const missing = await node.runtime.createContainer(sandboxId, await containerConfig('busybox:1.28', { command: ['no-such-program'] }), config);
  await assert.rejects(node.runtime.startContainer(missing), /executable file not found in \$PATH/);
});

test('streams: exec with standard input to its end, port forwarding into the pod', { skip, timeout: 60_000 }, async () => {
  const { sandboxId, containerId } = await runPod('streams', 'nginx:1.14.2');
  const process = await node.runtime.exec(containerId, { command: ['sh', '-c', 'cat; exit 5'], stdin: true, stdout: true, stderr: true, tty: false });
  let output = '';
  process.stdout!.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  process.stdin!.end('through and through');
  assert.deepEqual(await process.exit, { exitCode: 5 });
  assert.equal(output, 'through and through');
  const large = await node.runtime.exec(containerId, { command: ['head', '-c', '4000000', '/dev/zero'], stdin: false, stdout: true, stderr: true, tty: false });
  let bytes = 0;
  large.stdout!.on('data', (chunk: Buffer) => { bytes += chunk.length; });
  assert.deepEqual(await large.exit, { exitCode: 0 });
  assert.equal(bytes, 4_000_000);
  const forwarded = await node.runtime.portForward(sandboxId, 80);
  forwarded.write('GET / HTTP/1.0\r\n\r\n');
  let page = '';
  for await (const chunk of forwarded) {
    page += String(chunk);
    if (page.includes('</html>')) break;
  }
  assert.match(page, /Welcome to nginx!/);
});

test('pods reach one another, the node reaches pods, and host ports lead to them', { skip, timeout: 60_000 }, async () => {
  const server = await runPod('server', 'nginx:1.14.2', {}, { portMappings: [{ protocol: 'TCP', containerPort: 80, hostPort, hostIp: '' }] });
  const client = await runPod('client', 'busybox:1.28', { command: ['sleep', '1000'] });
  const asked = await node.runtime.execSync(client.containerId, ['wget', '-qO-', `http://${server.ip}/`], 5_000);
  assert.match(text(asked.stdout), /version 1\.14\.2/);
  assert.match(await (await fetch(`http://${server.ip}/`)).text(), /version 1\.14\.2/);
  assert.match(await (await fetch(`http://127.0.0.1:${hostPort}/`)).text(), /version 1\.14\.2/);
  assert.ok((await logsOf(server.containerId)).some((line) => line.startsWith(`stdout: ${client.ip} - - [`) && line.includes('"GET / HTTP/1.1" 200')));
});

test('containers outlive us and containerd: the next start adopts them', { skip, timeout: 60_000 }, async () => {
  const { containerId } = await runPod('lasting', 'busybox:1.28', { command: ['sleep', '1000'] });
  const startedAtMs = (await node.runtime.containerStatus(containerId))?.startedAtMs;
  await node[Symbol.asyncDispose]();
  node = await start();
  assert.equal(node.containerd.adopted, true);
  assert.equal((await node.runtime.containerStatus(containerId))?.state, 'running');

  await node[Symbol.asyncDispose]();
  const { pid } = JSON.parse(readFileSync(hostPaths(dataDir).pidFile, 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  node = await start();
  assert.equal(node.containerd.adopted, false);
  const status = await node.runtime.containerStatus(containerId);
  assert.deepEqual([status?.state, status?.startedAtMs], ['running', startedAtMs]);

  // While we watch, it is started again by itself, and the same connection object works on.
  process.kill((JSON.parse(readFileSync(hostPaths(dataDir).pidFile, 'utf8')) as { pid: number }).pid, 'SIGKILL');
  for (;;) {
    const again = await node.runtime.containerStatus(containerId).catch((error: RuntimeError) => error);
    if (!(again instanceof RuntimeError)) {
      assert.equal(again?.state, 'running');
      break;
    }
    assert.equal(again.code, 'unavailable');
    await clock.sleep(50);
  }
});

test('reset removes all that was made, and can be repeated', { skip, timeout: 60_000 }, async () => {
  const ports = readdirSync(`/sys/class/net/${bridge}/brif`);
  assert.ok(ports.length > 0);
  await node[Symbol.asyncDispose]();
  assert.deepEqual(await doReset(), { left: [] });
  assert.equal(existsSync(dataDir), false);
  for (const name of [bridge, ...ports]) assert.equal(existsSync(`/sys/class/net/${name}`), false, `${name} is gone`);
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(dataDir), 'no mounts');
  assert.ok(!(await nftTables()).some((table) => table.includes(bridge)), 'no tables');
  assert.deepEqual(allProcesses().map(commandLineOf).filter((line) => line.some((argument) => argument.startsWith(dataDir))), []);
  for (const folder of readdirSync('/sys/fs/cgroup')) assert.equal(existsSync(join('/sys/fs/cgroup', folder, cgroupRoot)), false, `${folder}/${cgroupRoot} is gone`);
  if (existsSync('/var/lib/cni/results')) assert.ok(!readdirSync('/var/lib/cni/results').some((name) => name.includes(bridge)));
  if (capabilities.iptables !== undefined) assert.ok(!execFileSync('iptables-save').toString().includes(bridge), 'no chains');
  assert.deepEqual(await doReset(), { left: [] });
});
