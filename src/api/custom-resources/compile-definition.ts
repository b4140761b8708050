import type { ResourceDefinition } from '../groups/definition.ts';
import type { Loose } from '../meta/loose.ts';
import type { KubeObject } from '../meta/object.ts';
import { formatFieldError } from '../field-error.ts';
import { undecodableError } from '../codec/strict.ts';
import type { ObjectSchema, ResourceSchema, SubresourceSchema } from '../schema/schema.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionVersion } from '../types/apiextensions/v1.ts';
import type { CompiledDefinition, CompiledVersion, PruneOptions } from './compiled.ts';
import { applyDefaults } from './defaults.ts';
import { coerceEmbedded } from './embedded.ts';
import { objectSchemaOf } from './object-schema.ts';
import { loadPatterns } from './pattern-loader.ts';
import { printerColumns } from './printer-columns.ts';
import { pruneObject } from './prune.ts';
import { rulesOfVersion } from './resource-rules.ts';
import type { RulesTimer } from './measured-rules.ts';
import { measuredRules } from './measured-rules.ts';
import { fieldsOfPath, scaleAccess } from './scale-rules.ts';
import { factsOf } from './schema-facts.ts';
import { SchemaNode } from './schema-node.ts';
import { selectableFieldsOf } from './selectable-fields.ts';
import { deprecationOf, inOrder } from './version-order.ts';

type Version = Loose<CustomResourceDefinitionVersion>;

/** What all versions share. */
interface Context {
  readonly group: string;
  readonly names: Loose<CustomResourceDefinitionNames>;
  readonly namespaced: boolean;
  readonly preservesAll: boolean;
  readonly versions: readonly Version[];
  readonly storageVersionHash: string;
}

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];

/** What discovery calls the stored form: the start of a hash over its group, version and kind. */
async function hashOf(group: string, version: string, kind: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${group}/${version}/${kind}`));
  return btoa(String.fromCharCode(...new Uint8Array(digest, 0, 8)));
}

function subresourcesOf({ group, names }: Context, { name = '', subresources }: Version): SubresourceSchema[] {
  const found: SubresourceSchema[] = [];
  if (subresources?.status !== undefined) found.push({ name: 'status', verbs: subresourceVerbs, group, version: name, kind: names.kind ?? '' });
  if (subresources?.scale !== undefined) found.push({ name: 'scale', verbs: subresourceVerbs, group: 'autoscaling', version: 'v1', kind: 'Scale' });
  return found;
}

function resourceOf(context: Context, version: Version, root: SchemaNode): ResourceSchema {
  const { group, names, namespaced, storageVersionHash } = context;
  const { name = '' } = version;
  const { plural = '', singular = '', kind = '', shortNames = [], categories = [] } = names;
  let schema: ObjectSchema | undefined;
  return {
    group, version: name, resource: plural, singular, kind, namespaced, shortNames, categories, verbs, storageVersionHash,
    subresources: subresourcesOf(context, version),
    get schema(): ObjectSchema { return (schema ??= objectSchemaOf(`${kind}.${name}.${group}`, root, context.preservesAll)); },
  };
}

async function compileVersion(context: Context, version: Version, timer: RulesTimer | undefined): Promise<CompiledVersion> {
  const { name = '', served = false, storage = false, subresources } = version;
  const schema = version.schema?.openAPIV3Schema;
  // What is not described is kept.
  const root = new SchemaNode(schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  const facts = factsOf(schema);
  if (facts.patterns) await loadPatterns();
  const cel = facts.rules ? await measuredRules(root, timer) : undefined;
  const scale = subresources?.scale;
  const resource = resourceOf(context, version, root);
  const deprecation = deprecationOf(version, { group: context.group, kind: context.names.kind ?? '', versions: context.versions });
  const selectable = selectableFieldsOf(version.selectableFields ?? []);
  const definition: ResourceDefinition<KubeObject> = {
    type: { group: resource.group, version: name, resource: resource.resource, kind: resource.kind, namespaced: resource.namespaced },
    ...(facts.defaulted.length > 0 && { applyDefaults: (object: KubeObject) => applyDefaults(object, root) }),
    ...rulesOfVersion({ root, facts, status: subresources?.status !== undefined, scale, cel }),
    columns: printerColumns(version.additionalPrinterColumns),
    ...(selectable !== undefined && { selectableFields: selectable }),
    ...(scale !== undefined && { scale: scaleAccess(scale) }),
  };
  const { kind } = resource;
  return {
    name, served, storage, resource, definition,
    openApiSchema: schema,
    ...(deprecation !== undefined && { deprecation }),
    ...(scale !== undefined && { replicasPath: fieldsOfPath(scale.specReplicasPath ?? '').map((field) => `f:${field}`) }),
    prune(object: KubeObject, options: PruneOptions = {}) {
      const unknown = context.preservesAll ? [] : pruneObject(object, root);
      if (!facts.embedded) return unknown;
      const coerced = coerceEmbedded(object, root, { dropInvalid: options.dropInvalid === true });
      if (coerced.error !== undefined) throw undecodableError({ version: name, kind }, kind, formatFieldError(coerced.error));
      return [...unknown, ...coerced.unknown];
    },
  };
}

/**
 * Makes a CustomResourceDefinition ready to be served, under the names that were accepted, or else those that it asks
 * for. Asynchronous because the languages of patterns and of rules are loaded when a schema first needs them. Throws for
 * a definition that validation would refuse. `timer` is told what rules in CEL take, if any.
 */
export async function compileDefinition(crd: CustomResourceDefinition, timer?: RulesTimer): Promise<CompiledDefinition> {
  const { spec, status } = crd as Loose<CustomResourceDefinition>;
  const { group = '', versions = [] } = spec ?? {};
  const accepted = status?.acceptedNames;
  const names = (accepted?.plural ?? '') === '' ? (spec?.names ?? {}) : accepted!;
  const stored = versions.find(({ storage }) => storage === true);
  if (stored === undefined) throw new Error(`custom resource definition ${crd.metadata.name ?? ''} has no storage version`);
  const context: Context = {
    group, names, versions,
    namespaced: spec?.scope === 'Namespaced',
    preservesAll: spec?.preserveUnknownFields === true,
    storageVersionHash: await hashOf(group, stored.name ?? '', spec?.names?.kind ?? ''),
  };
  const compiled: CompiledVersion[] = [];
  for (const version of inOrder(versions)) compiled.push(await compileVersion(context, version, timer));
  return { versions: compiled, storage: compiled.find(({ storage }) => storage)! };
}
