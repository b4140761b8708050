/** The OpenAPI v2 (Swagger) document of everything that is served. */
import type { ResourceSchema, SchemaTable } from '../../api/schema/schema.ts';
import { groupResources } from '../discovery/documents.ts';
import type { Descriptions } from './definitions.ts';
import { DefinitionSet, patchDefinition } from './definitions.ts';
import { codeTexts, customTypes, objectTypes, patchTypes, watchTypes } from './media-types.ts';
import type { Method, Operation, PathItem } from './operations.ts';
import { discoveryPaths, resourcePaths } from './operations.ts';
import type { Parameter } from './parameters.ts';

export interface SwaggerParameter {
  readonly name: string;
  readonly in: 'body' | 'path' | 'query';
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  readonly schema?: object;
}
export interface SwaggerOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly schemes: readonly string[];
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly parameters?: readonly SwaggerParameter[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema?: object }>>;
  readonly 'x-kubernetes-action'?: string;
  readonly 'x-kubernetes-group-version-kind'?: object;
}
export type SwaggerPathItem = Readonly<Partial<Record<Method, SwaggerOperation>>> & { readonly parameters?: readonly SwaggerParameter[] };
export interface Swagger {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, SwaggerPathItem>>;
  readonly definitions: Readonly<Record<string, object>>;
  readonly securityDefinitions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface DocumentOptions {
  readonly table: SchemaTable;
  /** What `info.version` says: the version of Kubernetes. */
  readonly version: string;
  readonly descriptions?: Descriptions;
}

const printParameter = ({ name, in: place, type }: Parameter): SwaggerParameter => ({ name, in: place, ...(place === 'path' && { required: true }), type, uniqueItems: true });

function printOperation(operation: Operation, definitions: DefinitionSet): SwaggerOperation {
  const result = operation.result === 'string' ? { type: 'string' } : definitions.reference(operation.result);
  const parameters: SwaggerParameter[] = operation.parameters.map(printParameter);
  if (operation.body !== undefined) {
    const schema = operation.body.schema === 'patch' ? definitions.namedReference(patchDefinition) : definitions.reference(operation.body.schema);
    parameters.unshift({ name: 'body', in: 'body', ...(operation.body.required && { required: true }), schema });
  }
  const responses: Record<string, { description: string; schema?: object }> = {};
  for (const code of operation.codes) responses[code] = { description: codeTexts[code]!, schema: result };
  responses['401'] = { description: codeTexts[401]! };
  const connects = operation.action === 'connect';
  return {
    operationId: operation.id,
    tags: [operation.tag],
    schemes: ['https'],
    consumes: operation.method === 'patch' && !connects ? patchTypes(operation.strategic) : operation.custom === true ? customTypes : ['*/*'],
    produces: operation.custom === true ? customTypes : connects ? ['*/*'] : operation.result === 'string' ? ['text/plain', ...objectTypes] : operation.watchable ? [...objectTypes, ...watchTypes] : objectTypes,
    ...(parameters.length > 0 && { parameters }),
    responses,
    ...(operation.action !== undefined && { 'x-kubernetes-action': operation.action }),
    ...(operation.gvk !== undefined && { 'x-kubernetes-group-version-kind': operation.gvk }),
  };
}

export function swaggerDocument(resources: readonly ResourceSchema[], options: DocumentOptions): Swagger {
  const definitions = new DefinitionSet('v2', options.descriptions);
  const items: PathItem[] = [...discoveryPaths(groupResources(resources.filter(({ openApi }) => openApi === undefined)), options.table), ...resources.flatMap((resource) => resourcePaths(resource, options.table))];
  const paths: Record<string, SwaggerPathItem> = {};
  for (const item of items.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    paths[item.path] = {
      ...Object.fromEntries(item.operations.map((operation) => [operation.method, printOperation(operation, definitions)])),
      ...(item.parameters.length > 0 && { parameters: item.parameters.map(printParameter) }),
    };
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: options.version },
    paths,
    definitions: definitions.print(),
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' } },
    security: [{ BearerToken: [] }],
  };
}
