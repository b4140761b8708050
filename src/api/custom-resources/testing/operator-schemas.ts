/** Schemas in the manner of those that operators in the field bring: what tools make of Go types, by the thousand properties. */
import type { JSONSchemaProps } from '../../types/apiextensions/v1.ts';

type Properties = Record<string, JSONSchemaProps>;

export const text = (more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'string', ...more });
export const object = (properties: Properties, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'object', properties, ...more });
export const list = (items: JSONSchemaProps, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'array', items, ...more });
export const mapOf = (values: JSONSchemaProps): JSONSchemaProps => ({ type: 'object', additionalProperties: values });

export const quantity: JSONSchemaProps = {
  anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true,
  pattern: '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
};

/** A list of conditions, keyed by their type. */
export const conditions: JSONSchemaProps = list(object({
  type: text({ maxLength: 316, pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$' }),
  status: text({ enum: ['True', 'False', 'Unknown'] }),
  reason: text({ minLength: 1, maxLength: 1024 }), message: text({ maxLength: 32768 }),
  lastTransitionTime: text({ format: 'date-time' }), observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
}, { required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'] }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

const root = (spec: JSONSchemaProps, status: JSONSchemaProps): JSONSchemaProps => object({ apiVersion: text(), kind: text(), metadata: { type: 'object' }, spec, status }, { required: ['spec'] });

/** An issuer of certificates asks for one. */
export const certificateSchema = (): JSONSchemaProps => root(object({
  secretName: text(), duration: text(), renewBefore: text({ format: 'duration' }), isCA: { type: 'boolean' },
  dnsNames: list(text()), ipAddresses: list(text({ format: 'ipv4' })), uris: list(text({ format: 'uri' })), emailAddresses: list(text({ format: 'email' })),
  usages: list(text({ enum: ['signing', 'digital signature', 'server auth', 'client auth'] }), { 'x-kubernetes-list-type': 'set' }),
  issuerRef: object({ name: text(), kind: text({ default: 'Issuer' }), group: text({ default: 'certs.example.com' }) }, { required: ['name'] }),
  privateKey: object({ algorithm: text({ enum: ['RSA', 'ECDSA'], default: 'RSA' }), size: { type: 'integer', minimum: 256, maximum: 8192, multipleOf: 256 } }, { default: {} }),
  revisionHistoryLimit: { type: 'integer', format: 'int32', minimum: 1 },
}, { required: ['secretName', 'issuerRef'] }), object({ conditions, notAfter: text({ format: 'date-time' }) }));

/** A workflow has steps that hold whatever pods may hold, and templates inside templates. */
export const workflowSchema = (): JSONSchemaProps => root(object({
  entrypoint: text(), arguments: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  templates: list(object({
    name: text(), container: object({ image: text(), command: list(text()) }, { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' }),
    manifest: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    steps: list(list(object({ name: text(), template: text(), when: text() }))),
  }, { required: ['name'] })),
  parallelism: { type: 'integer', format: 'int64' },
}), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });

/** A monitor runs pods: deep, wide, with quantities and ports by number or name. */
export const monitorSchema = (): JSONSchemaProps => root(object({
  replicas: { type: 'integer', format: 'int32', default: 1 },
  resources: object({ limits: mapOf(quantity), requests: mapOf(quantity) }),
  endpoints: list(object({ port: text(), targetPort: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true }, interval: text({ pattern: '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$' }), scheme: text({ enum: ['http', 'https'], default: 'http' }) })),
  selector: object({ matchLabels: mapOf(text()), matchExpressions: list(object({ key: text(), operator: text(), values: list(text()) }, { required: ['key', 'operator'] })) }, { 'x-kubernetes-map-type': 'atomic' }),
  externalLabels: mapOf(text()), podMetadata: object({ labels: mapOf(text()), annotations: mapOf(text()) }),
}), object({ replicas: { type: 'integer', format: 'int32' }, paused: { type: 'boolean' }, conditions }));

/** A route of a mesh takes one of several forms. */
export const routeSchema = (): JSONSchemaProps => root(object({
  hosts: list(text(), { minItems: 1, maxItems: 16 }),
  http: list(object({
    match: object({ exact: text(), prefix: text(), regex: text() }, { oneOf: [{ not: { anyOf: [{ required: ['exact'] }, { required: ['prefix'] }, { required: ['regex'] }] } }, { required: ['exact'] }, { required: ['prefix'] }, { required: ['regex'] }] }),
    weight: { type: 'integer', minimum: 0, maximum: 100 }, timeout: text({ format: 'duration' }),
    headers: mapOf(object({ add: mapOf(text()), remove: list(text()) }, { nullable: true })),
  })),
}, { required: ['hosts'] }), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });

const prose = 'What this field is for, at some length, as the comments of types are copied into schemas for the reader of explanations. ';

/** A schema of about so many bytes: structs of structs, described, with patterns, bounds and lists here and there. */
export function largeSchema(bytes: number): JSONSchemaProps {
  const leaf = (i: number): JSONSchemaProps => (i % 3 === 0 ? text({ description: prose, pattern: `^[a-z]{1,${(i % 60) + 1}}$` }) : i % 3 === 1 ? { type: 'integer', description: prose, minimum: 0, default: i } : list(text({ description: prose })));
  const group = (i: number): JSONSchemaProps => object(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`field${n}`, leaf(i + n)])), { description: prose });
  const groups: Properties = {};
  const each = JSON.stringify(group(0)).length + 12;
  for (let i = 0; i * each < bytes; i++) groups[`group${i}`] = i % 2 === 0 ? group(i) : list(group(i));
  return root(object(groups), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
}
