import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deviceclasses, events, nodes, pods, resourceclaims, resourceclaimtemplates, resourceslices } from '../../../src/api/resources.ts';
import { FakeDraDriver } from '../../../src/kubelet/testing/fake-dra-driver.test.ts';
import { podOf } from './real-cluster.ts';
import type { RealCluster } from './real-cluster.ts';

const driverName = 'gpu.test.example.com';
const cdiKind = 'test.example.com/gpu';
/** Where containerd looks for what devices are made of. */
const cdiFolder = '/var/run/cdi';

/** A device of a driver: from a claim's template through the scheduler to the container, by CDI where containerd has it. */
export function claimScenarios(cluster: () => RealCluster): void {
  test('a container gets the device that was allocated for its claim', async (t) => {
    const { client, dataDir, folder } = cluster();
    const file = join(cdiFolder, 'coxswain-test.json');
    mkdirSync(cdiFolder, { recursive: true });
    writeFileSync(file, JSON.stringify({ cdiVersion: '0.5.0', kind: cdiKind, devices: [{ name: 'gpu-0', containerEdits: { env: ['GPU=the first'] } }] }));
    await using driver = new FakeDraDriver({ name: driverName, folder, registry: join(dataDir, 'kubelet/plugins_registry'), prepared: () => [{ request: 'gpu', device: 'gpu-0', cdiId: `${cdiKind}=gpu-0` }] });
    try {
      await driver.start();
      await cluster().until('the driver is registered', () => driver.registered !== undefined);
      await client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: 'node-1-gpu' }, spec: { driver: driverName, nodeName: 'node-1', pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0' }] } });
      await client.create(deviceclasses, { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression: `device.driver == "${driverName}"` } }] } });
      await client.create(resourceclaimtemplates, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate', metadata: { name: 'gpu', namespace: 'default' }, spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } } } });
      const { status } = await client.get(nodes, { name: 'node-1' });
      const pod = podOf('claims', { command: ['sh', '-c', 'echo "GPU is $GPU"; sleep 3600'], resources: { claims: [{ name: 'gpu' }] } }, { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] });
      const [, major = 0, minor = 0] = (/\/\/v?(\d+)\.(\d+)/.exec(status?.nodeInfo?.containerRuntimeVersion ?? '') ?? []).map(Number);
      if (major > 1 || minor >= 7) {
        await cluster().running(pod);
        assert.match(await cluster().until('its output', async () => (await cluster().logs('claims')) || undefined), /^GPU is the first$/m);
      } else {
        t.diagnostic('this version of containerd has no CDI');
        await client.create(pods, pod);
        await cluster().until('the refusal', async () => (await client.list(events, { namespace: 'default' })).items.some(({ involvedObject, message = '' }) => involvedObject.name === 'claims' && message.includes('not supported: CDI devices with this version of containerd')));
      }
      assert.equal(driver.calls.length, 1);
      assert.match(driver.calls[0] ?? '', /^prepare claims-gpu-/);
      await client.delete(pods, { namespace: 'default', name: 'claims' }, { gracePeriodSeconds: 0 });
      await cluster().gone('claims');
      await cluster().until('it is taken back', () => driver.calls.length === 2);
      assert.match(driver.calls[1] ?? '', /^unprepare claims-gpu-/);
      await cluster().until('the claim to go', async () => (await client.list(resourceclaims, { namespace: 'default' })).items.length === 0);
    } finally {
      rmSync(file, { force: true });
    }
  });
}
