import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import { horizontalPodAutoscalerDefinition } from './horizontal-pod-autoscaler.ts';

const hpa = kindOf(horizontalPodAutoscalerDefinition);
const spec = (fields: Fields = {}): Fields => ({ spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3, ...fields } });
const metric = (fields: Fields): Fields => spec({ metrics: [fields] });
const utilization = { type: 'Utilization', averageUtilization: 50 };
const at = 'spec.metrics[0]';
const types = '"ContainerResource", "External", "Object", "Pods", "Resource"';
const policies = [{ type: 'Pods', value: 1, periodSeconds: 1 }];

test('defaults of an autoscaler', () => {
  assert.deepEqual(hpa.make(spec({ behavior: { scaleUp: { selectPolicy: 'Min' } } })).spec, {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3, minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Min', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] },
      scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    },
  });
  assert.deepEqual(hpa.make({ ...spec(), apiVersion: 'autoscaling/v1' }).spec.metrics, undefined);
});

const rows: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a plain one', spec()],
  ['amounts', spec({ minReplicas: 0, maxReplicas: -1 }), 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1', 'spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1', 'spec.maxReplicas: Invalid value: -1: must be greater than or equal to `minReplicas`', 'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas'],
  ['nothing', { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } } }, 'spec.maxReplicas: Required value: must be set and greater than 0', 'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`'],
  ['no target', { spec: { maxReplicas: 1 } }, 'spec.scaleTargetRef.kind: Required value', 'spec.scaleTargetRef.name: Required value', 'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group'],
  ['a controller of the core group', spec({ scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'r' } })],
  ['a bad version', spec({ scaleTargetRef: { apiVersion: 'a/b/c', kind: 'D/', name: '..' } }), "spec.scaleTargetRef.kind: Invalid value: \"D/\": may not contain '/'", "spec.scaleTargetRef.name: Invalid value: \"..\": may not be '..'", 'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  ['no type', metric({}), `${at}.type: Required value: must specify a metric source type`, `${at}.type: Unsupported value: "": supported values: ${types}`, `${at}.type: Unsupported value: "": supported values: ${types}`],
  ['no source', metric({ type: 'Pods' }), `${at}.pods: Required value: must populate information for the given metric source`],
  ['another source', metric({ type: 'Pods', resource: { name: 'cpu', target: utilization } }), `${at}.pods: Required value: must populate information for the given metric source`],
  ['two sources', metric({ type: 'Resource', resource: { name: 'cpu', target: utilization }, pods: { metric: {}, target: {} } }), `${at}.pods.metric.name: Required value: must specify a metric name`, `${at}.pods.target.type: Required value: must specify a metric target type`, `${at}.pods.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue`, `${at}.pods.target.averageValue: Required value: must specify a positive target averageValue`, `${at}.pods: Forbidden: must populate the given metric source only`],
  ['a resource', metric({ type: 'Resource', resource: { name: '', target: { type: 'x', value: '0', averageValue: '-1' } } }), `${at}.resource.name: Required value: must specify a resource name`, `${at}.resource.target.type: Invalid value: "x": must be either Utilization, Value, or AverageValue`, `${at}.resource.target.value: Invalid value: "0": must be positive`, `${at}.resource.target.averageValue: Invalid value: "-1": must be positive`],
  ['no value of a resource', metric({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }), `${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`],
  ['two values of a resource', metric({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0, averageValue: '1' } } }), `${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`, `${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`],
  ['a container', metric({ type: 'ContainerResource', containerResource: { name: 'bananas', container: 'A', target: utilization } }), `${at}.containerResource.name: Invalid value: "bananas": must be a standard resource type or fully qualified`, `${at}.containerResource.name: Invalid value: "bananas": must be a standard resource for containers`, `${at}.containerResource.container: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`],
  ['an object', metric({ type: 'Object', object: { describedObject: { kind: 'K', name: 'n' }, metric: { name: 'a/b' }, target: { type: 'Value' } } }), `${at}.object.metric.name: Invalid value: "a/b": may not contain '/'`, `${at}.object.target.averageValue: Required value: must set either a target value or averageValue`],
  ['something else', metric({ type: 'External', external: { metric: { name: 'm' }, target: { type: 'Value', value: '1', averageValue: '1' } } }), `${at}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`],
  ['behavior', spec({ behavior: { scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: 'x', policies: [] }, scaleDown: { stabilizationWindowSeconds: -1, tolerance: '-1', policies: [{ type: 'x', value: 0, periodSeconds: 1801 }] } } }), 'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600', 'spec.behavior.scaleUp.selectPolicy: Unsupported value: "x": supported values: "Disabled", "Max", "Min"', 'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy', 'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero', 'spec.behavior.scaleDown.policies[0].type: Unsupported value: "x": supported values: "Percent", "Pods"', 'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero', 'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800', 'spec.behavior.scaleDown.tolerance: Invalid value: "-1": must be greater than or equal to 0'],
  ['good behavior', spec({ behavior: { scaleUp: { policies }, scaleDown: { tolerance: '0.1' } } })],
];
for (const [name, fields, ...expected] of rows) test(`autoscaler: ${name}`, () => assert.deepEqual(hpa.errors(fields), expected));

test('an update of an autoscaler', () => {
  const odd = { scaleTargetRef: { kind: 'Deployment', name: 'd' } };
  assert.deepEqual(hpa.update(spec(odd), spec({ ...odd, maxReplicas: 5 })), []);
  assert.deepEqual(hpa.update(spec(), spec(odd)), ['spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group']);
  const external = { minReplicas: 0, metrics: [{ type: 'External', external: { metric: { name: 'm' }, target: { type: 'Value', value: '1' } } }] };
  assert.deepEqual(hpa.update(spec(external), spec(external)), []);
  assert.deepEqual(hpa.update(spec(), spec(external)), ['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1']);
  assert.equal(hpa.updated(spec(), { ...spec({ maxReplicas: 9 }), status: { desiredReplicas: 1 } }).status, undefined);
  assert.deepEqual(hpa.update(spec(), { ...spec(), status: { currentReplicas: -1, desiredReplicas: -2 } }, 'status'), ['status.currentReplicas: Invalid value: -1: must be greater than or equal to 0', 'status.desiredReplicas: Invalid value: -2: must be greater than or equal to 0']);
  assert.equal(hpa.updated(spec(), { ...spec({ maxReplicas: 9 }), status: { desiredReplicas: 1 } }, 'status').spec.maxReplicas, 3);
});

test('columns of an autoscaler', () => {
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: utilization } }, { type: 'Pods', pods: { target: { averageValue: '5' } } }, { type: 'Object', object: { target: { value: '1' } } }];
  assert.deepEqual(hpa.cells({ ...spec({ metrics, minReplicas: 2 }), status: { currentReplicas: 1, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 10 } } }, { type: 'Pods', pods: { current: {} } }] } }), ['a', 'Deployment/d', 'cpu: 10%/50%, <nil>/5 + 1 more...', '2', 3, 1, '60m']);
});
