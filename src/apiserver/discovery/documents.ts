/**
 * The documents of API discovery, made from the list of served resources: pure, and in upstream's field order.
 * Groups come in the order in which the resources name them first, versions likewise; the core group is the empty one.
 */
import { compareVersions } from '../../api/custom-resources/version-order.ts';
import type { ResourceSchema, SubresourceSchema } from '../../api/schema/schema.ts';
import type { ForeignApis, ForeignVersion } from '../aggregation/foreign-apis.ts';

/** `foreign`: served by another server, which says itself what there is. */
interface ServedVersion { readonly version: string; readonly resources: readonly ResourceSchema[]; readonly foreign?: ForeignVersion }
export interface ServedGroup { readonly group: string; readonly versions: readonly ServedVersion[] }

/** Resources by group and version; inside a version they are sorted by name, as upstream installs them. */
export function groupResources(resources: readonly ResourceSchema[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, ResourceSchema[]>>();
  for (const resource of resources) {
    let versions = groups.get(resource.group);
    if (versions === undefined) groups.set(resource.group, (versions = new Map()));
    const list = versions.get(resource.version);
    if (list === undefined) versions.set(resource.version, [resource]);
    else list.push(resource);
  }
  const byName = (a: ResourceSchema, b: ResourceSchema): number => (a.resource < b.resource ? -1 : 1);
  return [...groups].map(([group, versions]) => ({ group, versions: [...versions].map(([version, list]) => ({ version, resources: list.sort(byName) })) }));
}

/** Groups of this server with those of others, each where its priority puts it; a version that another server serves is that one's. */
export function withForeign(own: readonly ServedGroup[], foreign: ForeignApis): readonly ServedGroup[] {
  if (foreign.versions.length === 0) return own;
  const groups = new Map(own.map(({ group, versions }) => [group, [...versions]]));
  for (const one of foreign.versions) {
    const versions = groups.get(one.group) ?? [];
    groups.set(one.group, [...versions.filter(({ version }) => version !== one.version), { version: one.version, resources: [], foreign: one }]);
  }
  const priority = (group: string, { version, foreign: other }: ServedVersion): { readonly group: number; readonly version: number } => (other === undefined ? foreign.priorityOf(group, version) : { group: other.groupPriority, version: other.versionPriority });
  const merged = [...groups].map(([group, versions]) => ({
    group,
    priority: Math.max(...versions.map((one) => priority(group, one).group)),
    // Those of this server alone are in their order.
    versions: versions.some((one) => one.foreign !== undefined) ? versions.toSorted((a, b) => priority(group, b).version - priority(group, a).version || compareVersions(a.version, b.version)) : versions,
  }));
  const isForeign = (group: string): boolean => !own.some((one) => one.group === group);
  const ordered = merged.filter(({ group }) => !isForeign(group));
  for (const one of merged.filter(({ group }) => isForeign(group))) {
    const at = ordered.findIndex((other) => other.priority < one.priority || (other.priority === one.priority && other.group > one.group));
    ordered.splice(at < 0 ? ordered.length : at, 0, one);
  }
  return ordered;
}

const groupVersionOf = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);

/** /api. `serverAddress` is host and port as clients reach them. */
export function apiVersions(groups: readonly ServedGroup[], serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: groups.find((group) => group.group === '')?.versions.map((version) => version.version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function groupFields({ group, versions }: ServedGroup): object {
  const list = versions.map(({ version }) => ({ groupVersion: groupVersionOf(group, version), version }));
  return { name: group, versions: list, preferredVersion: list[0] };
}

/** /apis. */
export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter((group) => group.group !== '').map(groupFields) };
}

/** /apis/GROUP. */
export function apiGroup(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) };
}

/** /api/v1 and /apis/GROUP/VERSION. Upstream leaves out the apiVersion of the core list, and so do we. */
export function apiResourceList(group: string, { version, resources }: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: groupVersionOf(group, version),
    resources: resources.flatMap((resource) => [
      {
        name: resource.resource,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: resource.verbs,
        ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
        ...(resource.categories.length > 0 && { categories: resource.categories }),
        ...(resource.storageVersionHash !== undefined && { storageVersionHash: resource.storageVersionHash }),
      },
      ...resource.subresources.map((sub) => ({
        name: `${resource.resource}/${sub.name}`,
        singularName: '',
        namespaced: resource.namespaced,
        ...(isForeign(sub, resource) && { group: sub.group, version: sub.version }),
        kind: sub.kind,
        verbs: sub.verbs,
      })),
    ]),
  };
}

const isForeign = (sub: SubresourceSchema, parent: ResourceSchema): boolean => sub.group !== parent.group || sub.version !== parent.version;

/** Aggregated discovery: of the core group for /api, of all others for /apis. */
export function apiGroupDiscoveryList(groups: readonly ServedGroup[], apiVersion: 'v2' | 'v2beta1'): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${apiVersion}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map(({ version, resources, foreign }) => ({
        version,
        ...((foreign === undefined || foreign.resources.length > 0) && { resources: foreign?.resources ?? resources.map(resourceDiscovery) }),
        freshness: foreign?.fresh === false ? 'Stale' : 'Current',
      })),
    })),
  };
}

function resourceDiscovery(resource: ResourceSchema): object {
  return {
    resource: resource.resource,
    // Group and version are empty where they are those of the document around it.
    responseKind: { group: '', version: '', kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
    ...(resource.categories.length > 0 && { categories: resource.categories }),
    ...(resource.subresources.length > 0 && {
      subresources: resource.subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: isForeign(sub, resource) ? { group: sub.group, version: sub.version, kind: sub.kind } : { group: '', version: '', kind: sub.kind },
        verbs: sub.verbs,
      })),
    }),
  };
}
