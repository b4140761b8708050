import type { ObjectSchema, ResourceSchema, SubresourceSchema } from '../../api/schema/schema.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import { sha256 } from '../../base/sha256.ts';
import type { CustomKind } from '../openapi/custom-schema.ts';
import { customListSchema, customSchema } from '../openapi/custom-schema.ts';
import type { DefinitionFacts, VersionFacts } from './facts.ts';

const allVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const verbsWhileTerminating = ['delete', 'deletecollection', 'get', 'list', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];

/** Upstream's name of a stored form: the beginning of a hash over what it is. */
function storageVersionHash({ group, storageVersion, names }: DefinitionFacts): string {
  const digest = sha256(new TextEncoder().encode(`${group}/${storageVersion}/${names.kind}`));
  return btoa(String.fromCharCode(...digest.subarray(0, 8)));
}

/** Where more is known of a version than its names: asked when somebody wants it. */
export interface DescribedBy {
  /** Throws before the definition is compiled. */
  readonly schemaOf: () => ObjectSchema;
  readonly definition: () => CustomResourceDefinition | undefined;
}

/** How OpenAPI describes the version. */
function openApiOf(facts: DefinitionFacts, name: string, definition: DescribedBy['definition']): NonNullable<ResourceSchema['openApi']> {
  const { group, names, uid, generation } = facts;
  const kind: CustomKind = {
    group, version: name, kind: names.kind, listKind: names.listKind ?? `${names.kind}List`, plural: names.plural, stamp: `${uid} ${generation} ${JSON.stringify(names)}`,
    schema() {
      const current = definition()?.spec;
      const version = current?.versions.find((one) => one.name === name);
      return { openApi: version?.schema?.openAPIV3Schema, preserveUnknownFields: current?.preserveUnknownFields === true, selectableFields: (version?.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')) };
    },
  };
  return { object: customSchema(kind), list: customListSchema(kind) };
}

/** What is known of one version before its schema is compiled: all that discovery, routing and authorization ask for. */
export function describeVersion(facts: DefinitionFacts, version: VersionFacts, { schemaOf, definition }: DescribedBy): ResourceSchema {
  const { group, names } = facts;
  const own = { group, version: version.name, kind: names.kind };
  const subresources: SubresourceSchema[] = [
    ...(version.status ? [{ name: 'status', verbs: subresourceVerbs, ...own }] : []),
    ...(version.scale !== undefined ? [{ name: 'scale', verbs: subresourceVerbs, group: 'autoscaling', version: 'v1', kind: 'Scale' }] : []),
  ];
  return {
    ...own,
    resource: names.plural,
    singular: names.singular ?? '',
    ...(names.listKind !== undefined && { listKind: names.listKind }),
    namespaced: facts.namespaced,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: facts.terminating ? verbsWhileTerminating : allVerbs,
    subresources,
    storageVersionHash: storageVersionHash(facts),
    get schema(): ObjectSchema { return schemaOf(); },
    openApi: openApiOf(facts, version.name, definition),
  };
}
