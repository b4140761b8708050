/**
 * The OpenAPI v2 document in the protobuf form of gnostic (openapiv2/OpenAPIv2.proto), which clients before v1.27 read.
 * Only what our documents contain is written. Fields come in descending order: the writer works backwards.
 */
import { BackwardWriter } from '../../api/codec/wire.ts';
import type { Method } from './operations.ts';
import type { Swagger, SwaggerOperation, SwaggerParameter, SwaggerPathItem } from './v2.ts';

/** A schema of the v2 document, as definitions.ts prints it. */
interface PrintedSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly multipleOf?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: PrintedSchema;
  readonly additionalProperties?: PrintedSchema | boolean;
  readonly properties?: Readonly<Record<string, PrintedSchema>>;
  readonly externalDocs?: { readonly description?: string; readonly url?: string };
  readonly example?: unknown;
}

const pathMethods: readonly (readonly [Method, number])[] = [['patch', 8], ['head', 7], ['options', 6], ['delete', 5], ['post', 4], ['put', 3], ['get', 2]];

/** The bytes of an `openapi.v2.Document`. */
export function encodeSwagger(document: Swagger): Uint8Array<ArrayBuffer> {
  const out = new BackwardWriter(1 << 20);
  const writer = new DocumentWriter(out);
  for (const [name, scheme] of Object.entries(document.securityDefinitions).reverse()) out.messageField(13, () => { writer.securityDefinition(name, scheme); });
  for (const requirement of [...document.security].reverse()) out.messageField(12, () => { writer.securityRequirement(requirement); });
  out.messageField(9, () => { writer.namedSchemas(document.definitions as Record<string, PrintedSchema>); });
  out.messageField(8, () => {
    for (const [path, item] of Object.entries(document.paths).reverse()) writer.named(2, path, () => { writer.pathItem(item); });
  });
  out.messageField(2, () => {
    out.stringField(2, document.info.version);
    out.stringField(1, document.info.title);
  });
  out.stringField(1, document.swagger);
  return out.finish();
}

class DocumentWriter {
  readonly #out: BackwardWriter;

  constructor(out: BackwardWriter) {
    this.#out = out;
  }

