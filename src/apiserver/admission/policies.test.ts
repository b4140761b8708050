import assert from 'node:assert/strict';
import test from 'node:test';
import type { ApiError } from '../../api/status.ts';
import type { AuditEvent } from '../audit/audit.ts';
import { parseAuditPolicy } from '../audit/policy.ts';
import { HttpServer } from '../testing/https-server.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { mutatingAdmissionPolicy } from './mutating-admission-policy/mutating-admission-policy.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy/validating-admission-policy.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const root = '/apis/admissionregistration.k8s.io/v1';
const ofConfigMaps = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }] };
const configMap = (name: string, data: Record<string, string> = {}, more: object = {}): object => ({ metadata: { name, ...more }, data });

const start = (): Promise<TestServer> => TestServer.start({ admission: [mutatingAdmissionPolicy, validatingAdmissionPolicy] });

async function validate(api: TestServer, name: string, spec: object, binding: object = {}): Promise<void> {
  await api.create(`${root}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: ofConfigMaps, ...spec } });
  await api.create(`${root}/validatingadmissionpolicybindings`, { metadata: { name: `${name}-binding` }, spec: { policyName: name, validationActions: ['Deny'], ...binding } });
}

async function mutate(api: TestServer, name: string, spec: object, binding: object = {}): Promise<void> {
  await api.create(`${root}/mutatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: ofConfigMaps, reinvocationPolicy: 'Never', ...spec } });
  await api.create(`${root}/mutatingadmissionpolicybindings`, { metadata: { name: `${name}-binding` }, spec: { policyName: name, ...binding } });
}

const denied = (detail: string, policy = 'p', name = 'a'): string => `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${policy}-binding' denied request: ${detail}`;
const apply = (expression: string): object => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const jsonPatch = (expression: string): object => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

test('a policy without a binding does nothing; with one it refuses in its own words, with its reason', async () => {
  await using api = await start();
  await api.create(`${root}/validatingadmissionpolicies`, { metadata: { name: 'alone' }, spec: { matchConstraints: ofConfigMaps, validations: [{ expression: 'false' }] } });
  await api.create(configMaps, configMap('free'));
  await validate(api, 'p', {
    validations: [
      { expression: 'object.metadata.name != "a"', message: ' not a ' },
      { expression: 'object.metadata.name != "b"', messageExpression: '"no " + object.metadata.name', reason: 'Forbidden' },
      { expression: 'object.metadata.name != "c"' },
      { expression: 'object.data.missing == "x" || object.metadata.name != "d"' },
      { expression: 'request.operation == "CREATE" && request.userInfo.username == "admin"', reason: 'RequestEntityTooLarge' },
    ],
  });
  await assert.rejects(api.create(configMaps, configMap('a', { missing: 'x' })), (error: ApiError) => {
    assert.equal(error.message, denied('not a'));
    assert.deepEqual([error.code, error.reason, error.details?.causes], [422, 'Invalid', [{ message: 'ValidatingAdmissionPolicy \'p\' with binding \'p-binding\' denied request: not a' }]]);
    return true;
  });
  await assert.rejects(api.create(configMaps, configMap('b', { missing: 'x' })), refusal('Forbidden', denied('no b', 'p', 'b')));
  await assert.rejects(api.create(configMaps, configMap('c', { missing: 'x' })), refusal('Invalid', denied('failed expression: object.metadata.name != "c"', 'p', 'c')));
  await assert.rejects(api.create(configMaps, configMap('d', { other: 'x' })), refusal('Invalid', denied('expression \'object.data.missing == "x" || object.metadata.name != "d"\' resulted in error: no such key: missing', 'p', 'd')));
  await api.create(configMaps, configMap('e', { missing: 'x' }));
  await assert.rejects(api.update(`${configMaps}/e`, configMap('e', { missing: 'y' })), (error: ApiError) => error.code === 413);
});

test('validation actions: a warning, an audit annotation, or both instead of a refusal', async () => {
  const events: AuditEvent[] = [];
  const sink = { name: 'memory', write: (event: AuditEvent) => void events.push(event), [Symbol.asyncDispose]: () => Promise.resolve() };
  await using http = await HttpServer.start({ admission: [mutatingAdmissionPolicy, validatingAdmissionPolicy], audit: { policy: parseAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] }), sinks: [sink] } });
  await validate(http.api, 'p', { validations: [{ expression: 'false', message: 'never' }], auditAnnotations: [{ key: 'who', valueExpression: '"it is " + object.metadata.name' }, { key: 'none', valueExpression: 'null' }] }, { validationActions: ['Warn', 'Audit'] });
  const { headers } = await http.ask('POST', configMaps, JSON.stringify(configMap('a')), { 'content-type': 'application/json' });
  assert.equal(headers['warning'], '299 - "Validation failed for ValidatingAdmissionPolicy \'p\' with binding \'p-binding\': never"');
  const { annotations } = events.findLast(({ objectRef }) => objectRef?.resource === 'configmaps')!;
  assert.partialDeepStrictEqual(annotations, { 'p/who': 'it is a', 'validation.policy.admission.k8s.io/validation_failure': '[{"message":"never","policy":"p","binding":"p-binding","expressionIndex":0,"validationActions":["Warn","Audit"]}]' });
  assert.equal(annotations?.['p/none'], undefined);
});

