import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, pods, secrets, services } from '../../../src/api/resources.ts';
import type { Container, EnvFromSource, EnvVar } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from './real-cluster.ts';
import { agnhost, podOf, script } from './real-cluster.ts';

const data = { 'data-1': 'value-1', 'data-2': 'value-2', 'data-3': 'value-3' };
const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
const variousPrefixes = ['', '1-', '$_-', 'ABC_', '#@!'];
const prefixed = (prefixes: readonly string[]): string[] => prefixes.flatMap((prefix) => Object.entries(data).map(([key, value]) => `${prefix}${key}=${value}`));
const field = (name: string, fieldPath: string): EnvVar => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
const resource = (name: string, of: string): EnvVar => ({ name, valueFrom: { resourceFieldRef: { resource: of } } });
const ipv4 = String.raw`(\d{1,3}\.){3}\d{1,3}`;

/** What containers find in their environment, command and arguments. */
export function environmentScenarios(cluster: () => RealCluster): void {
  const environment = async (name: string, container: Partial<Container>): Promise<string> => cluster().output(podOf(name, { command: ['env'], ...container }, { restartPolicy: 'Never' }));
  const hasLines = (output: string, lines: readonly string[]): void => { for (const line of lines) assert.ok(output.split('\n').includes(line), `${line} in\n${output}`); };

  for (const [kind, make, source, reference] of [
    ['ConfigMap', (name: string) => cluster().client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }),
      (name: string): EnvFromSource => ({ configMapRef: { name } }), (name: string): EnvVar['valueFrom'] => ({ configMapKeyRef: { name, key: 'data-1' } })],
    ['Secret', (name: string) => cluster().client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, data: encoded }),
      (name: string): EnvFromSource => ({ secretRef: { name } }), (name: string): EnvVar['valueFrom'] => ({ secretKeyRef: { name, key: 'data-1' } })],
  ] as const) {
    const lower = kind.toLowerCase();
    const secret = kind === 'Secret';
    test(secret ? '[sig-node] Secrets should be consumable from pods in env vars [NodeConformance] [Conformance]' : '[sig-node] ConfigMap should be consumable via environment variable [NodeConformance] [Conformance]', async () => {
      await make(`${lower}-key`);
      const valueFrom = reference(`${lower}-key`);
      hasLines(await environment(`${lower}-key`, { env: [{ name: 'CONFIG_DATA_1', ...(valueFrom !== undefined && { valueFrom }) }] }), ['CONFIG_DATA_1=value-1']);
    });
    test(secret ? '[sig-node] Secrets should be consumable via the environment [NodeConformance] [Conformance]' : '[sig-node] ConfigMap should be consumable via the environment [NodeConformance] [Conformance]', async () => {
      await make(`${lower}-all`);
      hasLines(await environment(`${lower}-all`, { envFrom: [source(`${lower}-all`), { prefix: 'p-', ...source(`${lower}-all`) }] }), prefixed(['', 'p-']));
    });
    test(secret ? '[sig-node] Secrets should be consumable as environment variable names variable names with various prefixes [Conformance]' : '[sig-node] ConfigMap should be consumable as environment variable names with various prefixes [Conformance]', async () => {
      await make(`${lower}-prefixes`);
      hasLines(await environment(`${lower}-prefixes`, { envFrom: variousPrefixes.map((prefix) => ({ ...(prefix !== '' && { prefix }), ...source(`${lower}-prefixes`) })) }), prefixed(variousPrefixes));
    });
  }

  const downward: readonly [string, string, Partial<Container>, readonly string[]][] = [
    ['should provide pod name, namespace and IP address as env vars', 'downward-name', { env: [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace'), field('POD_IP', 'status.podIP')] }, ['POD_NAME=downward-name', 'POD_NAMESPACE=default', `POD_IP=${ipv4}`]],
    ['should provide host IP as an env var', 'downward-host-ip', { env: [field('HOST_IP', 'status.hostIP')] }, [`HOST_IP=${ipv4}`]],
    ['should provide hostIPs as an env var', 'downward-host-ips', { env: [field('HOST_IPS', 'status.hostIPs')] }, [`HOST_IPS=${ipv4}`]],
    ['should provide pod UID as env vars', 'downward-uid', { env: [field('POD_UID', 'metadata.uid')] }, ['POD_UID=[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}']],
    ['should provide default limits.cpu/memory from node allocatable', 'downward-default', { env: [resource('CPU_LIMIT', 'limits.cpu'), resource('MEMORY_LIMIT', 'limits.memory')] }, ['CPU_LIMIT=[1-9]\\d*', 'MEMORY_LIMIT=[1-9]\\d*']],
    ["should provide container's limits.cpu/memory and requests.cpu/memory as env vars", 'downward-resources', {
      resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } },
      env: [resource('CPU_LIMIT', 'limits.cpu'), resource('MEMORY_LIMIT', 'limits.memory'), resource('CPU_REQUEST', 'requests.cpu'), resource('MEMORY_REQUEST', 'requests.memory')],
    }, ['CPU_LIMIT=2', 'MEMORY_LIMIT=67108864', 'CPU_REQUEST=1', 'MEMORY_REQUEST=33554432']],
  ];
  for (const [title, name, container, lines] of downward) {
    test(`[sig-node] Downward API ${title} [NodeConformance] [Conformance]`, async () => {
      const output = await environment(name, container);
      for (const line of lines) assert.match(output, new RegExp(`^${line}$`, 'm'));
    });
  }

  test('[sig-node] Variable Expansion should allow composing env vars into new env vars [NodeConformance] [Conformance]', async () => {
    const env = [{ name: 'FOO', value: 'foo-value' }, { name: 'BAR', value: 'bar-value' }, { name: 'FOOBAR', value: '$(FOO);;$(BAR)' }];
    hasLines(await environment('compose', { env }), ['FOO=foo-value', 'BAR=bar-value', 'FOOBAR=foo-value;;bar-value']);
  });
  const wrong = 'TEST_VAR=wrong echo "$(TEST_VAR)"';
  test("[sig-node] Variable Expansion should allow substituting values in a container's command [NodeConformance] [Conformance]", async () => {
    assert.equal(await cluster().output(script('expand-command', wrong, { env: [{ name: 'TEST_VAR', value: 'test-value' }] })), 'test-value\n');
  });
  test("[sig-node] Variable Expansion should allow substituting values in a container's args [NodeConformance] [Conformance]", async () => {
    assert.equal(await cluster().output(script('expand-args', '', { command: ['sh', '-c'], args: [wrong], env: [{ name: 'TEST_VAR', value: 'test-value' }] })), 'test-value\n');
  });

  const containers: readonly [string, string, Partial<Container>, string][] = [
    ["should be able to override the image's default arguments (container cmd)", 'override-arguments', { args: ['entrypoint-tester', 'override', 'arguments'] }, '[/agnhost entrypoint-tester override arguments]\n'],
    ["should be able to override the image's default command (container entrypoint)", 'override-command', { command: ['/agnhost-2'], args: ['entrypoint-tester'] }, '[/agnhost-2 entrypoint-tester]\n'],
    ["should be able to override the image's default command and arguments", 'override-all', { command: ['/agnhost-2'], args: ['entrypoint-tester', 'override', 'arguments'] }, '[/agnhost-2 entrypoint-tester override arguments]\n'],
  ];
  for (const [title, name, container, expected] of containers) {
    test(`[sig-node] Containers ${title} [NodeConformance] [Conformance]`, async () => {
      assert.equal(await cluster().output(podOf(name, { image: agnhost, ...container }, { restartPolicy: 'Never' })), expected);
    });
  }
  test('[sig-node] Containers should use the image defaults if command and args are blank [NodeConformance] [Conformance]', async () => {
    await cluster().running(podOf('defaults', { image: agnhost }));
    await cluster().until('the log', async () => (await cluster().logs('defaults')).includes('Paused'));
  });

  test('[sig-node] Pods should contain environment variables for services [NodeConformance] [Conformance]', async () => {
    await cluster().client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'fooservice', namespace: 'default' }, spec: { ports: [{ port: 8765, targetPort: 8080 }], selector: { name: 'server-envvars' } } });
    // The kubelet hears of the service by its watch.
    let number = 0;
    const output = await cluster().until('a pod that knows the service', async () => {
      const one = await environment(`client-envvars-${number++}`, {});
      return one.includes('FOOSERVICE') ? one : undefined;
    });
    const address = /^FOOSERVICE_SERVICE_HOST=(.*)$/m.exec(output)?.[1];
    hasLines(output, ['FOOSERVICE_SERVICE_PORT=8765', `FOOSERVICE_PORT=tcp://${address}:8765`, 'FOOSERVICE_PORT_8765_TCP_PORT=8765', 'FOOSERVICE_PORT_8765_TCP_PROTO=tcp', `FOOSERVICE_PORT_8765_TCP=tcp://${address}:8765`, `FOOSERVICE_PORT_8765_TCP_ADDR=${address}`]);
    await cluster().client.delete(pods, { namespace: 'default', name: 'client-envvars-0' });
  });
}