  /** The pair that stands for one entry of a map. */
  named(field: number, name: string, value: () => void): void {
    this.#out.messageField(field, () => {
      this.#out.messageField(2, value);
      this.#out.stringField(1, name);
    });
  }

  #strings(field: number, values: readonly string[] | undefined): void {
    for (const value of [...(values ?? [])].reverse()) this.#out.stringField(field, value);
  }

  /** Every `x-…` key, as YAML text; JSON is YAML. */
  #extensions(field: number, holder: object): void {
    for (const [name, value] of Object.entries(holder).reverse()) {
      if (name.startsWith('x-')) this.named(field, name, () => { this.#out.stringField(2, JSON.stringify(value)); });
    }
  }

  namedSchemas(schemas: Readonly<Record<string, PrintedSchema>>): void {
    for (const [name, schema] of Object.entries(schemas).reverse()) this.named(1, name, () => { this.#schema(schema); });
  }

  #schema(schema: PrintedSchema): void {
    const out = this.#out;
    this.#extensions(31, schema);
    const { properties, items, additionalProperties, type, externalDocs, example } = schema;
    if (example !== undefined) this.#any(30, example);
    if (externalDocs !== undefined) out.messageField(29, () => {
      if (externalDocs.url !== undefined) out.stringField(2, externalDocs.url);
      if (externalDocs.description !== undefined) out.stringField(1, externalDocs.description);
    });
    if (properties !== undefined) out.messageField(25, () => { this.namedSchemas(properties); });
    if (items !== undefined) out.messageField(23, () => { out.messageField(1, () => { this.#schema(items); }); });
    if (type !== undefined) out.messageField(22, () => { out.stringField(1, type); });
    if (typeof additionalProperties === 'boolean') out.messageField(21, () => { out.boolField(2, additionalProperties); });
    else if (additionalProperties !== undefined) out.messageField(21, () => { out.messageField(1, () => { this.#schema(additionalProperties); }); });
    for (const value of [...(schema.enum ?? [])].reverse()) this.#any(20, value);
    this.#strings(19, schema.required);
    this.#rules(schema);
    if (schema.default !== undefined) this.#any(5, schema.default);
    if (schema.description !== undefined) out.stringField(4, schema.description);
    if (schema.title !== undefined) out.stringField(3, schema.title);
    if (schema.format !== undefined) out.stringField(2, schema.format);
    if (schema.$ref !== undefined) out.stringField(1, schema.$ref);
  }

  /** A value of any type, as YAML text. */
  #any(field: number, value: unknown): void {
    this.#out.messageField(field, () => { this.#out.stringField(2, JSON.stringify(value)); });
  }

  /** What values must be. Zeros are not written, as in any proto3. */
  #rules(schema: PrintedSchema): void {
    const out = this.#out;
    for (const [field, value] of [[18, schema.minProperties], [17, schema.maxProperties]] as const) if (value !== undefined && value !== 0) out.integerField(field, value);
    if (schema.uniqueItems === true) out.boolField(16, true);
    for (const [field, value] of [[15, schema.minItems], [14, schema.maxItems]] as const) if (value !== undefined && value !== 0) out.integerField(field, value);
    if ((schema.pattern ?? '') !== '') out.stringField(13, schema.pattern!);
    for (const [field, value] of [[12, schema.minLength], [11, schema.maxLength]] as const) if (value !== undefined && value !== 0) out.integerField(field, value);
    if (schema.exclusiveMinimum === true) out.boolField(10, true);
    if ((schema.minimum ?? 0) !== 0) out.doubleField(9, schema.minimum!);
    if (schema.exclusiveMaximum === true) out.boolField(8, true);
    for (const [field, value] of [[7, schema.maximum], [6, schema.multipleOf]] as const) if (value !== undefined && value !== 0) out.doubleField(field, value);
  }

  pathItem(item: SwaggerPathItem): void {
    this.#parameters(9, item.parameters);
    for (const [method, field] of pathMethods) {
      const operation = item[method];
      if (operation !== undefined) this.#out.messageField(field, () => { this.#operation(operation); });
    }
  }

  #operation(operation: SwaggerOperation): void {
    this.#extensions(13, operation);
    this.#strings(10, operation.schemes);
    this.#out.messageField(9, () => {
      for (const [code, response] of Object.entries(operation.responses).reverse()) {
        this.named(1, code, () => { this.#out.messageField(1, () => { this.#response(response); }); });
      }
    });
    this.#parameters(8, operation.parameters);
    this.#strings(7, operation.consumes);
    this.#strings(6, operation.produces);
    this.#out.stringField(5, operation.operationId);
    this.#strings(1, operation.tags);
  }

  #response(response: { readonly description: string; readonly schema?: object }): void {
    const { schema } = response;
    if (schema !== undefined) this.#out.messageField(2, () => { this.#out.messageField(1, () => { this.#schema(schema); }); });
    this.#out.stringField(1, response.description);
  }

  #parameters(field: number, parameters: readonly SwaggerParameter[] | undefined): void {
    // ParametersItem { Parameter { BodyParameter = 1 | NonBodyParameter { query = 3 | path = 4 } = 2 } = 1 }.
    for (const parameter of [...(parameters ?? [])].reverse()) {
      this.#out.messageField(field, () => {
        this.#out.messageField(1, () => {
          if (parameter.in === 'body') this.#out.messageField(1, () => { this.#bodyParameter(parameter); });
          else this.#out.messageField(2, () => { this.#out.messageField(parameter.in === 'query' ? 3 : 4, () => { this.#plainParameter(parameter); }); });
        });
      });
    }
  }

  #bodyParameter(parameter: SwaggerParameter): void {
    const { schema } = parameter;
    if (schema !== undefined) this.#out.messageField(5, () => { this.#schema(schema); });
    if (parameter.required === true) this.#out.boolField(4, true);
    this.#out.stringField(3, parameter.in);
    this.#out.stringField(2, parameter.name);
  }

  #plainParameter(parameter: SwaggerParameter): void {
    const inQuery = parameter.in === 'query';
    if (parameter.uniqueItems === true) this.#out.boolField(inQuery ? 20 : 19, true);
    if (parameter.type !== undefined) this.#out.stringField(inQuery ? 6 : 5, parameter.type);
    this.#out.stringField(4, parameter.name);
    this.#out.stringField(2, parameter.in);
    if (parameter.required === true) this.#out.boolField(1, true);
  }

  securityDefinition(name: string, scheme: Readonly<Record<string, string>>): void {
    this.named(1, name, () => {
      this.#out.messageField(2, () => {
        for (const [key, field] of [['description', 4], ['in', 3], ['name', 2], ['type', 1]] as const) {
          const value = scheme[key];
          if (value !== undefined) this.#out.stringField(field, value);
        }
      });
    });
  }

  securityRequirement(requirement: Readonly<Record<string, readonly string[]>>): void {
    for (const [name, scopes] of Object.entries(requirement).reverse()) this.named(1, name, () => { this.#strings(1, scopes); });
  }
}
