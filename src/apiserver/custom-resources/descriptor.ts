import type { ObjectSchema, ResourceSchema, SubresourceSchema } from '../../api/schema/schema.ts';
import { sha256 } from '../../base/sha256.ts';
import type { DefinitionFacts, VersionFacts } from './facts.ts';

const allVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const verbsWhileTerminating = ['delete', 'deletecollection', 'get', 'list', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];

/** Upstream's name of a stored form: the beginning of a hash over what it is. */
function storageVersionHash({ group, storageVersion, names }: DefinitionFacts): string {
  const digest = sha256(new TextEncoder().encode(`${group}/${storageVersion}/${names.kind}`));
  return btoa(String.fromCharCode(...digest.subarray(0, 8)));
}

/** What is known of one version before its schema is compiled: all that discovery, routing and authorization ask for. */
export function describeVersion(facts: DefinitionFacts, version: VersionFacts, schemaOf: () => ObjectSchema): ResourceSchema {
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
  };
}
