import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allResources } from '../../api/schema/older-versions.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { chooseResources } from './choose-resources.ts';
import { deprecationOf } from './deprecations.ts';

const versionsOf = (resources: readonly ResourceSchema[]): string[] => [...new Set(resources.map(({ group, version }) => `${group}/${version}`))];
const servedWith = async (runtimeConfig: Record<string, string>, featureGates: Record<string, string> = {}): Promise<string[]> =>
  (await chooseResources({ runtimeConfig, featureGates })).served.map(({ group, version, resource }) => `${group}/${version}/${resource}`);

test('stable versions are served by default, and nothing else', async () => {
  const { served } = await chooseResources({});
  assert.ok(versionsOf(served).every((version) => /\/v\d+$/.test(version)));
  assert.ok(versionsOf(served).includes('autoscaling/v1'));
});

test('levels come first, then versions, then single resources', async () => {
  const all = await servedWith({ 'api/all': 'true' });
  assert.ok(all.includes('internal.apiserver.k8s.io/v1alpha1/storageversions'));
  assert.ok(all.includes('resource.k8s.io/v1beta1/resourceclaims'));
  const beta = await servedWith({ 'api/beta': 'true', 'resource.k8s.io/v1beta1': 'false', 'resource.k8s.io/v1beta1/deviceclasses': '', 'apps/v1/deployments': 'f' });
  assert.ok(beta.includes('resource.k8s.io/v1beta2/resourceclaims'));
  assert.deepEqual(beta.filter((name) => name.startsWith('resource.k8s.io/v1beta1/')), ['resource.k8s.io/v1beta1/deviceclasses']);
  assert.ok(!beta.some((name) => /v\d+alpha/.test(name)));
  assert.ok(!beta.includes('apps/v1/deployments') && beta.includes('apps/v1/replicasets'));
  const few = await servedWith({ 'api/all': 'false', 'api/ga': 'true', 'batch/v1': 'false' });
  assert.ok(few.includes('/v1/pods') && !few.includes('batch/v1/jobs'));
  assert.deepEqual(await servedWith({ 'api/all': 'false', '/v1/pods': 'true' }), ['/v1/pods']);
});

test('a resource behind a feature gate wants both', async () => {
  const name = 'certificates.k8s.io/v1beta1/clustertrustbundles';
  assert.ok(!(await servedWith({ 'certificates.k8s.io/v1beta1': 'true' })).includes(name));
  assert.ok(!(await servedWith({}, { ClusterTrustBundle: 'true' })).includes(name));
  assert.ok((await servedWith({ 'certificates.k8s.io/v1beta1': 'true' }, { ClusterTrustBundle: 'true' })).includes(name));
  assert.ok((await servedWith({ 'api/beta': 'true' }, { AllBeta: 'true' })).includes(name));
  assert.ok(!(await servedWith({ 'api/beta': 'true' }, { AllBeta: 'true', ClusterTrustBundle: 'false' })).includes(name));
});

for (const [runtimeConfig, featureGates, message] of [
  [{ 'api/all': 'false' }, {}, 'invalid runtime-config with only api/all=false'],
  [{ v1: 'true' }, {}, 'runtime-config invalid key v1'],
  [{ 'a/b/c/d': 'true' }, {}, 'runtime-config invalid key a/b/c/d'],
  [{ 'example.com/v1': 'true', 'example.org/v2': 'true' }, {}, 'unknown api groups example.com/v1,example.org/v2'],
  [{ 'apps/v7': 'true' }, {}, 'group version apps/v7 that has not been registered'],
  [{ 'api/beta': '' }, {}, 'invalid value api/beta='],
  [{ 'apps/v1': 'yes' }, {}, 'invalid value of apps/v1: yes, err: strconv.ParseBool: parsing "yes": invalid syntax'],
  [{ 'apps/v1/Deployments': 'true' }, {}, 'invalid key apps/v1/Deployments: group/version/resource and resource is always lowercase plural, not "Deployments"'],
  [{}, { Wonder: 'true' }, 'unrecognized feature gate: Wonder (known: AllAlpha, AllBeta, CBORServingAndStorage, ClusterTrustBundle, GangScheduling, GenericWorkload, PodCertificateRequest)'],
  [{}, { WorkloadWithJob: 'true' }, 'not supported: feature gate WorkloadWithJob'],
  [{}, { GangScheduling: 'true' }, 'GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]'],
  [{}, { AllBeta: 'maybe' }, 'invalid value of AllBeta=maybe, err: strconv.ParseBool: parsing "maybe": invalid syntax'],
] as const) {
  test(`refused: ${message}`, async () => {
    await assert.rejects(chooseResources({ runtimeConfig, featureGates }), { message });
  });
}

test('deprecations are worded as upstream words them, and only for what is deprecated by now', () => {
  const of = (group: string, version: string, resource: string): string | undefined => deprecationOf(builtinSchema.resource(group, version, resource)!);
  assert.equal(of('', 'v1', 'componentstatuses'), 'v1 ComponentStatus is deprecated in v1.19+');
  assert.equal(of('', 'v1', 'endpoints'), 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice');
  assert.equal(of('resource.k8s.io', 'v1beta1', 'resourceclaims'), 'resource.k8s.io/v1beta1 ResourceClaim is deprecated in v1.35+, unavailable in v1.38+');
  assert.equal(of('storage.k8s.io', 'v1beta1', 'volumeattributesclasses'), 'storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+, unavailable in v1.37+; use storage.k8s.io/v1 VolumeAttributesClass');
  assert.equal(of('admissionregistration.k8s.io', 'v1beta1', 'mutatingadmissionpolicies'), undefined);
  assert.equal(of('', 'v1', 'pods'), undefined);
});

test('every older version is warned of, but for what never was deprecated', async () => {
  const { resources, older } = await allResources();
  const unwarned = resources.filter((resource) => older.has(resource) && deprecationOf(resource) === undefined).map(({ group, resource }) => `${resource}.${group}`);
  assert.deepEqual(unwarned, ['podpresets.settings.k8s.io']);
  const of = (group: string, version: string, kind: string): string | undefined => deprecationOf({ group, version, kind });
  assert.equal(of('extensions', 'v1beta1', 'Deployment'), 'extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment');
  assert.equal(of('extensions', 'v1beta1', 'Ingress'), 'extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress');
  assert.equal(of('batch', 'v1beta1', 'CronJob'), 'batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob');
  assert.equal(of('networking.k8s.io', 'v1beta1', 'IngressClass'), 'networking.k8s.io/v1beta1 IngressClass is deprecated in v1.19+, unavailable in v1.22+; use networking.k8s.io/v1 IngressClassList');
  assert.equal(of('node.k8s.io', 'v1beta1', 'RuntimeClass'), 'node.k8s.io/v1beta1 RuntimeClass is deprecated in v1.22+, unavailable in v1.25+');
});
