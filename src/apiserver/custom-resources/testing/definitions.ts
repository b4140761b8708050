import type { CustomResourceDefinition, CustomResourceDefinitionVersion, CustomResourceValidation, JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts';
import type { TestServer } from '../../testing/server.ts';

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A schema whose `spec` and `status` have these properties. */
export const schemaOf = (spec: Record<string, JSONSchemaProps>, status: Record<string, JSONSchemaProps> = {}): CustomResourceValidation => ({
  openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: spec }, status: { type: 'object', properties: status } } },
});

export const versionOf = (name: string, more: Partial<CustomResourceDefinitionVersion> = {}): CustomResourceDefinitionVersion => ({ name, served: true, storage: name === 'v1', schema: schemaOf({ color: { type: 'string' } }), ...more });

/** `widgets.example.com`, namespaced, in `v1` unless told otherwise. */
export function widgets(versions: readonly CustomResourceDefinitionVersion[] = [versionOf('v1')], more: Partial<CustomResourceDefinition['spec']> = {}): CustomResourceDefinition {
  const group = more.group ?? 'example.com';
  const names = { plural: 'widgets', kind: 'Widget', ...more.names };
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${names.plural}.${group}` },
    spec: { group, scope: 'Namespaced', ...more, names, versions: [...versions] },
  };
}

/** Creates a definition and lets it be served. */
export async function define(server: TestServer, definition: CustomResourceDefinition): Promise<void> {
  await server.create(definitionsPath, definition);
  await server.clock.settle();
}

export const widget = (name: string, spec: object, more: { readonly version?: string; readonly metadata?: object } = {}): object => ({ apiVersion: `example.com/${more.version ?? 'v1'}`, kind: 'Widget', metadata: { name, ...more.metadata }, spec });
