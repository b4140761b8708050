import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPatterns } from '../../custom-resources/pattern-loader.ts';
import { kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import { customResourceDefinitionDefinition } from './custom-resource-definition.ts';

await loadPatterns();
const crd = kindOf(customResourceDefinitionDefinition, { metadata: { name: 'foos.a.b' } });
const object = { type: 'object' };
const withSchema = (schema: Fields, fields: Fields = {}): Fields => ({ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...fields });
const spec = (fields: Fields = {}): Fields => ({ spec: { group: 'a.b', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [withSchema(object)], ...fields } });
const schema = (fields: Fields, version: Fields = {}): Fields => spec({ versions: [withSchema({ ...object, ...fields }, version)] });
const property = (fields: Fields): Fields => schema({ properties: { x: fields } });
const root = 'spec.validation.openAPIV3Schema';
const x = `${root}.properties[x]`;
const dns1035 = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

const rows: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', spec()],
  ['another name', { ...spec(), metadata: { name: 'foos.a.c' } }, 'metadata.name: Invalid value: "foos.a.c": must be spec.names.plural+"."+spec.group'],
  ['group and scope', { ...spec({ group: 'a', scope: 'x' }), metadata: { name: 'foos.a' } }, 'spec.group: Invalid value: "a": should be a domain with at least one dot', 'spec.scope: Unsupported value: "x": supported values: "Cluster", "Namespaced"'],
  ['names', { ...spec({ names: { plural: 'Foos', kind: 'F!', listKind: 'F!', shortNames: ['A'], categories: ['B'] } }), metadata: { name: 'Foos.a.b' } },
    `spec.names.plural: Invalid value: "Foos": ${dns1035}`, `spec.names.singular: Invalid value: "f!": ${dns1035}`, `spec.names.kind: Invalid value: "F!": may have mixed case, but should otherwise match: ${dns1035}`,
    `spec.names.listKind: Invalid value: "F!": may have mixed case, but should otherwise match: ${dns1035}`, `spec.names.shortNames[0]: Invalid value: "A": ${dns1035}`, 'spec.names.listKind: Invalid value: "F!": kind and listKind may not be the same', `spec.names.categories[0]: Invalid value: "B": ${dns1035}`],
  ['no schema', spec({ versions: [{ name: 'v1', served: true, storage: true }] }), 'spec.versions[0].schema.openAPIV3Schema: Required value'],
  ['no storage version', spec({ versions: [withSchema(object, { storage: false })] }), 'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version', 'status.storedVersions: Invalid value: null: must have at least one stored version'],
  ['a bad version', spec({ versions: [withSchema(object, { name: 'V' })] }), `spec.versions[0].name: Invalid value: "V": ${dns1035}`, `spec.version: Invalid value: "V": ${dns1035}`],
  ['preserving', spec({ preserveUnknownFields: true }), 'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'],
  ['deprecation', schema({}, { deprecationWarning: '' }), 'spec.versions[0].deprecationWarning: Invalid value: "": can only be set for deprecated versions'],
  ['a deprecated version', schema({}, { deprecated: true, deprecationWarning: 'a\nb' }), 'spec.versions[0].deprecationWarning: Invalid value: "a\\nb": must only contain printable UTF-8 characters; non-printable character found at index 1'],
  ['columns', schema({}, { additionalPrinterColumns: [{ name: 'a', type: 'x', format: 'y', jsonPath: 'z' }, {}] }), 'spec.additionalPrinterColumns[0].type: Invalid value: "x": must be one of boolean,date,integer,number,string', 'spec.additionalPrinterColumns[0].format: Invalid value: "y": must be one of byte,date,date-time,double,float,int32,int64,password', 'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "z": must be a simple json path starting with .', 'spec.additionalPrinterColumns[1].name: Required value', 'spec.additionalPrinterColumns[1].type: Required value: must be one of boolean,date,integer,number,string', 'spec.additionalPrinterColumns[1].JSONPath: Required value'],
  ['scale', schema({}, { subresources: { scale: { specReplicasPath: '.x', labelSelectorPath: '.y' } } }), 'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec', 'spec.subresources.scale.statusReplicasPath: Required value', 'spec.subresources.scale.labelSelectorPath: Invalid value: ".y": should be a json path under either .spec or .status'],
  ['status at the root', schema({ minProperties: 1 }, { subresources: { status: {} } }), `${root}: Invalid value: {"ID":"","Schema":"","Ref":null,"Description":"","Type":"object","Nullable":false,"Format":"","Title":"","Default":null,"Maximum":null,"ExclusiveMaximum":false,"Minimum":null,"ExclusiveMinimum":false,"MaxLength":null,"MinLength":null,"Pattern":"","MaxItems":null,"MinItems":null,"UniqueItems":false,"MultipleOf":null,"Enum":null,"MaxProperties":null,"MinProperties":1,"Required":null,"Items":null,"AllOf":null,"OneOf":null,"AnyOf":null,"Not":null,"Properties":null,"AdditionalProperties":null,"PatternProperties":null,"Dependencies":null,"AdditionalItems":null,"Definitions":null,"ExternalDocs":null,"Example":null,"XPreserveUnknownFields":null,"XEmbeddedResource":false,"XIntOrString":false,"XListMapKeys":null,"XListType":null,"XMapType":null,"XValidations":null}: only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled`],
  ['selectable fields', schema({ properties: { a: { type: 'string' }, b: object, metadata: object } }, { selectableFields: [{ jsonPath: '.a' }, { jsonPath: '.a' }, { jsonPath: '.b' }, { jsonPath: '.c' }, { jsonPath: "['a']" }, {}] }), 'spec.selectableFields[1].jsonPath: Duplicate value: ".a"', 'spec.selectableFields[2].jsonPath: Invalid value: ".b": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.', 'spec.selectableFields[3].jsonPath: Invalid value: ".c": is an invalid path: does not refer to a valid field', "spec.selectableFields[4].jsonPath: Invalid value: \"['a']\": is an invalid path: array notation is not allowed", 'spec.selectableFields[5].jsonPath: Required value'],
  ['a webhook', spec({ conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v2'], clientConfig: {} } } }), 'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required', 'spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1'],
  ['a webhook that is not asked', spec({ conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'], clientConfig: {} } } }), 'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook', 'spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook'],
  ['no webhook', spec({ conversion: { strategy: 'Webhook' } }), 'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook', 'spec.conversion.conversionReviewVersions: Required value'],
  ['a protected group', { ...spec({ group: 'a.k8s.io' }), metadata: { name: 'foos.a.k8s.io' } }, 'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'],
  ['a protected group, approved', { ...spec({ group: 'a.k8s.io' }), metadata: { name: 'foos.a.k8s.io', annotations: { 'api-approved.kubernetes.io': 'https://a.b/c' } } }],

  ['no types', schema({ type: undefined, properties: { x: {}, y: { type: 'array', items: {} } } }), `${root}.properties[x].type: Required value: must not be empty for specified object fields`, `${root}.properties[y].items.type: Required value: must not be empty for specified array items`, `${root}.type: Required value: must not be empty at the root`],
  ['an array without items', property({ type: 'array' }), `${x}.items: Required value: must be specified`],
  ['a root that is no object', schema({ type: 'string' }), `${root}.type: Invalid value: "string": must be object at the root`],
  ['types and words', property({ type: 'null', uniqueItems: true, id: 'a', patternProperties: { a: {} } }), `${x}.type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string"`, `${x}.id: Forbidden: id is not supported`, `${x}.patternProperties: Forbidden: patternProperties is not supported`, `${x}.type: Forbidden: type cannot be set to null, use nullable as an alternative`, `${x}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`],
  ['properties of both kinds', property({ type: 'object', properties: { y: object }, additionalProperties: false }), `${x}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
  ['metadata', schema({ properties: { metadata: { type: 'object', properties: { labels: object } }, kind: { type: 'integer' } } }), `${root}.properties[kind].type: Invalid value: "integer": must be string`, `${root}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`],
  ['names of metadata', schema({ properties: { metadata: { type: 'object', properties: { name: { type: 'string', pattern: '^a' } } } } })],
  ['a default of metadata', schema({ properties: { apiVersion: { type: 'string', default: 'v1' } } }), `${root}.properties[apiVersion].default: Forbidden: must not be set in top-level apiVersion`],
  ['value rules that describe', property({ type: 'object', properties: { y: { type: 'string' } }, anyOf: [{ properties: { y: { type: 'string', title: 't' } } }] }), `${x}.anyOf[0].properties[y].title: Forbidden: must be empty to be structural`, `${x}.anyOf[0].properties[y].type: Forbidden: must be empty to be structural`],
  ['value rules about what is not there', schema({ allOf: [{ properties: { z: { pattern: 'a' } } }] }), `${root}.properties[z]: Required value: because it is defined in ${root}.allOf[0].properties[z]`],
  ['integers or strings', property({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })],
  ['extensions', property({ type: 'object', 'x-kubernetes-int-or-string': true, 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }), `${x}.x-kubernetes-embedded-resource: Invalid value: true: must be false if x-kubernetes-int-or-string is true`, `${x}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`],
  ['an embedded resource', property({ 'x-kubernetes-embedded-resource': true }), `${x}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`, `${x}.type: Required value: must be object if x-kubernetes-embedded-resource is true`],
  ['pruning that is not', property({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }), `${x}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
  ['a pattern', property({ type: 'string', pattern: '(?i)^(?P<a>b)$' })],
  ['a pattern of JavaScript alone', property({ type: 'string', pattern: '(?=a)' }), `${x}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``],
  ['a pattern of RE2 alone', property({ type: 'string', pattern: '\\Qa\\E\\z' })],
  ['a default', property({ type: 'string', default: 1 }), `${x}.default: Invalid value: "integer":  in body must be of type string: "integer"`],
  ['a default with more than is known', property({ type: 'object', default: { y: 1 } }), `${x}.default: Invalid value: {"y":1}: must not have unknown fields`],
  ['lists', property({ type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'l'] }), `${x}.x-kubernetes-list-map-keys: Invalid value: ["k","l"]: entries must all be names of item properties`, `${x}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`],
  ['a set of maps', property({ type: 'array', items: object, 'x-kubernetes-list-type': 'set' }), `${x}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`],
  ['types of lists and maps', property({ type: 'string', 'x-kubernetes-list-type': 'x', 'x-kubernetes-map-type': 'y', 'x-kubernetes-list-map-keys': ['a'] }), `${x}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`, `${x}.x-kubernetes-map-type: Unsupported value: "y": supported values: "atomic", "granular"`, `${x}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`, `${x}.x-kubernetes-list-type: Unsupported value: "x": supported values: "atomic", "set", "map"`, `${x}.x-kubernetes-list-type: Invalid value: "x": must be map if x-kubernetes-list-map-keys is non-empty`],
  ['rules', property({ type: 'object', properties: { y: { type: 'string' } }, 'x-kubernetes-validations': [{ rule: ' ' }, { rule: 'a\nb', reason: 'x', fieldPath: '.z' }, { rule: 'a', message: ' ', messageExpression: ' ' }, { rule: 'a', fieldPath: '.y' }] }), `${x}.x-kubernetes-validations[0].rule: Required value: rule is not specified`, `${x}.x-kubernetes-validations[1].message: Required value: message must be specified if rule contains line breaks`, `${x}.x-kubernetes-validations[1].reason: Unsupported value: "x": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`, `${x}.x-kubernetes-validations[1].fieldPath: Invalid value: ".z": must be a valid path`, `${x}.x-kubernetes-validations[2].message: Invalid value: " ": must be non-empty if specified`, `${x}.x-kubernetes-validations[2].messageExpression: Required value: messageExpression must be non-empty if specified`],
  ['another dialect', schema({ $schema: 'x' }), `${root}: Invalid value: "": OpenAPIV3Schema 'schema' is not supported`],
];
for (const [name, fields, ...expected] of rows) test(`custom resource definition: ${name}`, () => assert.deepEqual(crd.errors(fields), expected));

test('custom resource definition: defaults, and what its versions do not have in common', () => {
  const made = crd.make(spec({ conversion: undefined }));
  assert.deepEqual([made.spec.names, made.spec.conversion, made.status, made.metadata.generation], [{ plural: 'foos', kind: 'Foo', singular: 'foo', listKind: 'FooList' }, { strategy: 'None' }, { storedVersions: ['v1'] }, 1]);
  const versions = [withSchema({ ...object, properties: { x: {} } }), withSchema(object, { name: 'v2', storage: false })];
  assert.deepEqual(crd.errors(spec({ versions })), ['spec.versions[0].schema.openAPIV3Schema.properties[x].type: Required value: must not be empty for specified object fields']);
  assert.deepEqual(crd.warnings(property({ type: 'string', format: 'nonsense' })), ['unrecognized format "nonsense"']);
  assert.deepEqual(crd.warnings(property({ type: 'string', format: 'nonsense' }), property({ type: 'string', format: 'nonsense' })), []);
});

test('custom resource definition: what an update may change', () => {
  const status = { storedVersions: ['v1'], conditions: [{ type: 'Established', status: 'True' }] };
  const renamed = spec({ scope: 'Cluster', names: { plural: 'foos', kind: 'Bar' } });
  assert.deepEqual(crd.update(spec(), renamed), []);
  assert.deepEqual(crd.update({ ...spec(), status }, renamed), ['spec.scope: Invalid value: "Cluster": field is immutable', 'spec.names.kind: Invalid value: "Bar": field is immutable']);
  assert.deepEqual(crd.update(spec(), spec({ group: 'c.d' })), ['spec.group: Invalid value: "c.d": field is immutable']);
  const moved = spec({ versions: [withSchema(object, { name: 'v2' })] });
  assert.deepEqual(crd.updated({ ...spec(), status }, moved).status?.storedVersions, ['v1', 'v2']);
  assert.deepEqual(crd.update({ ...spec(), status }, moved), ['status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions']);
  const unpruned = property({ type: 'object', default: { y: 1 } });
  assert.deepEqual(crd.update(unpruned, unpruned), []);
  const loose = property({});
  assert.deepEqual(crd.update(spec(), loose).length, 1);
  assert.deepEqual(crd.update(spec(), { ...spec(), status: { acceptedNames: { plural: 'A', kind: '' } } }, 'status'), [`status.acceptedNames.plural: Invalid value: "A": ${dns1035}`]);
});

/** What old definitions got away with, and keep: name, the old definition, and what is wrong with it as a new one. */
const kept: readonly (readonly [name: string, fields: Fields, count: number])[] = [
  ['no schema', spec({ preserveUnknownFields: true, versions: [{ name: 'v1', served: true, storage: true }] }), 2],
  ['no structure', spec({ preserveUnknownFields: true, versions: [withSchema({ type: 'object', properties: { x: {} } })] }), 2],
  ['a set of maps that are no units', property({ type: 'array', items: object, 'x-kubernetes-list-type': 'set' }), 1],
  ['keys that may be missing', property({ type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }), 1],
  ['defaults with more than is known', property({ type: 'object', default: { y: 1 } }), 1],
  ['versions of reviews that nobody knows', spec({ conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v2'], clientConfig: { url: 'https://a.b/c' } } } }), 1],
  ['too many fields to select by', schema({ properties: Object.fromEntries(Array.from('abcdefghi', (name) => [name, { type: 'string' }])) }, { selectableFields: Array.from('abcdefghi', (name) => ({ jsonPath: `.${name}` })) }), 1],
];
for (const [name, fields, count] of kept) {
  test(`custom resource definition: an update may keep ${name}`, () => {
    const status = { status: { storedVersions: ['v1'] } };
    assert.equal(crd.errors(fields).length, count);
    assert.deepEqual(crd.update({ ...fields, ...status }, { ...fields, ...status }), []);
    assert.equal(crd.update({ ...spec({ preserveUnknownFields: true }), ...status }, { ...fields, ...status }).length, count - Number('spec' in fields && (fields['spec'] as Fields)['preserveUnknownFields'] === true));
  });
}
