import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { podGroupDefinition, priorityClassDefinition, workloadDefinition } from './scheduling.ts';

const label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test('priority classes', () => {
  const kind = kindOf(priorityClassDefinition, { value: 5 });
  const reserved = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";
  const table: [Fields, string[]][] = [
    [{}, []],
    [{ value: 1_000_000_000 }, []],
    [{ value: 1_000_000_001 }, ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
    [{ preemptionPolicy: '' }, ['preemptionPolicy: Required value']],
    [{ preemptionPolicy: 'x' }, ['preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"']],
    [{ metadata: { name: 'system-mine' } }, [`${reserved}system-mine is not a known system priority class`]],
    [{ metadata: { name: 'system-node-critical' } }, [`${reserved}value of system-node-critical PriorityClass must be 2000001000`]],
    [{ metadata: { name: 'system-cluster-critical' }, value: 2_000_000_000, globalDefault: true }, [`${reserved}globalDefault of system-cluster-critical PriorityClass must be false`]],
    [{ metadata: { name: 'system-cluster-critical' }, value: 2_000_000_000 }, []],
  ];
  for (const [fields, expected] of table) assert.deepEqual(kind.errors(fields), expected, JSON.stringify(fields));
  assert.deepEqual([kind.make().preemptionPolicy, kind.make().metadata.generation], ['PreemptLowerPriority', 1]);
  assert.deepEqual(kind.update({}, { value: 6, preemptionPolicy: 'Never' }), ['value: Forbidden: may not be changed in an update.', 'preemptionPolicy: Invalid value: "Never": field is immutable']);
  assert.deepEqual(kind.update({}, { description: 'other', globalDefault: true }), []);
  assert.deepEqual(kind.cells({ preemptionPolicy: 'Never' }), ['a', 5, false, '60m', 'Never']);
});

const basic = { name: 'a', schedulingPolicy: { basic: {} } };

test('workloads', () => {
  const kind = kindOf(workloadDefinition, { spec: { podGroupTemplates: [basic] } });
  const templates = (...podGroupTemplates: Fields[]): Fields => ({ podGroupTemplates });
  const table: [Fields, string[]][] = [
    [templates(basic, { name: 'b', schedulingPolicy: { gang: { minCount: 2 } } }), []],
    [templates(), ['spec.podGroupTemplates: Required value']],
    [templates(...Array.from({ length: 9 }, (_, i) => ({ ...basic, name: `n${i}` }))), ['spec.podGroupTemplates: Too many: 9: must have at most 8 items']],
    [templates(basic, basic), ['spec.podGroupTemplates[1]: Duplicate value: {"name":"a","schedulingPolicy":{"basic":{}},"schedulingConstraints":null}']],
    [templates({ name: '', schedulingPolicy: {} }, { name: 'A', schedulingPolicy: { basic: {}, gang: { minCount: -1 } } }), [
      'spec.podGroupTemplates[0].name: Required value', 'spec.podGroupTemplates[0].schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`', `spec.podGroupTemplates[1].name: Invalid value: "A": ${label}`,
      'spec.podGroupTemplates[1].schedulingPolicy: Invalid value: "{`basic`, `gang`}": must specify exactly one of: `basic`, `gang`', 'spec.podGroupTemplates[1].schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than or equal to 1']],
    [templates({ name: 'a', schedulingPolicy: { gang: {} } }), ['spec.podGroupTemplates[0].schedulingPolicy.gang.minCount: Required value']],
    [{ ...templates(basic), controllerRef: { apiGroup: 'A', kind: '', name: 'a/b' } }, [`spec.controllerRef.apiGroup: Invalid value: "A": ${subdomain}`, 'spec.controllerRef.kind: Required value', 'spec.controllerRef.name: Invalid value: "a/b": may not contain \'/\'']],
  ];
  for (const [spec, expected] of table) assert.deepEqual(kind.errors({ spec }), expected, JSON.stringify(spec));
  // Alpha features are dropped.
  assert.deepEqual(kind.make({ spec: templates({ ...basic, priority: 3, disruptionMode: 'Pod', resourceClaims: [{ name: 'c' }], schedulingConstraints: {} }) }).spec, templates(basic));
  assert.deepEqual(kind.update({}, { spec: { ...templates({ ...basic, name: 'b' }), controllerRef: { kind: 'K', name: 'n' } } }), ['spec.controllerRef: Invalid value: null: field is immutable', 'spec.podGroupTemplates: Invalid value: null: field is immutable']);
  assert.deepEqual(kind.update({}, { metadata: { labels: { a: 'b' } } }), []);
});

test('pod groups', () => {
  const kind = kindOf(podGroupDefinition, { spec: { schedulingPolicy: { basic: {} } } });
  const table: [Fields, string[]][] = [
    [{ schedulingPolicy: { gang: { minCount: 1 } }, podGroupTemplateRef: { workload: { workloadName: 'w.x', podGroupTemplateName: 't' } } }, []],
    [{ schedulingPolicy: {}, podGroupTemplateRef: {} }, ['spec.podGroupTemplateRef: Invalid value: "": must specify one of: `workload`', 'spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`']],
    [{ schedulingPolicy: { basic: {} }, podGroupTemplateRef: { workload: { workloadName: '', podGroupTemplateName: 't.x' } } }, ['spec.podGroupTemplateRef.workload.workloadName: Required value', `spec.podGroupTemplateRef.workload.podGroupTemplateName: Invalid value: "t.x": must not contain dots`]],
  ];
  for (const [spec, expected] of table) assert.deepEqual(kind.errors({ spec }), expected, JSON.stringify(spec));
  const made = kind.make({ spec: { schedulingPolicy: { basic: {} }, priorityClassName: 'p' }, status: { conditions: [] } });
  assert.deepEqual([made.spec, made.status], [{ schedulingPolicy: { basic: {} } }, {}]);
  const condition = (type: string, status: string, reason = 'R') => ({ type, status, reason });
  const cells = (...conditions: object[]): unknown => kind.cells({ status: { conditions } })[3];
  assert.deepEqual([cells(), cells(condition('PodGroupScheduled', 'False')), cells(condition('PodGroupScheduled', 'True')), cells(condition('DisruptionTarget', 'True', 'Preempted'))], ['Pending', 'Unschedulable', 'Scheduled', 'Preempted']);
  assert.deepEqual(kind.update({}, { spec: { schedulingPolicy: { gang: { minCount: 1 } } } }), ['spec.schedulingPolicy: Invalid value: null: field is immutable']);
  const { metadata, status } = kind.updated({ metadata: { labels: { a: 'b' } } }, { metadata: { labels: { c: 'd' } }, status: { resourceClaimStatuses: [{ name: 'c' }], conditions: [] } }, 'status');
  assert.deepEqual([metadata.labels, status], [{ a: 'b' }, { conditions: [] }]);
  assert.deepEqual(kind.update({}, { status: { conditions: [{ type: 'A', status: 'x', reason: '1' }, { type: 'A', status: 'True', reason: 'R', lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: -1 }] } }, 'status'), [
    'status.conditions[0].status: Unsupported value: "x": supported values: "False", "True", "Unknown"', 'status.conditions[0].lastTransitionTime: Required value',
    "status.conditions[0].reason: Invalid value: \"1\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    'status.conditions[1].type: Duplicate value: "A"', 'status.conditions[1].observedGeneration: Invalid value: -1: must be greater than or equal to zero']);
});
