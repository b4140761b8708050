import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import { flowSchemaDefinition, priorityLevelConfigurationDefinition } from './flowcontrol.ts';
import { mandatoryLevelSpecs, mandatorySchemaSpecs } from './mandatory.ts';

const schema = kindOf(flowSchemaDefinition);
const level = kindOf(priorityLevelConfigurationDefinition);

const user = { kind: 'User', user: { name: 'u' } };
const urls = { verbs: ['*'], nonResourceURLs: ['*'] };
const resources = { verbs: ['get'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
const rule = (fields: Fields = {}): Fields => ({ subjects: [user], nonResourceRules: [urls], ...fields });
const spec = (fields: Fields = {}): Fields => ({ spec: { priorityLevelConfiguration: { name: 'l' }, rules: [rule()], ...fields } });
const ruled = (fields: Fields): Fields => spec({ rules: [rule(fields)] });
const at = 'spec.rules[0]';
const dnsLabel = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const schemas: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', spec()],
  ['precedence', spec({ matchingPrecedence: -1 }), 'spec.matchingPrecedence: Invalid value: -1: must be a positive value'],
  ['too much of it', spec({ matchingPrecedence: 10_001 }), 'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
  ['the first', spec({ matchingPrecedence: 1 }), "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  ['distinguisher', spec({ distinguisherMethod: { type: 'x' } }), 'spec.distinguisherMethod.type: Unsupported value: {"Type":"x"}: supported values: "ByNamespace", "ByUser"'],
  ['no level', spec({ priorityLevelConfiguration: {} }), 'spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ['an empty rule', spec({ rules: [{}] }), `${at}.subjects: Required value: subjects must contain at least one value`, `${at}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`],
  ['subjects', ruled({ subjects: [{ kind: 'x' }, { kind: 'User', group: { name: 'g' } }, { kind: 'Group', group: {} }, { kind: 'ServiceAccount', serviceAccount: { name: '*' } }] }),
    `${at}.subjects[0].kind: Unsupported value: "x": supported values: "Group", "ServiceAccount", "User"`, `${at}.subjects[1].user: Required value: user is required when subject kind is 'User'`,
    `${at}.subjects[1].group: Forbidden: group is forbidden when subject kind is not 'Group'`, `${at}.subjects[2].group.name: Required value`, `${at}.subjects[3].serviceAccount.namespace: Required value: must specify namespace for service account`],
  ['verbs', ruled({ nonResourceRules: [{ ...urls, verbs: ['*', 'get'] }, { ...urls, verbs: ['x'] }, { ...urls, verbs: [] }] }), `${at}.nonResourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
    `${at}.nonResourceRules[1].verbs: Unsupported value: ["x"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`, `${at}.nonResourceRules[2].verbs: Required value: verbs must contain at least one value`],
  ['URLs', ruled({ nonResourceRules: [{ ...urls, nonResourceURLs: ['', '/', 'a', '/a b', '//', '/*/b', '/a/*'] }] }), ...[[0, '""', 'must not be empty'], [2, '"a"', 'must start with slash'], [3, '"/a b"', 'must not contain white-space'], [4, '"//"', 'must not contain double slash'], [5, '"/*/b"', 'wildcard can only do suffix matching']].map(([i, value, detail]) => `${at}.nonResourceRules[0].nonResourceURLs[${i}]: Invalid value: ${value}: ${detail}`)],
  ['resources', ruled({ resourceRules: [{ ...resources, apiGroups: [], resources: ['*', 'a'], namespaces: ['*', 'b'] }, { ...resources, namespaces: ['A'] }, { ...resources, namespaces: [] }, { ...resources, namespaces: [], clusterScope: true }] }),
    `${at}.resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group`, `${at}.resourceRules[0].resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources`,
    `${at}.resourceRules[0].namespaces: Invalid value: ["*","b"]: if '*' is present, must not specify other namespaces`, `${at}.resourceRules[1].namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123 label; ${dnsLabel}`,
    `${at}.resourceRules[2].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`],
];
for (const [name, fields, ...expected] of schemas) test(`flow schema: ${name}`, () => assert.deepEqual(schema.errors(fields), expected));

test('flow schemas', () => {
  assert.equal(schema.make(spec()).spec?.matchingPrecedence, 1000);
  for (const [name, fixed] of Object.entries(mandatorySchemaSpecs)) {
    assert.deepEqual(schema.errors({ metadata: { name }, spec: fixed }), []);
    assert.match(schema.errors({ metadata: { name }, spec: { ...fixed, rules: [] } }).at(-1)!, new RegExp(`^spec: Invalid value: .*: spec of '${name}' must equal the fixed value$`));
  }
  const status = { conditions: [{ type: 'a' }, { type: 'a' }, {}] };
  assert.deepEqual(schema.update(spec(), { ...spec(), status }, 'status'), ['status.conditions[1].type: Duplicate value: "a"', 'status.conditions[2].type: Required value']);
  const written = schema.updated(spec(), { spec: {}, metadata: { labels: { a: 'b' } }, status: { conditions: [{ type: 'Dangling', status: 'False' }] } }, 'status');
  assert.deepEqual([written.spec?.priorityLevelConfiguration, written.metadata.labels, written.metadata.generation], [{ name: 'l' }, undefined, 1]);
  assert.deepEqual(schema.cells({ ...spec({ matchingPrecedence: 5, distinguisherMethod: { type: 'ByUser' } }), status: written.status }), ['a', 'l', 5, 'ByUser', '60m', 'False']);
});

const limited = (fields: Fields = {}): Fields => ({ spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...fields } } });
const queue = (queuing: Fields | undefined): Fields => limited({ limitResponse: { type: 'Queue', queuing } });
const response = 'spec.limited.limitResponse';

const levels: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', limited()],
  ['queues', queue({})],
  ['type', { spec: {} }, 'spec.type: Unsupported value: "": supported values: "Exempt", "Limited"'],
  ['exempt', { spec: { type: 'Exempt', limited: {} } }, "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'", 'spec.limited: Forbidden: must be nil if the type is not Limited'],
  ['no limits', { spec: { type: 'Limited', exempt: {} } }, 'spec.exempt: Forbidden: must be nil if the type is Limited', 'spec.limited: Required value: must not be empty when type is Limited'],
  ['numbers', limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }), 'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer', 'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive', 'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer'],
  ['response', limited({ limitResponse: {} }), `${response}.type: Unsupported value: "": supported values: "Queue", "Reject"`],
  ['queues that are not wanted', limited({ limitResponse: { type: 'Reject', queuing: {} } }), `${response}.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited`],
  ['no queues', queue(undefined), `${response}.queuing: Required value: must not be empty if limited.limitResponse.type is Limited`],
  ['bad queues', queue({ queues: -1, handSize: -1, queueLengthLimit: -1 }), `${response}.queuing.queueLengthLimit: Invalid value: -1: must be positive`, `${response}.queuing.queues: Invalid value: -1: must be positive`, `${response}.queuing.handSize: Invalid value: -1: must be positive`],
  ['a hand too big', queue({ queues: 4, handSize: 5 }), `${response}.queuing.handSize: Invalid value: 5: should not be greater than queues (4)`],
  ['a hand too random', queue({ queues: 128, handSize: 10 }), `${response}.queuing.handSize: Invalid value: 10: required entropy bits of deckSize 128 and handSize 10 should not be greater than 60`],
  ['the annotation of old', { ...limited(), metadata: { annotations: { 'flowcontrol.k8s.io/preserve-zero-concurrency-shares': '' } } }, "metadata.annotations: Forbidden: annotation 'flowcontrol.k8s.io/preserve-zero-concurrency-shares' is forbidden"],
];
for (const [name, fields, ...expected] of levels) test(`priority level: ${name}`, () => assert.deepEqual(level.errors(fields), expected));

test('priority levels', () => {
  assert.deepEqual(level.make(queue({})).spec?.limited, { nominalConcurrencyShares: 30, lendablePercent: 0, limitResponse: { type: 'Queue', queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } } });
  for (const [name, fixed] of Object.entries(mandatoryLevelSpecs)) assert.deepEqual(level.errors({ metadata: { name }, spec: fixed }), []);
  assert.deepEqual(level.errors({ metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 5 } } }), []);
  assert.match(level.errors({ ...limited(), metadata: { name: 'exempt' } }).at(-1)!, /: spec of 'exempt' except the 'spec\.exempt' field must equal the fixed value$/);
  assert.match(level.errors({ ...limited({ nominalConcurrencyShares: 6 }), metadata: { name: 'catch-all' } }).at(-1)!, /: spec of 'catch-all' must equal the fixed value$/);
  assert.deepEqual(level.cells(level.make(queue({})) as unknown as Fields), ['a', 'Limited', 30, 64, 8, 50, '60m']);
});
