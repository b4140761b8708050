/** Definitions made of little, for tests. */
import { formatFieldError } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps } from '../../types/apiextensions/v1.ts';
import { compileDefinition } from '../compile-definition.ts';
import type { CompiledVersion } from '../compiled.ts';

export type Fields = Record<string, unknown>;

/** `widgets.example.com` with one version `v1` of the given schema. */
export function definitionOf(schema: JSONSchemaProps, version: Partial<CustomResourceDefinitionVersion> = {}): CustomResourceDefinition {
  return {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
    },
  };
}

/** One version, and what a client would see of it. */
export class CompiledWidget {
  readonly version: CompiledVersion;

  constructor(version: CompiledVersion) {
    this.version = version;
  }

  static async of(schema: JSONSchemaProps, version: Partial<CustomResourceDefinitionVersion> = {}): Promise<CompiledWidget> {
    return new CompiledWidget((await compileDefinition(definitionOf(schema, version))).storage);
  }

  make(fields: Fields): KubeObject {
    return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, ...structuredClone(fields) };
  }

  /** The object without type and metadata after pruning and defaulting. */
  decoded(fields: Fields): Fields {
    const object = this.make(fields);
    this.version.prune(object);
    this.version.definition.applyDefaults?.(object);
    const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = object as KubeObject & Fields;
    return rest;
  }

  unknown(fields: Fields): string[] {
    return this.version.prune(this.make(fields));
  }

  errors(fields: Fields): string[] {
    return (this.version.definition.validate?.(this.make(fields), { nowMs: 0 }) ?? []).map(formatFieldError);
  }

  update(old: Fields, fields: Fields, subresource = ''): string[] {
    const { definition } = this.version;
    const rules = subresource === '' ? definition.update : definition.subresources?.[subresource];
    return (rules?.validateUpdate?.(this.make(fields), this.make(old), { nowMs: 0 }) ?? []).map(formatFieldError);
  }
}

/** A schema whose `spec` has one property `x`. */
export const withX = (x: JSONSchemaProps, spec: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'object', properties: { spec: { type: 'object', properties: { x }, ...spec } } });
