import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import * as admission from './admissionregistration.ts';

const mutating = kindOf(admission.mutatingWebhookConfigurationDefinition);
const validating = kindOf(admission.validatingWebhookConfigurationDefinition);

const rule = (fields: Fields = {}): Fields => ({ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], ...fields });
const hook = (fields: Fields = {}): Fields => ({ name: 'a.b.c', clientConfig: { url: 'https://a/b' }, sideEffects: 'None', admissionReviewVersions: ['v1'], ...fields });
const config = (fields: Fields = {}): Fields => ({ webhooks: [hook(fields)] });
const ruled = (fields: Fields): Fields => config({ rules: [rule(fields)] });
const client = (clientConfig: Fields): Fields => config({ clientConfig });
const at = 'webhooks[0]';
const url = `${at}.clientConfig.url`;
const service = `${at}.clientConfig.service`;
const form = '; desired format: https://host[/path]';

const rows: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['none', {}],
  ['a good one', config({ rules: [rule(), rule({ resources: ['pods', 'pods/status', '*/scale'] })] })],
  ['no name', config({ name: '' }), `${at}.name: Required value`],
  ['a short name', config({ name: 'a.b' }), `${at}.name: Invalid value: "a.b": should be a domain with at least three segments separated by dots`],
  ['the same name', { webhooks: [hook(), hook()] }, 'webhooks[1].name: Duplicate value: "a.b.c"'],
  ['an empty rule', config({ rules: [{}] }), ...['operations', 'apiGroups', 'apiVersions', 'resources'].map((field) => `${at}.rules[0].${field}: Required value`)],
  ['wildcards', ruled({ operations: ['*', 'CREATE'], apiGroups: ['*', ''], apiVersions: ['*', ''] }), `${at}.rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`, `${at}.rules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other API groups`, `${at}.rules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`, `${at}.rules[0].apiVersions[1]: Required value`],
  ['words', config({ failurePolicy: 'x', matchPolicy: 'x', sideEffects: 'Some', timeoutSeconds: 31, rules: [rule({ operations: ['x'], scope: 'x' })] }), `${at}.rules[0].operations[0]: Unsupported value: "x": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`, `${at}.rules[0].scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"`, `${at}.failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"`, `${at}.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"`, `${at}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`, `${at}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`],
  ['no side effects said', config({ sideEffects: undefined }), `${at}.sideEffects: Required value: must specify one of None, NoneOnDryRun`],
  ['resources', ruled({ resources: ['a/*', 'a/b', '*/b', 'c/b', ''] }), `${at}.rules[0].resources[1]: Invalid value: "a/b": if 'a/*' is present, must not specify a/b`, `${at}.rules[0].resources[3]: Invalid value: "c/b": if '*/b' is present, must not specify c/b`, `${at}.rules[0].resources[4]: Required value`],
  ['all resources and more', ruled({ resources: ['*', '*/*', 'pods'] }), `${at}.rules[0].resources: Invalid value: ["*","*/*","pods"]: if '*/*' is present, must not specify other resources`, `${at}.rules[0].resources: Invalid value: ["*","*/*","pods"]: if '*' is present, must not specify other resources without subresources`],
  ['no client', client({}), `${at}.clientConfig: Required value: exactly one of url or service is required`],
  ['a bad URL', client({ url: 'http://u:p@a/b?c#d' }), `${url}: Invalid value: "http": 'https' is the only allowed URL scheme${form}`, `${url}: Invalid value: "u:p": user information is not permitted in the URL`, `${url}: Invalid value: "d": fragments are not permitted in the URL`, `${url}: Invalid value: "c": query parameters are not permitted in the URL`],
  ['no URL', client({ url: '' }), `${url}: Invalid value: "": 'https' is the only allowed URL scheme${form}`, `${url}: Invalid value: "": host must be specified${form}`],
  ['what is no URL', client({ url: 'https://a:b/' }), `${url}: Required value: url must be a valid URL: parse "https://a:b/": invalid port ":b" after host${form}`],
  ['a service', client({ service: { namespace: 'n', name: 's', path: '/a/b/' } })],
  ['a bad service', client({ service: { name: 's', path: 'ab//B', port: 0 } }), `${service}.name: Required value`, `${service}.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive`, `${service}.path: Invalid value: "ab//B": must start with a '/'`, `${service}.path: Invalid value: "ab//B": segment[1] may not be empty`, `${service}.path: Invalid value: "ab//B": segment[2]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`],
  ['versions', config({ admissionReviewVersions: ['v2', 'v2'] }), `${at}.admissionReviewVersions[1]: Invalid value: "v2": duplicate version`, `${at}.admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1`],
  ['no versions', config({ admissionReviewVersions: [] }), `${at}.admissionReviewVersions: Required value: must specify one of v1, v1beta1`],
  ['conditions', config({ matchConditions: [{ name: 'a' }, { name: 'a', expression: 'true' }, { expression: 'true' }] }), `${at}.matchConditions[0].expression: Required value`, `${at}.matchConditions[1].name: Duplicate value: "a"`, `${at}.matchConditions[2].name: Required value`],
  ['too many conditions', config({ matchConditions: Array.from({ length: 65 }, (_, i) => ({ name: `a${i}`, expression: 'true' })) }), `${at}.matchConditions: Too many: 65: must have at most 64 items`],
];
for (const [name, fields, ...expected] of rows) {
  test(`webhooks: ${name}`, () => {
    assert.deepEqual(validating.errors(fields), expected);
    assert.deepEqual(mutating.errors(fields), expected);
  });
}

