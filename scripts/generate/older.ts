/**
 * API versions that Kubernetes v1.36 no longer serves and this server can: which resources they have, and what their
 * types say beyond the protobuf descriptors, which v1.36 still ships for most of them. The rest comes from v1.20.
 */
import type { Definition, Field, GroupVersionKind, Resource, Schema, Swagger } from './swagger.ts';

/** Kinds that are in no OpenAPI document and yet not of the past: payloads of webhooks, discovery, options. */
export const isPayload = (definition: string): boolean => /\.(admission|apidiscovery|imagepolicy|authentication|authorization|meta)\.v\w+\.\w+$/.test(definition) || /\.core\.v1\.\w+$/.test(definition) || (!definition.startsWith('io.k8s.api.') && !definition.includes('.v1beta1.')) || definition.startsWith('io.k8s.apimachinery.');

interface Older {
  readonly version: string;
  readonly resources: string;
  /** Where today's resource of the same name is. Default: the group itself. */
  readonly home?: string;
  readonly scale?: boolean;
}

/** `group` -> its older versions. */
const older: Readonly<Record<string, readonly Older[]>> = {
  'admissionregistration.k8s.io': [{ version: 'v1beta1', resources: 'mutatingwebhookconfigurations validatingwebhookconfigurations' }],
  'apiextensions.k8s.io': [{ version: 'v1beta1', resources: 'customresourcedefinitions' }],
  apps: [
    { version: 'v1beta2', resources: 'controllerrevisions daemonsets deployments replicasets statefulsets' },
    { version: 'v1beta1', resources: 'controllerrevisions deployments statefulsets' },
  ],
  autoscaling: [{ version: 'v2beta2', resources: 'horizontalpodautoscalers' }, { version: 'v2beta1', resources: 'horizontalpodautoscalers' }],
  batch: [{ version: 'v1beta1', resources: 'cronjobs' }],
  'coordination.k8s.io': [{ version: 'v1beta1', resources: 'leases' }],
  'discovery.k8s.io': [{ version: 'v1beta1', resources: 'endpointslices' }],
  'events.k8s.io': [{ version: 'v1beta1', resources: 'events' }],
  extensions: [
    { version: 'v1beta1', resources: 'daemonsets deployments replicasets', home: 'apps' },
    { version: 'v1beta1', resources: 'ingresses networkpolicies', home: 'networking.k8s.io' },
  ],
  'networking.k8s.io': [{ version: 'v1beta1', resources: 'ingressclasses ingresses' }],
  'node.k8s.io': [{ version: 'v1beta1', resources: 'runtimeclasses' }],
  policy: [{ version: 'v1beta1', resources: 'poddisruptionbudgets' }],
  'rbac.authorization.k8s.io': [{ version: 'v1beta1', resources: 'clusterrolebindings clusterroles rolebindings roles' }],
  'scheduling.k8s.io': [{ version: 'v1beta1', resources: 'priorityclasses' }],
  'storage.k8s.io': [{ version: 'v1beta1', resources: 'csidrivers csinodes csistoragecapacities storageclasses volumeattachments' }],
};

/** What older versions called differently, or have beside today's. */
function olderSubresources(group: string, version: string, today: Resource): Resource['subresources'] {
  const subresources = new Map(today.subresources);
  const own = (kind: string): GroupVersionKind => ({ group, version, kind });
  for (const [name, subresource] of subresources) {
    if (subresource.gvk.group === today.group) subresources.set(name, { ...subresource, gvk: own(subresource.gvk.kind) });
    else if (name === 'scale') subresources.set(name, { ...subresource, gvk: own('Scale') });
  }
  if (today.resource === 'deployments' && version === 'v1beta1') subresources.set('rollback', { verbs: new Set(['create']), gvk: own('DeploymentRollback') });
  if (today.resource === 'networkpolicies' || today.resource === 'csidrivers') subresources.delete('status');
  return subresources;
}

/** The resources of older versions, described by what today's resources of the same name are. */
export function olderResources(today: readonly Resource[]): Resource[] {
  const found: Resource[] = [];
  for (const [group, versions] of Object.entries(older)) {
    for (const { version, resources, home = group } of versions) {
      for (const name of resources.split(' ')) {
        const like = today.find((one) => one.group === home && one.resource === name)!;
        found.push({ ...like, group, version, ...(home !== group && { home }), subresources: olderSubresources(group, version, like) });
      }
    }
  }
  // Upstream dropped these without a successor: they can be named, and are refused.
  for (const group of ['extensions', 'policy']) found.push({ group, version: 'v1beta1', resource: 'podsecuritypolicies', kind: 'PodSecurityPolicy', namespaced: false, verbs: new Set(['create', 'get', 'patch', 'update']), subresources: new Map() });
  found.push({ ...today.find((one) => one.group === '' && one.resource === 'podtemplates')!, group: 'settings.k8s.io', version: 'v1alpha1', resource: 'podpresets', kind: 'PodPreset', subresources: new Map() });
  return found;
}

const plain = { tag: '', flags: '', mergeKey: '', mapKeys: '' };
const typeFields: readonly Field[] = [{ name: 'apiVersion', type: 's', ...plain }, { name: 'kind', type: 's', ...plain }];
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const core = 'io.k8s.api.core.v1';

