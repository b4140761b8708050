/** The OpenAPI v3 documents: one for each group and version, and the small ones of the roots. */
import type { DocumentOptions } from './v2.ts';
import { DefinitionSet, patchDefinition } from './definitions.ts';
import { codeTexts, customTypes, objectTypes, patchTypes, watchTypes } from './media-types.ts';
import type { Operation, PathItem } from './operations.ts';
import type { Parameter } from './parameters.ts';

const printParameter = ({ name, in: place, type }: Parameter): object => ({ name, in: place, ...(place === 'path' && { required: true }), schema: { type, uniqueItems: true } });

const content = (types: readonly string[], schema: object): object => Object.fromEntries(types.map((type) => [type, { schema }]));

function printOperation(operation: Operation, definitions: DefinitionSet): object {
  const connects = operation.action === 'connect';
  const result = operation.result === 'string' ? { type: 'string' } : definitions.reference(operation.result);
  const produces = operation.custom === true ? customTypes : connects ? ['*/*'] : operation.result === 'string' ? ['text/plain', ...objectTypes] : operation.watchable ? [...objectTypes, ...watchTypes] : objectTypes;
  const responses: Record<string, object> = {};
  for (const code of operation.codes) responses[code] = { description: codeTexts[code]!, content: content(produces, result) };
  responses['401'] = { description: codeTexts[401]! };
  let requestBody: object | undefined;
  if (operation.body !== undefined) {
    const schema = operation.body.schema === 'patch' ? definitions.namedReference(patchDefinition) : definitions.reference(operation.body.schema);
    requestBody = { content: content(operation.body.schema === 'patch' ? patchTypes(operation.strategic) : operation.custom === true ? customTypes : ['*/*'], schema), ...(operation.body.required && { required: true }) };
  }
  return {
    tags: [operation.tag],
    operationId: operation.id,
    ...(operation.parameters.length > 0 && { parameters: operation.parameters.map(printParameter) }),
    ...(requestBody !== undefined && { requestBody }),
    responses,
    ...(operation.action !== undefined && { 'x-kubernetes-action': operation.action }),
    ...(operation.gvk !== undefined && { 'x-kubernetes-group-version-kind': operation.gvk }),
  };
}

/** A document of these paths and of all definitions that they refer to. */
export function openApiV3Document(items: readonly PathItem[], options: DocumentOptions): object {
  const definitions = new DefinitionSet('v3', options.descriptions);
  const paths: Record<string, object> = {};
  for (const item of [...items].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    paths[item.path] = {
      ...Object.fromEntries(item.operations.map((operation) => [operation.method, printOperation(operation, definitions)])),
      ...(item.parameters.length > 0 && { parameters: item.parameters.map(printParameter) }),
    };
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: options.version },
    paths,
    components: {
      schemas: definitions.print(),
      securitySchemes: { BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' } },
    },
    security: [{ BearerToken: [] }],
  };
}
