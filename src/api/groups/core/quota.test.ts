import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { limitRangeDefinition } from './limit-range.ts';
import { resourceQuotaDefinition } from './resource-quota.ts';

const limits = kindOf(limitRangeDefinition, {});
const limitErrors = (...items: Fields[]): string[] => limits.errors({ spec: { limits: items } });

test('limit ranges: defaults', () => {
  const defaulted = (item: Fields): unknown => limits.make({ spec: { limits: [item] } }).spec!.limits[0];
  assert.deepEqual(defaulted({ type: 'Container', max: { cpu: '2', memory: '1Gi' }, min: { cpu: '1', pods: '1' }, default: { cpu: '1500m' }, defaultRequest: { memory: '1Mi' } }), {
    type: 'Container', max: { cpu: '2', memory: '1Gi' }, min: { cpu: '1', pods: '1' }, default: { cpu: '1500m', memory: '1Gi' }, defaultRequest: { cpu: '1500m', memory: '1Mi', pods: '1' } });
  assert.deepEqual(defaulted({ type: 'Pod', max: { cpu: '100u' } }), { type: 'Pod', max: { cpu: '1m' } });
});

test('limit ranges: validation', () => {
  const container = { type: 'Container' };
  const table: [Fields[], string[]][] = [
    [[{ type: 'Pod', max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } }, { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } }, { type: 'example.com/x', max: { 'example.com/y': '1' } }], []],
    [[{ type: 'x' }], ['spec.limits[0].type: Invalid value: "x": must be a standard limit type or fully qualified']],
    [[container, container], ['spec.limits[1].type: Duplicate value: "Container"']],
    [[{ type: 'PersistentVolumeClaim' }], ['spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided']],
    [[{ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }], ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'", "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'"]],
    [[{ type: 'Pod', max: { storage: '1' } }], ['spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers']],
    [[{ ...container, min: { cpu: '3' }, max: { cpu: '2' }, default: { cpu: '4' }, defaultRequest: { cpu: '5' } }], [
      'spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 2', 'spec.limits[0].defaultRequest[cpu]: Invalid value: "5": default request value 5 is greater than max value 2',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "5": default request value 5 is greater than default limit value 4', 'spec.limits[0].default[cpu]: Invalid value: "2": default value 4 is greater than max value 2']],
    [[{ ...container, min: { cpu: '3' }, default: { cpu: '2' }, defaultRequest: { cpu: '1' } }], ['spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 3 is greater than default request value 1', 'spec.limits[0].default[cpu]: Invalid value: "3": min value 3 is greater than default value 2']],
    [[{ type: 'Pod', min: { cpu: '500m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '3', memory: '500m' } }], ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000', 'spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "500m": ratio 500m is less than 1']],
    [[{ ...container, default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '1' } }], ['spec.limits[0].defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu']],
  ];
  for (const [items, expected] of table) assert.deepEqual(limitErrors(...items), expected, JSON.stringify(items));
  assert.deepEqual(limits.update({}, { spec: { limits: [{ type: 'x' }] } }), ['spec.limits[0].type: Invalid value: "x": must be a standard limit type or fully qualified']);
});

const quota = kindOf(resourceQuotaDefinition, {});

test('resource quotas: validation', () => {
  const must = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
  const select = (...matchExpressions: Fields[]): Fields => ({ scopeSelector: { matchExpressions } });
  const path = 'spec.scopeSelector.matchExpressions';
  const table: [Fields, string[]][] = [
    [{ hard: { cpu: '1', pods: '2', 'count/deployments.apps': '1', 'hugepages-2Mi': '4Mi', 'requests.nvidia.com/gpu': '1' } }, []],
    [{ hard: { foo: '1', storage: '1', 'a b': '1' } }, [
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota', 'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
      "spec.hard[a b]: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')", 'spec.hard[a b]: Invalid value: "a b": must be a standard resource for quota']],
    [{ hard: { cpu: '-1', pods: '500m' } }, ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0', 'spec.hard[pods]: Invalid value: "500m": must be an integer']],
    [{ scopes: ['x', 'BestEffort', 'NotBestEffort'], hard: { cpu: '1', pods: '1' } }, [
      'spec.scopes: Invalid value: ["x","BestEffort","NotBestEffort"]: unsupported scope', 'spec.scopes: Invalid value: ["x","BestEffort","NotBestEffort"]: unsupported scope applied to resource', 'spec.scopes: Invalid value: ["x","BestEffort","NotBestEffort"]: conflicting scopes']],
    [{ ...select({ scopeName: 'PriorityClass', operator: 'In', values: ['a'] }), hard: { pods: '1' } }, []],
    [{ ...select({ scopeName: 'VolumeAttributesClass', operator: 'Exists' }), hard: { pods: '1' } }, [`${path}: Invalid value: {"MatchExpressions":[{"ScopeName":"VolumeAttributesClass","Operator":"Exists","Values":null}]}: unsupported scope applied to resource`]],
    [select({ scopeName: 'x', operator: 'y' }, { scopeName: 'Terminating', operator: 'In' }, { scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] }, { scopeName: 'NotTerminating', operator: 'Exists' }), [
      `${path}.scopeName: Invalid value: "x": unsupported scope`, `${path}.operator: Invalid value: "y": not a valid selector operator`, `${path}.operator: Invalid value: "In": ${must}`,
      `${path}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`, `${path}.values: Invalid value: ["a"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`, `${path}: Invalid value: null: conflicting scopes`]],
  ];
  for (const [spec, expected] of table) assert.deepEqual(quota.errors({ spec }), expected, JSON.stringify(spec));
});

test('resource quotas: updates, status and columns', () => {
  assert.deepEqual(quota.update({ spec: { scopes: ['Terminating', 'BestEffort'] } }, { spec: { scopes: ['BestEffort', 'Terminating'] } }), []);
  assert.deepEqual(quota.update({ spec: { scopes: ['Terminating'] } }, { spec: { hard: { pods: '1' } } }), ['spec.scopes: Invalid value: null: field is immutable']);
  assert.deepEqual(quota.make({ status: { hard: { pods: '1' } } }).status, {});
  assert.deepEqual(quota.update({}, { status: { hard: { foo: '1' }, used: { pods: '-1' } } }, 'status'), ['status.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'status.hard[foo]: Invalid value: "foo": must be a standard resource for quota', 'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0']);
  assert.deepEqual(quota.cells({ status: { hard: { pods: '4', cpu: '2', 'limits.cpu': '2' }, used: { pods: '1' } } }), ['a', 'cpu: 0/2, pods: 1/4', 'limits.cpu: 0/2', '60m']);
});

test('resource quotas that let more be asked for than be used', () => {
  const hard = { cpu: '2', 'limits.cpu': '1', memory: '9Gi', 'requests.memory': '1Gi', 'limits.memory': '2Gi', 'requests.storage': '2Gi', 'limits.storage': '1Gi', storage: '3Gi' };
  assert.deepEqual(quota.warnings({ spec: { hard } }), ['ResourceQuota cpu (2) should be less than limits.cpu (1)', 'ResourceQuota requests.storage (2Gi) should be less than limits.storage (1Gi)']);
  assert.deepEqual(quota.warnings({ spec: { hard } }, { spec: {} }), []);
});