test('webhooks: defaults, and what an update may keep', () => {
  const made = mutating.make({ webhooks: [{ rules: [{}], clientConfig: { service: {} } }] });
  assert.deepEqual(made.webhooks, [{ rules: [{ scope: '*' }], clientConfig: { service: { port: 443 } }, failurePolicy: 'Fail', matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, timeoutSeconds: 10, reinvocationPolicy: 'Never' }]);
  assert.equal((validating.make(config()) as unknown as { webhooks: Fields[] }).webhooks[0]!['reinvocationPolicy'], undefined);
  assert.deepEqual(mutating.errors(config({ reinvocationPolicy: 'x' })), [`${at}.reinvocationPolicy: Unsupported value: "x": supported values: "IfNeeded", "Never"`]);
  const old = { webhooks: [hook({ sideEffects: 'Some', admissionReviewVersions: ['v2'] }), hook({ sideEffects: 'Some' })] };
  assert.deepEqual(validating.update(old, old), []);
  assert.equal(validating.update(config(), old).length, 4);
  assert.deepEqual([validating.make(config()).metadata.generation, validating.updated(config(), config()).metadata.generation, validating.updated(config(), ruled({})).metadata.generation], [1, 1, 2]);
  assert.deepEqual(validating.warnings({ metadata: { name: 'a.static.k8s.io' } }), ['metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API']);
  assert.deepEqual(validating.cells(config()), ['a', 1, '60m']);
});

const policy = kindOf(admission.validatingAdmissionPolicyDefinition);
const mutation = kindOf(admission.mutatingAdmissionPolicyDefinition);
const binding = kindOf(admission.validatingAdmissionPolicyBindingDefinition);
const mutatingBinding = kindOf(admission.mutatingAdmissionPolicyBindingDefinition);

const matched = { matchConstraints: { resourceRules: [rule()] } };
const spec = (fields: Fields = {}): Fields => ({ spec: { ...matched, validations: [{ expression: 'true' }], ...fields } });
const validation = (fields: Fields): Fields => spec({ validations: [{ expression: 'true', ...fields }] });

test('validating admission policies', () => {
  assert.deepEqual(policy.make(spec()).spec, { failurePolicy: 'Fail', matchConstraints: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, resourceRules: [{ ...rule(), scope: '*' }] }, validations: [{ expression: 'true' }] });
  const dns1035 = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [spec()],
    [{ spec: {} }, 'spec.matchConstraints: Required value', 'spec.validations: Required value: validations or auditAnnotations must contain at least one item', 'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item'],
    [spec({ matchConstraints: {} }), 'spec.matchConstraints.resourceRules: Required value'],
    [spec({ matchConstraints: { resourceRules: [rule({ resourceNames: ['a', 'a', '/'] })] } }), 'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"', 'spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "/": may not contain \'/\''],
    [spec({ paramKind: {} }), 'spec.paramKind.apiVersion: Required value', 'spec.paramKind.kind: Required value'],
    [spec({ paramKind: { apiVersion: 'a/b/c', kind: 'K_' } }), 'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c', `spec.paramKind.kind: Invalid value: "K_": may have mixed case, but should otherwise match: ${dns1035}`],
    [spec({ paramKind: { apiVersion: 'g/', kind: 'ConfigMap' } }), 'spec.paramKind.apiVersion: Invalid value: "g/": version must be specified'],
    [spec({ variables: [{ name: ' ', expression: '' }, { name: 'in', expression: '1' }] }), 'spec.variables[0].name: Required value: name is not specified', 'spec.variables[0].expression: Required value: expression is not specified', 'spec.variables[1].name: Invalid value: "in": must be a valid CEL identifier'],
    [validation({ expression: ' ', message: ' ', messageExpression: ' ', reason: 'x' }), 'spec.validations[0].expression: Required value: expression is not specified', 'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified', 'spec.validations[0].message: Invalid value: " ": must be non-empty if specified', 'spec.validations[0].reason: Unsupported value: "x": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"'],
    [validation({ message: 'a\nb' }), 'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks'],
    [spec({ auditAnnotations: [{ key: 'k', valueExpression: '1' }, { key: 'k' }] }), 'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified', 'spec.auditAnnotations[1].key: Duplicate value: "k"'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(policy.errors(fields), expected, JSON.stringify(fields));
  const bad = spec({ matchConditions: [{ name: '' }] });
  assert.deepEqual(policy.update(bad, bad), []);
  assert.equal(policy.update(spec(), bad).length, 2);
  const status = { typeChecking: { expressionWarnings: [{}] }, conditions: [{ type: 'a' }] };
  assert.deepEqual(policy.update(spec(), { ...spec(), status }, 'status'), ['status.typeChecking.expressionWarnings[0].warning: Required value', 'status.typeChecking.expressionWarnings[0].fieldRef: Required value', 'status.conditions[0].status: Unsupported value: "": supported values: "False", "True", "Unknown"', 'status.conditions[0].lastTransitionTime: Required value', 'status.conditions[0].reason: Required value']);
  assert.equal(policy.make({ ...spec(), status }).status, undefined);
  assert.deepEqual(policy.cells(spec({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } })), ['a', 1, 'v1/ConfigMap', '60m']);
});