test('parameters: by name, by selector, missing, of another namespace, of a kind that there is not', async () => {
  await using api = await start();
  await api.create('/api/v1/namespaces', { metadata: { name: 'params' } });
  await api.create('/api/v1/namespaces/params/configmaps', configMap('limits', { max: '3' }, { labels: { use: 'me' } }));
  const spec = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, matchConditions: [{ name: 'not-params', expression: 'request.namespace != "params"' }], validations: [{ expression: 'size(object.data) <= int(params.data.max)', messageExpression: '"at most " + params.data.max' }] };
  await validate(api, 'p', spec, { paramRef: { name: 'limits', namespace: 'params', parameterNotFoundAction: 'Deny' } });
  const four = { a: '1', b: '2', c: '3', d: '4' };
  await api.create(configMaps, configMap('a', { a: '1' }));
  await assert.rejects(api.create(configMaps, configMap('b', four)), refusal('Invalid', denied('at most 3', 'p', 'b')));
  await api.patch('/api/v1/namespaces/params/configmaps/limits', { data: { max: '4' } });
  await api.create(configMaps, configMap('b', four));
  await api.delete('/api/v1/namespaces/params/configmaps/limits');
  await assert.rejects(api.create(configMaps, configMap('c')), refusal('Invalid', denied('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction', 'p', 'c')));
  await api.patch(`${root}/validatingadmissionpolicybindings/p-binding`, { spec: { paramRef: { parameterNotFoundAction: 'Allow', name: null, selector: { matchLabels: { use: 'me' } } } } });
  await api.create(configMaps, configMap('c', four));
  await api.delete(`${root}/validatingadmissionpolicies/p`);
  await validate(api, 'q', { ...spec, paramKind: { apiVersion: 'rules.example.com/v1', kind: 'Limits' } }, { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } });
  await assert.rejects(api.create(configMaps, configMap('d')), refusal('Invalid', 'configmaps "d" is forbidden: ValidatingAdmissionPolicy \'q\' denied request: failed to configure policy: failed to find resource referenced by paramKind: \'rules.example.com/v1, Kind=Limits\''));
});

test('what is excluded, in other namespaces or not matched by its conditions is not judged; failures are ignored where they are to be', async () => {
  await using api = await start();
  await validate(api, 'p', {
    matchConstraints: { ...ofConfigMaps, excludeResourceRules: [{ ...ofConfigMaps.resourceRules[0], resourceNames: ['spared'] }], namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] }] } },
    matchConditions: [{ name: 'labelled', expression: 'has(object.metadata.labels)' }],
    validations: [{ expression: 'false' }],
  });
  await api.create(configMaps, configMap('spared', {}, { labels: { a: 'b' } }));
  await api.create('/api/v1/namespaces/kube-system/configmaps', configMap('a', {}, { labels: { a: 'b' } }));
  await api.create(configMaps, configMap('b'));
  await assert.rejects(api.create(configMaps, configMap('a', {}, { labels: { a: 'b' } })), refusal('Invalid', denied('failed expression: false')));
  await api.delete(`${root}/validatingadmissionpolicies/p`);
  await validate(api, 'open', { failurePolicy: 'Ignore', validations: [{ expression: 'object.data.missing == "x"' }] });
  await api.create(configMaps, configMap('a'));
});

test('expressions ask the authorizer, and see the namespace and the object before', async () => {
  await using api = await start();
  await api.patch('/api/v1/namespaces/default', { metadata: { labels: { team: 'blue' } } });
  await validate(api, 'p', {
    validations: [
      { expression: 'namespaceObject.metadata.labels.team == "blue"', message: 'namespace' },
      { expression: 'authorizer.group("").resource("pods").namespace("default").check("delete").allowed()', message: 'authorizer' },
      { expression: 'authorizer.requestResource.check("custom").allowed()', message: 'request resource' },
      { expression: 'oldObject == null || oldObject.data.k == object.data.k', message: 'immutable' },
    ],
  });
  await api.create(configMaps, configMap('a', { k: '1' }));
  await assert.rejects(api.update(`${configMaps}/a`, configMap('a', { k: '2' })), refusal('Invalid', denied('immutable')));
});

