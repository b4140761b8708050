import { ApiError, isReason } from '../../api/status.ts';
import type { Connection } from '../connection/connection.ts';
import type { ApiGroup, ApiResource, Discovery } from './resource.ts';

const aggregated = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`).join(',');

interface AggregatedList {
  readonly kind?: string;
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly freshness?: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind?: string; readonly group?: string; readonly version?: string };
        readonly scope?: string;
        readonly singularResource?: string;
        readonly verbs?: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly singularName?: string; readonly namespaced?: boolean; readonly kind: string; readonly verbs?: readonly string[]; readonly shortNames?: readonly string[]; readonly categories?: readonly string[] }[];
}

interface GroupList {
  readonly versions?: readonly string[];
  readonly groups?: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[]; readonly preferredVersion?: { readonly version: string } }[];
}

function readAggregated({ items = [] }: AggregatedList): Discovery {
  const groups: ApiGroup[] = [];
  const resources: ApiResource[] = [];
  const failed: { groupVersion: string; message: string }[] = [];
  for (const { metadata, versions = [] } of items) {
    const group = metadata?.name ?? '';
    groups.push({ name: group, versions: versions.map(({ version }) => version) });
    for (const { version, freshness, resources: served = [] } of versions) {
      if (freshness === 'Stale') failed.push({ groupVersion: group === '' ? version : `${group}/${version}`, message: `stale GroupVersion discovery: ${group === '' ? version : `${group}/${version}`}` });
      for (const one of served) {
        resources.push({
          group, version, resource: one.resource, kind: one.responseKind?.kind ?? '',
          singular: one.singularResource === undefined || one.singularResource === '' ? (one.responseKind?.kind ?? '').toLowerCase() : one.singularResource,
          namespaced: one.scope === 'Namespaced', shortNames: one.shortNames ?? [], categories: one.categories ?? [], verbs: one.verbs ?? [],
          subresources: (one.subresources ?? []).map(({ subresource }) => subresource),
        });
      }
    }
  }
  return { groups, resources, failed };
}

function readResources(group: string, version: string, { resources = [] }: ResourceList): ApiResource[] {
  const below = new Map<string, string[]>();
  for (const { name } of resources) {
    const [parent, ...rest] = name.split('/');
    if (rest.length > 0) below.set(parent!, [...(below.get(parent!) ?? []), rest.join('/')]);
  }
  return resources.filter(({ name }) => !name.includes('/')).map((one) => ({
    group, version, resource: one.name, kind: one.kind,
    singular: one.singularName === undefined || one.singularName === '' ? one.kind.toLowerCase() : one.singularName,
    namespaced: one.namespaced === true, shortNames: one.shortNames ?? [], categories: one.categories ?? [], verbs: one.verbs ?? [],
    subresources: below.get(one.name) ?? [],
  }));
}

/** Servers before 1.26: a request for the groups, and one for each version. */
async function fetchOneByOne(connection: Connection): Promise<Discovery> {
  const [core, named] = await Promise.all([connection.json<GroupList>({ method: 'GET', path: '/api' }), connection.json<GroupList>({ method: 'GET', path: '/apis' })]);
  const groups: ApiGroup[] = [{ name: '', versions: core.versions ?? [] }];
  for (const { name, versions, preferredVersion } of named.groups ?? []) {
    const all = versions.map(({ version }) => version);
    groups.push({ name, versions: preferredVersion === undefined ? all : [preferredVersion.version, ...all.filter((version) => version !== preferredVersion.version)] });
  }
  const failed: { groupVersion: string; message: string }[] = [];
  const lists = await Promise.all(groups.flatMap(({ name, versions }) => versions.map(async (version) => {
    const path = name === '' ? `/api/${version}` : `/apis/${name}/${version}`;
    try {
      return readResources(name, version, await connection.json<ResourceList>({ method: 'GET', path }));
    } catch (error) {
      failed.push({ groupVersion: name === '' ? version : `${name}/${version}`, message: (error as Error).message });
      return [];
    }
  })));
  return { groups, resources: lists.flat(), failed };
}

/** Asks the server what it has: two requests where it knows aggregated discovery, else one for each version. */
export async function fetchDiscovery(connection: Connection): Promise<Discovery> {
  const ask = async (path: string): Promise<AggregatedList> => {
    try {
      return await connection.json<AggregatedList>({ method: 'GET', path, accept: `${aggregated},application/json` });
    } catch (error) {
      // As upstream: a server may have nothing but groups.
      if (path === '/api' && (isReason(error, 'NotFound') || isReason(error, 'Forbidden'))) return { kind: 'APIGroupDiscoveryList' };
      // Whoever has no names yet has no Status either: a login that is over is told in other words here than later.
      if (isReason(error, 'Unauthorized')) throw new ApiError('Unauthorized', 'the server has asked for the client to provide credentials', { code: 401 });
      throw error;
    }
  };
  const [core, named] = await Promise.all([ask('/api'), ask('/apis')]);
  if (core.kind !== 'APIGroupDiscoveryList' || named.kind !== 'APIGroupDiscoveryList') return fetchOneByOne(connection);
  const [first, second] = [readAggregated(core), readAggregated(named)];
  return { groups: [...first.groups, ...second.groups], resources: [...first.resources, ...second.resources], failed: [...first.failed, ...second.failed] };
}
