import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { podDisruptionBudgetDefinition } from './pod-disruption-budget.ts';

test('pod disruption budgets', () => {
  const kind = kindOf(podDisruptionBudgetDefinition, {});
  const percent = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  const table: [Fields, string[]][] = [
    [{ minAvailable: '50%', selector: { matchLabels: { a: 'b' } }, unhealthyPodEvictionPolicy: 'AlwaysAllow' }, []],
    [{ minAvailable: 1, maxUnavailable: '10%' }, ['spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"10%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set']],
    [{ minAvailable: -1 }, ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
    [{ maxUnavailable: 'x' }, [`spec.maxUnavailable: Invalid value: "x": ${percent}`]],
    [{ maxUnavailable: '101%' }, ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%']],
    [{ selector: { matchExpressions: [{ key: 'a', operator: 'x' }] }, unhealthyPodEvictionPolicy: 'y' }, ['spec.selector.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator', 'spec.unhealthyPodEvictionPolicy: Unsupported value: "y": supported values: "AlwaysAllow", "IfHealthyBudget"']],
  ];
  for (const [spec, expected] of table) assert.deepEqual(kind.errors({ spec }), expected, JSON.stringify(spec));
  const made = kind.make({ status: { disruptionsAllowed: 5 } });
  assert.deepEqual([made.status, made.metadata.generation], [{ currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }, 1]);
  assert.equal(kind.updated({ spec: { minAvailable: 1 } }, { spec: { minAvailable: 2 } }).metadata.generation, 2);
  // A label value that never matched may stay.
  const selector = { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] };
  assert.equal(kind.errors({ spec: { selector } }).length, 1);
  assert.deepEqual(kind.update({ spec: { selector } }, { spec: { selector } }), []);
  assert.deepEqual(kind.update({}, { status: { disruptionsAllowed: -1, currentHealthy: -2, desiredHealthy: 0, expectedPods: 0, conditions: [{ type: 'a b' }] } }, 'status').map((text) => text.split(':')[0]), [
    'status.conditions[0].type', 'status.conditions[0].status', 'status.conditions[0].lastTransitionTime', 'status.conditions[0].reason', 'status.disruptionsAllowed', 'status.currentHealthy']);
  assert.deepEqual(kind.cells({ spec: { maxUnavailable: 1 }, status: { disruptionsAllowed: 2 } }), ['a', 'N/A', '1', 2, '60m']);
});
