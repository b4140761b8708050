import { deployments, deviceclasses, pods, resourceclaims, resourceclaimtemplates, resourceslices } from '../../../src/api/resources.ts';
import type { Device, DeviceClaim } from '../../../src/api/types/resource/v1.ts';
import type { Operation, UserContext } from './operation.ts';
import { lastingNamespaces, someName, somewhere, template } from './operation.ts';
import { newDeployment } from './deployments.ts';

const driver = 'devices.example.com';

/** What every machine has: devices for one each, one for several, and parts of the same piece of hardware. */
export const hardware = { whole: 8, slots: 32, cores: 3 } as const;

/** Sets of claims that pods have made for them: a part of what is shared; a device alone, else a piece of one. */
const wanted: Readonly<Record<string, DeviceClaim>> = {
  part: { requests: [{ name: 'r', exactly: { deviceClassName: 'device', selectors: [{ cel: { expression: 'device.allowMultipleAllocations' } }] } }] },
  some: { requests: [{ name: 'r', firstAvailable: [
    { name: 'piece', deviceClassName: 'device', selectors: [{ cel: { expression: `"core" in device.attributes["${driver}"]` } }] },
    { name: 'whole', deviceClassName: 'device', selectors: [{ cel: { expression: '!device.allowMultipleAllocations' } }] },
  ] }] },
};

const part = (name: string, cores: number): Device => ({ name, attributes: { core: { bool: true } }, consumesCounters: [{ counterSet: 'card', counters: { cores: { value: String(cores) } } }] });

/** Drivers publish what the machines have; users write down what they will want. */
export async function prepareDevices({ client, nodes }: UserContext): Promise<void> {
  await client.create(deviceclasses, { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'device' }, spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }], extendedResourceName: 'example.com/device' } });
  for (let number = 1; number <= nodes; number++) {
    const nodeName = `node-${number}`;
    const spec = { driver, nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 2 } };
    const devices: Device[] = [
      ...Array.from({ length: hardware.whole }, (_, i) => ({ name: `whole-${i}` })),
      { name: 'shared', allowMultipleAllocations: true, capacity: { slots: { value: String(hardware.slots), requestPolicy: { default: '1' } } } },
      part('large', 2), part('small-1', 1), part('small-2', 1),
    ];
    await client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: `${nodeName}-card` }, spec: { ...spec, sharedCounters: [{ name: 'card', counters: { cores: { value: String(hardware.cores) } } }] } });
    await client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: nodeName }, spec: { ...spec, devices } });
  }
  for (const namespace of lastingNamespaces) for (const [name, devices] of Object.entries(wanted)) {
    await client.create(resourceclaimtemplates, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate', metadata: { namespace, name }, spec: { spec: { devices } } });
  }
}

export const deviceOperations: readonly Operation[] = [
  { name: 'create a deployment with devices', weight: 4, run: async (context) => {
    const { client, chance } = context;
    const made = newDeployment(chance, chance.pick(lastingNamespaces), someName(chance, 'device', 2));
    made.spec!.template.spec!.resourceClaims = [{ name: 'c', resourceClaimTemplateName: chance.pick(Object.keys(wanted)) }];
    await client.create(deployments, made);
  } },
  { name: 'create a pod that shares a claim', weight: 3, run: async (context) => {
    const { client, chance } = context;
    const namespace = chance.pick(lastingNamespaces);
    const name = someName(chance, 'claim', 2);
    await client.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace, name }, spec: { devices: wanted['some']! } }).catch(() => {});
    const { metadata, spec } = template(chance, { app: name }, { resourceClaims: [{ name: 'c', resourceClaimName: name }] });
    await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, namespace, name: someName(chance, 'claimer', 6) }, spec: spec! });
  } },
  { name: 'create a pod with an extended resource', weight: 2, run: async (context) => {
    const { client, chance } = context;
    const { metadata, spec } = template(chance, { app: 'extended' });
    const { resources } = spec!.containers[0]!;
    const amount = { 'example.com/device': String(1 + chance.int(2)) };
    spec!.containers[0]!.resources = { ...resources, requests: { ...resources?.requests, ...amount }, limits: amount };
    await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, namespace: somewhere(context), name: someName(chance, 'extended', 6) }, spec: spec! });
  } },
];
