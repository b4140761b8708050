import { isMap } from '../../base/is-map.ts';
import type { FieldConfiguration } from './default-fields.ts';
import { noFields } from './field-configuration.ts';
import type { FieldSpec } from './field-spec.ts';
import { mergeFields } from './field-spec.ts';

type Json = Readonly<Record<string, unknown>>;

/** The fields that OpenAPI definitions of custom resources mark as names, labels, annotations, or names of other objects. */
export function fieldsOfDefinitions(document: unknown): FieldConfiguration {
  const definitions = isMap(document) ? document : {};
  const found: { -readonly [K in keyof FieldConfiguration]: FieldConfiguration[K] } = { ...noFields };
  const propertiesOf = (name: string): Json => {
    const definition = definitions[name];
    const schema = isMap(definition) ? definition['Schema'] ?? definition['schema'] : undefined;
    return isMap(schema) && isMap(schema['properties']) ? schema['properties'] : {};
  };
  const visit = (kind: string, name: string, path: readonly string[]): void => {
    for (const [property, value] of Object.entries(propertiesOf(name))) {
      if (!isMap(value) || path.length > 32) continue;
      const at = (...more: readonly string[]): FieldSpec => ({ kind, path: [...path, property, ...more].join('/'), create: false });
      if (typeof value['x-kubernetes-annotation'] === 'string') found.commonAnnotations = mergeFields(found.commonAnnotations, [at()]);
      if (typeof value['x-kubernetes-label-selector'] === 'string') found.commonLabels = mergeFields(found.commonLabels, [at()]);
      if (typeof value['x-kubernetes-identity'] === 'string') found.namePrefix = mergeFields(found.namePrefix, [at()]);
      const { 'x-kubernetes-object-ref-api-version': version, 'x-kubernetes-object-ref-kind': target, 'x-kubernetes-object-ref-name-key': nameKey = 'name', $ref } = value;
      if (typeof version === 'string' && typeof target === 'string') found.nameReference = [...found.nameReference, { version, kind: target, fieldSpecs: [at(String(nameKey as string))] }];
      if (typeof $ref === 'string') visit(kind, $ref, [...path, property]);
    }
  };
  for (const name of Object.keys(definitions)) {
    const properties = propertiesOf(name);
    if (['kind', 'apiVersion', 'metadata'].every((one) => Object.hasOwn(properties, one))) visit(name.slice(name.lastIndexOf('.') + 1), name, []);
  }
  return found;
}