test('mutations are applied in their order: merged like server-side apply, or as a JSON patch whose tests may fail', async () => {
  await using api = await start();
  await mutate(api, 'm', {
    variables: [{ name: 'extra', expression: '"x" + object.metadata.name' }],
    mutations: [
      apply('Object{ data: { "merged": variables.extra } }'),
      jsonPatch('[JSONPatch{op: "test", path: "/data/absent", value: "y"}, JSONPatch{op: "add", path: "/data/never", value: "z"}]'),
      jsonPatch('[JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}}, JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("p/q".replace("/", "-")), value: object.data.merged}]'),
    ],
  });
  const created = await api.create(configMaps, configMap('a', { sent: '1' }));
  assert.deepEqual(created.data, { sent: '1', merged: 'xa', 'p-q': 'xa' });
  assert.deepEqual(created.metadata.labels, { a: 'b' });
});

test('policies that want to are asked again when the object changed after them', async () => {
  await using api = await start();
  await mutate(api, 'a', { reinvocationPolicy: 'IfNeeded', mutations: [apply('Object{ data: { "count": string(size(object.data)) } }')] });
  await mutate(api, 'b', { mutations: [apply('Object{ data: { "more": "1" } }')] });
  assert.deepEqual((await api.create(configMaps, configMap('c', { sent: '1' }))).data, { sent: '1', count: '3', more: '1' });
});

test('mutations that cannot be applied refuse, unless failures are ignored', async () => {
  await using api = await start();
  await mutate(api, 'm', { mutations: [jsonPatch('[JSONPatch{op: "remove", path: "/data/absent"}]')] });
  await assert.rejects(api.create(configMaps, configMap('a', { sent: '1' })), refusal('Invalid', 'policy \'m\' with binding \'m-binding\' denied request: JSON Patch: error in remove for path: \'/data/absent\': unable to remove nonexistent key: absent: missing value'));
  await api.patch(`${root}/mutatingadmissionpolicies/m`, { spec: { failurePolicy: 'Ignore' } });
  await api.create(configMaps, configMap('a'));
});

test('lists and structs that can only be replaced as a whole are not merged into', async () => {
  await using api = await start();
  await mutate(api, 'm', { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['services'] }] }, mutations: [apply('Object{ spec: Object.spec{ selector: {"a": "b"} } }')] });
  await assert.rejects(api.create('/api/v1/namespaces/default/services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }), refusal('Invalid', 'policy \'m\' with binding \'m-binding\' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector'));
});

test('what does not compile is refused when it is written', async () => {
  await using api = await start();
  const refused = (kind: string, spec: object, message: RegExp): Promise<void> => assert.rejects(api.create(`${root}/${kind}`, { metadata: { name: 'p' }, spec: { matchConstraints: ofConfigMaps, ...spec } }), refusal('Invalid', message));
  await refused('validatingadmissionpolicies', { validations: [{ expression: 'object.' }] }, /spec\.validations\[0\]\.expression: Invalid value: "object\.": compilation failed: ERROR: <input>:1:8: Syntax error/);
  await refused('validatingadmissionpolicies', { validations: [{ expression: '"text"' }] }, /must evaluate to bool but got string/);
  await refused('validatingadmissionpolicies', { validations: [{ expression: 'true', messageExpression: '1' }] }, /spec\.validations\[0\]\.messageExpression: Invalid value: "1": must evaluate to string but got int/);
  await refused('validatingadmissionpolicies', { validations: [{ expression: 'params.x == "y"' }] }, /undeclared reference to 'params'/);
  await refused('validatingadmissionpolicies', { variables: [{ name: 'a', expression: 'variables.b' }], validations: [{ expression: 'true' }] }, /spec\.variables\[0\]\.expression: Invalid value: "variables\.b": compilation failed: .*undefined field 'b'/s);
  await refused('validatingadmissionpolicies', { matchConditions: [{ name: 'x', expression: '1 + "a"' }], validations: [{ expression: 'true' }] }, /spec\.matchConditions\[0\]\.expression: Invalid value: "1 \+ \\"a\\"": compilation failed: /);
  await refused('mutatingadmissionpolicies', { reinvocationPolicy: 'Never', mutations: [apply('"text"')] }, /spec\.mutations\[0\]\.applyConfiguration\.expression: Invalid value: .*must evaluate to Object but got string/);
});
