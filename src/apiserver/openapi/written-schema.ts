import type { ObjectSchema } from '../../api/schema/schema.ts';

/** The version of OpenAPI that a document is in. */
export type Dialect = 'v2' | 'v3';

/** What a definition that writes itself may ask of the document around it. */
export interface SchemaContext {
  readonly dialect: Dialect;
  /** Prose for a field of a built-in definition, where there is any. */
  describe(definition: string, field: string): string | undefined;
  /** A reference to a definition; a built-in one becomes part of the document. */
  reference(definition: string): { readonly $ref: string };
}

/** A definition that is not described by its fields, but writes itself: that of a custom resource. */
export interface WrittenSchema extends ObjectSchema {
  /** Changes whenever `body` does. */
  readonly stamp: string;
  body(context: SchemaContext): object;
}

export const isWritten = (schema: ObjectSchema): schema is WrittenSchema => 'body' in schema;