/** PodPreset is in none of upstream's documents that are left: these are its fields and numbers. */
const podPreset: readonly Definition[] = [
  {
    name: 'io.k8s.api.settings.v1alpha1.PodPreset', kinds: [{ group: 'settings.k8s.io', version: 'v1alpha1', kind: 'PodPreset' }], mapType: '',
    fields: [...typeFields, { name: 'metadata', type: `@${meta}.ObjectMeta`, ...plain, tag: '1' }, { name: 'spec', type: '@io.k8s.api.settings.v1alpha1.PodPresetSpec', ...plain, tag: '2' }],
  },
  {
    name: 'io.k8s.api.settings.v1alpha1.PodPresetList', kinds: [{ group: 'settings.k8s.io', version: 'v1alpha1', kind: 'PodPresetList' }], mapType: '',
    fields: [...typeFields, { name: 'items', type: '[@io.k8s.api.settings.v1alpha1.PodPreset', ...plain, tag: '2', flags: 'r' }, { name: 'metadata', type: `@${meta}.ListMeta`, ...plain, tag: '1' }],
  },
  {
    name: 'io.k8s.api.settings.v1alpha1.PodPresetSpec', kinds: [], mapType: '',
    fields: [
      { name: 'env', type: `[@${core}.EnvVar`, ...plain, tag: '2' },
      { name: 'envFrom', type: `[@${core}.EnvFromSource`, ...plain, tag: '3' },
      { name: 'selector', type: `@${meta}.LabelSelector`, ...plain, tag: '1' },
      { name: 'volumeMounts', type: `[@${core}.VolumeMount`, ...plain, tag: '5' },
      { name: 'volumes', type: `[@${core}.Volume`, ...plain, tag: '4' },
    ],
  },
];

/** The policy kinds of PodSecurityPolicy are refused whatever they say: one open object will do. */
const podSecurityPolicies: readonly Definition[] = ['extensions', 'policy'].map((group) => ({
  name: `io.k8s.api.${group}.v1beta1.PodSecurityPolicy`, kinds: [{ group, version: 'v1beta1', kind: 'PodSecurityPolicy' }], mapType: '',
  fields: [...typeFields, { name: 'metadata', type: `@${meta}.ObjectMeta`, ...plain }, { name: 'spec', type: 'a', ...plain }],
}));

function flagsOf(property: string, value: Schema, required: readonly string[] | undefined): Pick<Field, 'flags' | 'mergeKey' | 'mapKeys'> {
  const flags = [
    required?.includes(property) === true ? 'r' : '',
    ...(value['x-kubernetes-patch-strategy']?.split(',') ?? []).map((strategy) => ({ merge: 'm', replace: 'p', retainKeys: 'k' })[strategy]!),
    { atomic: 'A', set: 'S', map: 'L', none: '' }[value['x-kubernetes-list-type'] ?? 'none']!,
    { granular: 'g', atomic: 'c', none: '' }[value['x-kubernetes-map-type'] ?? 'none']!,
  ].join('');
  return { flags, mergeKey: value['x-kubernetes-patch-merge-key'] ?? '', mapKeys: (value['x-kubernetes-list-map-keys'] ?? []).join('+') };
}

/** Today's type of the same name, from which an old type that no document describes takes its patch and list rules. */
function namesake(definitions: ReadonlyMap<string, Definition>, name: string): Definition | undefined {
  const [, group = '', kind = ''] = /^io\.k8s\.api\.(\w+)\.v\w+\.(\w+)$/.exec(name) ?? [];
  const homes = group === 'extensions' ? ['apps.v1', 'networking.v1', 'autoscaling.v1'] : [`${group}.v1`, `${group}.v2`];
  return homes.map((home) => definitions.get(`io.k8s.api.${home}.${kind}`)).find((found) => found !== undefined);
}

/** Makes `definitions` (from the protobuf descriptors) whole: what v1.20's document says of them, and types that only it has. */
export function addOlderTypes(definitions: Map<string, Definition>, swagger: Swagger, today: { readonly typeOf: (schema: Schema) => string; readonly scalars: Readonly<Record<string, string>> }): void {
  for (const definition of [...podPreset, ...podSecurityPolicies]) definitions.set(definition.name, definition);
  const wanted = /^io\.k8s\.(?:api\.(?!core\.|apiserverinternal\.|authentication\.|authorization\.)\w+\.v\w*(?:alpha|beta)\w*|apiextensions-apiserver\.pkg\.apis\.apiextensions\.v1beta1)\./;
  for (const [name, schema] of Object.entries(swagger.definitions)) {
    if (!wanted.test(name) || today.scalars[name] !== undefined || /PodSecurityPolicy|flowcontrol/.test(name)) continue;
    const known = definitions.get(name);
    if (known === undefined) {
      // The versions of autoscaling whose descriptors are gone: they have no binary form here.
      if (!/autoscaling/.test(name)) continue;
      const fields = Object.entries(schema.properties ?? {}).map(([property, value]): Field => ({ name: property, type: today.typeOf(value), tag: '', ...flagsOf(property, value, schema.required) }));
      definitions.set(name, { name, kinds: schema['x-kubernetes-group-version-kind'] ?? [], mapType: '', fields });
      continue;
    }
    for (const field of known.fields) {
      const value = schema.properties?.[field.name];
      if (value !== undefined && field.flags === '') Object.assign(field, flagsOf(field.name, value, schema.required));
    }
  }
  for (const definition of definitions.values()) {
    if (!wanted.test(definition.name) || definition.name in swagger.definitions) continue;
    const like = namesake(definitions, definition.name);
    for (const field of definition.fields) {
      const same = like?.fields.find((one) => one.name === field.name);
      if (same === undefined || field.flags !== '') continue;
      // Old versions took a missing selector for the template's labels.
      const flags = field.name === 'selector' ? same.flags.replace('r', '') : same.flags;
      Object.assign(field, { flags, mergeKey: same.mergeKey, mapKeys: same.mapKeys });
    }
  }
}
