/** Custom resources as the scenarios make them. */
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { customresourcedefinitions } from '../../src/api/resources.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, JSONSchemaProps } from '../../src/api/types/apiextensions/v1.ts';
import type { World } from './world.ts';
import { found } from './world.ts';

export type Custom = KubeObject & Record<string, unknown>;

/** A version that is served and, as the first, stored. */
export const version = (name: string, openAPIV3Schema: JSONSchemaProps, more: Partial<CustomResourceDefinitionVersion> = {}): CustomResourceDefinitionVersion => ({ name, served: true, storage: true, schema: { openAPIV3Schema }, ...more });

export const openSchema: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** The schema of the e2e tests that publish one. */
export const schemaFoo: JSONSchemaProps = {
  type: 'object', description: 'Foo CRD for Testing',
  properties: {
    spec: {
      type: 'object', description: 'Specification of Foo',
      properties: {
        bars: {
          type: 'array', description: 'List of Bars and their specs.',
          items: { type: 'object', required: ['name'], properties: { name: { type: 'string', description: 'Name of Bar.' }, age: { type: 'string', description: 'Age of Bar.' }, feeling: { type: 'string', description: 'Whether Bar is feeling great.', enum: ['Great', 'Down'] }, bazs: { type: 'array', description: 'List of Bazs.', items: { type: 'string' } } } },
        },
      },
    },
    status: { type: 'object', description: 'Status of Foo', properties: { bars: { type: 'array', description: 'List of Bars and their statuses.', items: { type: 'object', properties: { name: { type: 'string' }, available: { type: 'boolean' }, quxType: { type: 'string' } } } } } },
  },
};

/** A definition called `PLURAL.GROUP`. */
export function definitionOf(group: string, kind: string, spec: Partial<CustomResourceDefinitionSpec> & Pick<CustomResourceDefinitionSpec, 'versions'>): CustomResourceDefinition {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Cluster', names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` }, ...spec },
  };
}

/** How clients name one version of what a definition defines. */
export function typeOf({ spec }: CustomResourceDefinition, name = spec.versions[0]!.name): ResourceType<Custom> {
  return { group: spec.group, version: name, resource: spec.names.plural, kind: spec.names.kind, namespaced: spec.scope === 'Namespaced' };
}

/** Creates a definition and waits until it is established, and in discovery. */
export async function defineIn(world: World, definition: CustomResourceDefinition): Promise<CustomResourceDefinition> {
  const { name = '' } = definition.metadata;
  await world.client.create(customresourcedefinitions, definition);
  return world.until(`${name} to be established`, async () => {
    const now = await world.client.get(customresourcedefinitions, { name });
    return now.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true ? now : undefined;
  });
}

/** Deletes a definition and waits until nothing is left of it. */
export async function undefineIn(world: World, { metadata: { name = '' } }: CustomResourceDefinition): Promise<void> {
  await world.client.delete(customresourcedefinitions, { name });
  await world.until(`${name} to be gone`, async () => (await found(world.client.get(customresourcedefinitions, { name }))) === undefined);
}

/** An object of the type. */
export const customOf = (type: ResourceType<Custom>, name: string, more: Record<string, unknown> = {}): Custom => ({ apiVersion: `${type.group}/${type.version}`, kind: type.kind, ...more, metadata: { ...(more['metadata'] as object | undefined), name } });
