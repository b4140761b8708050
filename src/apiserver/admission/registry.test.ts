import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, pods } from '../../api/resources.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { FakeReader } from '../authorization/fake-reader.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { AdmissionMetrics } from '../metrics/admission.ts';
import { ServedResources } from '../served-resources.ts';
import { WebhookClient } from '../webhooks/webhook-client.ts';
import { AdmissionChain } from './chain.ts';
import type { AdmissionParts } from './registry.ts';
import { admissionPluginNames, createAdmission } from './registry.ts';

const reader = new FakeReader();
const random = new SeededRandom(1);
const parts: AdmissionParts = {
  reader, clock: new VirtualClock(), random, logger: silentLogger, resources: new ServedResources({ served: [], cache: {} as WatchCache }), admissionMetrics: new AdmissionMetrics(), webhooks: new WebhookClient({ transport: undefined, reader, random }),
  writer: { replace: () => Promise.reject(new Error('nothing is written here')) },
  local: { request: () => Promise.reject(new Error('nobody listens')), watch: () => Promise.reject(new Error('nobody listens')) },
  authorize: () => ({ verdict: 'allow', reason: '' }),
  resourcesOf: () => [],
};
const namesOf = (settings?: Parameters<typeof createAdmission>[1]): string[] => createAdmission(parts, settings).map(({ name }) => name);

test('the order is upstream\'s', () => {
  assert.deepEqual(admissionPluginNames, [
    'AlwaysAdmit', 'NamespaceAutoProvision', 'NamespaceLifecycle', 'NamespaceExists', 'LimitPodHardAntiAffinityTopology', 'PodPreset', 'LimitRanger', 'ServiceAccount', 'NodeRestriction', 'TaintNodesByCondition', 'AlwaysPullImages',
    'ImagePolicyWebhook', 'PodSecurity', 'PodNodeSelector', 'Priority', 'DefaultTolerationSeconds', 'PodTolerationRestriction', 'EventRateLimit', 'ExtendedResourceToleration', 'DefaultStorageClass',
    'StorageObjectInUseProtection', 'PodGroupProtection', 'OwnerReferencesPermissionEnforcement', 'PersistentVolumeClaimResize', 'RuntimeClass', 'CertificateApproval', 'CertificateSigning', 'ClusterTrustBundleAttest',
    'CertificateSubjectRestriction', 'DefaultIngressClass', 'DenyServiceExternalIPs', 'PodTopologyLabels', 'PodGroupWorkloadExists', 'NodeDeclaredFeatureValidator', 'JobValidation', 'PodResizeValidator',
    'MutatingAdmissionPolicy', 'MutatingAdmissionWebhook', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionWebhook', 'ResourceQuota', 'AlwaysDeny',
  ]);
});

test('plug-ins are turned on and off by name, and keep their order', () => {
  const usual = namesOf();
  assert.deepEqual(usual, admissionPluginNames.filter((name) => usual.includes(name)));
  for (const name of ['AlwaysAdmit', 'AlwaysDeny', 'AlwaysPullImages', 'DenyServiceExternalIPs', 'EventRateLimit', 'ImagePolicyWebhook', 'NamespaceAutoProvision', 'NamespaceExists', 'OwnerReferencesPermissionEnforcement', 'PodNodeSelector', 'PodTolerationRestriction']) {
    assert.ok(!usual.includes(name), name);
  }
  assert.deepEqual(namesOf({ disabled: ['NodeRestriction'] }), usual.filter((name) => name !== 'NodeRestriction'));
  const more = namesOf({ enabled: ['AlwaysDeny', 'NamespaceExists', 'LimitRanger'] });
  assert.deepEqual(more, admissionPluginNames.filter((name) => usual.includes(name) || name === 'AlwaysDeny' || name === 'NamespaceExists'));
});

test('names that are none, and settings that contradict, are refused', () => {
  const cases: readonly [Parameters<typeof createAdmission>[1], string][] = [
    [{ enabled: ['Nope'] }, 'enable-admission-plugins plugin "Nope" is unknown'],
    [{ disabled: ['Nope'] }, 'disable-admission-plugins plugin "Nope" is unknown'],
    [{ enabled: ['Priority', 'LimitRanger'], disabled: ['LimitRanger', 'Priority'] }, '[LimitRanger Priority] in enable-admission-plugins and disable-admission-plugins overlapped'],
    [{ enabled: ['EventRateLimit'] }, 'EventRateLimit: limits: Invalid value: []: must not be empty'],
    [{ enabled: ['ImagePolicyWebhook'] }, 'ImagePolicyWebhook: no configuration: --admission-control-config-file must have one'],
  ];
  for (const [settings, message] of cases) assert.throws(() => createAdmission(parts, settings), { message });
});

test('a request runs what concerns it, and nothing else', () => {
  const chain = new AdmissionChain(createAdmission(parts));
  const names = (resource: { readonly group: string; readonly resource: string }, operation: 'CREATE' | 'UPDATE' | 'DELETE', subresource = ''): string[] => {
    const { admit, validate } = chain.select(resource, operation, subresource);
    return [...admit, ...validate].map(({ name }) => name);
  };
  assert.deepEqual(names(configmaps, 'CREATE'), ['NamespaceLifecycle', 'ResourceQuota']);
  assert.deepEqual(names(configmaps, 'UPDATE'), []);
  assert.deepEqual(names(pods, 'UPDATE', 'status'), ['NodeRestriction']);
  assert.deepEqual(names(pods, 'CREATE', 'binding'), ['NamespaceLifecycle', 'NodeRestriction', 'PodTopologyLabels']);
  assert.deepEqual(names(pods, 'CREATE'), [
    'NamespaceLifecycle', 'LimitRanger', 'ServiceAccount', 'NodeRestriction', 'Priority', 'DefaultTolerationSeconds', 'RuntimeClass', 'PodTopologyLabels',
    'LimitRanger', 'ServiceAccount', 'PodSecurity', 'Priority', 'RuntimeClass', 'ResourceQuota',
  ]);
  assert.equal(chain.select(pods, 'CREATE', ''), chain.select(pods, 'CREATE', ''));
});