test('mutating admission policies', () => {
  const apply = { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } };
  const of = (fields: Fields = {}): Fields => ({ spec: { ...matched, reinvocationPolicy: 'Never', mutations: [apply], ...fields } });
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [of()],
    [of({ mutations: [], reinvocationPolicy: undefined }), 'spec.mutations: Required value: mutations must contain at least one item', 'spec.reinvocationPolicy: Required value'],
    [of({ mutations: [{}, { patchType: 'x' }, { patchType: 'JSONPatch', applyConfiguration: {} }, { patchType: 'ApplyConfiguration', applyConfiguration: {} }] }), 'spec.mutations[0].patchType: Required value', 'spec.mutations[1].patchType: Unsupported value: "x": supported values: "ApplyConfiguration", "JSONPatch"', 'spec.mutations[2].jsonPatch: Required value: must be specified when patchType is JSONPatch', 'spec.mutations[2].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch', 'spec.mutations[3].applyConfiguration.expression: Required value'],
    [of({ matchConstraints: { resourceRules: [rule({ operations: ['DELETE'] })] } }), 'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(mutation.errors(fields), expected, JSON.stringify(fields));
  assert.deepEqual(mutation.cells(of()), ['a', 1, '<unset>', '60m']);
});

test('bindings', () => {
  const of = (fields: Fields = {}): Fields => ({ spec: { policyName: 'p', validationActions: ['Deny'], ...fields } });
  const selector = { matchLabels: { b: 'c' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['v', 'w'] }] };
  const ref = (paramRef: Fields): Fields => of({ paramRef: { parameterNotFoundAction: 'Allow', ...paramRef } });
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [of({ matchResources: {} })],
    [{ spec: {} }, 'spec.policyName: Required value', 'spec.validationActions: Required value: at least one validation action is required'],
    [of({ validationActions: ['Deny', 'Warn', 'x', 'x'] }), 'spec.validationActions[2]: Unsupported value: "x": supported values: "Audit", "Deny", "Warn"', 'spec.validationActions[3]: Unsupported value: "x": supported values: "Audit", "Deny", "Warn"', 'spec.validationActions[3]: Duplicate value: "x"', 'spec.validationActions: Invalid value: ["Deny","Warn","x","x"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'],
    [ref({}), 'spec.paramRef: Required value: one of name or selector must be specified'],
    [ref({ name: 'a', selector: {} }), 'spec.paramRef.name: Forbidden: name and selector are mutually exclusive', 'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive'],
    [ref({ name: 'a', parameterNotFoundAction: 'x' }), 'spec.paramRef.parameterNotFoundAction: Unsupported value: "x": supported values: "Deny", "Allow"'],
    [ref({ name: 'a', parameterNotFoundAction: undefined }), 'spec.paramRef.parameterNotFoundAction: Required value'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(binding.errors(fields), expected, JSON.stringify(fields));
  assert.deepEqual(mutatingBinding.errors(of({ matchResources: { resourceRules: [rule({ operations: ['DELETE'] })] } })), ['spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"']);
  assert.deepEqual([{ name: 'n' }, { name: 'n', namespace: 's' }, { selector }].map((one) => binding.cells(ref(one))[2]), ['*/n', 's/n', '&LabelSelector{MatchLabels:map[string]string{b: c,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[v w],},},}']);
});
