import { decodeYamlStream } from '../api/codec/yaml.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { customresourcedefinitions } from '../api/resources.ts';
import type { APIResourceList, Status } from '../api/types/meta/v1.ts';
import type { CustomResourceDefinition } from '../api/types/apiextensions/v1.ts';
import type { Client } from '../client/client.ts';

const fieldManager = 'coxswain-testing';

interface Target {
  readonly client: Client;
  until<T>(what: string, probe: () => T | Promise<T>): Promise<unknown>;
}

/** Applies each object, in the order in which they stand. Rejects with ApiError at the first that is refused. */
export async function applyManifests(target: Target, manifests: string | KubeObject | readonly KubeObject[], namespace: string): Promise<readonly KubeObject[]> {
  const given = typeof manifests === 'string' ? decodeYamlStream(manifests) as readonly (KubeObject | null)[] : Array.isArray(manifests) ? manifests as readonly KubeObject[] : [manifests as KubeObject];
  const applied: KubeObject[] = [];
  for (const object of given.flatMap(itemsOf)) {
    const type = await typeOf(target.client, object);
    const { name = '' } = object.metadata;
    if (name === '') throw new TypeError(`a ${type.kind} without a name cannot be applied`);
    const ref = type.namespaced ? { namespace: object.metadata.namespace ?? namespace, name } : { name };
    applied.push(await target.client.patch(type, ref, { type: 'apply', value: object }, { fieldManager, force: true }));
    if (type.kind === 'CustomResourceDefinition') await target.until(`${name} to be established`, async () => isEstablished(await target.client.get(customresourcedefinitions, { name })));
  }
  return applied;
}

function itemsOf(object: KubeObject | null): readonly KubeObject[] {
  if (object === null) return [];
  const { items } = object as { readonly items?: readonly KubeObject[] };
  return object.kind?.endsWith('List') === true && items !== undefined ? items : [object];
}

/** What discovery says of an object's kind. Throws for one that is not served. */
async function typeOf(client: Client, { apiVersion = '', kind = '' }: KubeObject): Promise<ResourceType<KubeObject>> {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources = [] } = (await client.raw('GET', path).catch((error: unknown) => { throw new TypeError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`, { cause: error }); })) as Partial<APIResourceList> & Status;
  const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (found === undefined) throw new TypeError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
  return { group, version, resource: found.name, kind, namespaced: found.namespaced };
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') === true;
}
