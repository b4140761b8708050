import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HPAScalingRules } from '../../api/types/autoscaling/v2.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { PodMetrics } from './metrics-client.ts';
import { requestsOf } from './pod-requests.ts';
import type { PodMetricOptions } from './replica-calculator.ts';
import { averageAgainst, dividedReplicas, podMetricReplicas, sharedReplicas, utilizationAgainst } from './replica-calculator.ts';
import { limitWithoutRules, limitWithRules, ScalingHistory } from './scaling-history.ts';

const nowMs = Date.UTC(2026, 0, 2);
const ago = (ms: number): string => formatTime(nowMs - ms);
const tolerances = { up: 0.1, down: 0.1 };
const timing = { nowMs, cpuInitializationPeriodMs: 120_000, initialReadinessDelayMs: 10_000 };

interface Traits { phase?: string; ready?: boolean; startedAgoMs?: number; changedAgoMs?: number; deleted?: boolean; request?: string }

function pod(name: string, { phase = 'Running', ready = true, startedAgoMs = 3_600_000, changedAgoMs = startedAgoMs - 5_000, deleted = false, request = '1' }: Traits = {}): Pod {
  return {
    metadata: { namespace: 'ns', name, ...(deleted && { deletionTimestamp: ago(0) }) },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: request } } }] },
    status: { phase, startTime: ago(startedAgoMs), conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: ago(changedAgoMs) }] },
  };
}

/** Utilization of 50 % is wanted. Levels: thousandths of a core that pods `p0`, `p1` … use; undefined where there is no metric. */
function byUtilization(current: number, pods: readonly Pod[], levels: readonly (number | undefined)[], target = 50): ReturnType<typeof podMetricReplicas> {
  const metrics: PodMetrics = new Map(levels.flatMap((value, i) => (value === undefined ? [] : [[`p${i}`, { value, timestampMs: nowMs, windowMs: 60_000 }]])));
  const requests = requestsOf(pods, 'cpu', undefined);
  return podMetricReplicas({ pods, metrics, resource: 'cpu', current, tolerances, timing, measure: utilizationAgainst(target, requests), fallback: (name) => (requests.get(name)! * Math.max(100, target)) / 100 });
}

const podsOf = (...traits: Traits[]): Pod[] => traits.map((one, i) => pod(`p${i}`, one));

describe('replicas by utilization', () => {
  const unready = { ready: false, startedAgoMs: 60_000, changedAgoMs: 55_000 };
  const cases: [string, number, Pod[], (number | undefined)[], number][] = [
    ['more usage, more pods', 3, podsOf({}, {}, {}), [700, 800, 900], 5],
    ['less usage, fewer pods', 5, podsOf({}, {}, {}, {}, {}), [100, 300, 500, 250, 250], 3],
    ['within the tolerance nothing changes', 3, podsOf({}, {}, {}), [520, 540, 550], 3],
    ['pods that are not ready count as using nothing, and hold growth back', 3, podsOf(unready, {}, {}), [900, 800, 900], 4],
    ['so that it may not grow at all', 3, podsOf(unready, {}, unready), [400, 950, 900], 3],
    ['pending pods neither', 3, podsOf({}, {}, { phase: 'Pending' }), [900, 900, undefined], 4],
    ['failed and deleted pods do not count', 2, podsOf({}, {}, { phase: 'Failed' }, { deleted: true }), [800, 800, 900, 900], 4],
    ['a missing metric means full usage when there are too many', 4, podsOf({}, {}, {}, {}), [100, 200, 250, undefined], 4],
    ['and none when there are too few', 2, podsOf({}, {}), [1000, undefined], 2],
    ['a pod that was never ready is not ready however old', 2, podsOf({}, { ready: false, changedAgoMs: 3_595_000 }), [1000, 100], 2],
  ];
  for (const [title, current, pods, levels, expected] of cases) it(title, () => assert.equal(byUtilization(current, pods, levels).replicas, expected));

  it('says what is used', () => assert.deepEqual(byUtilization(3, podsOf({}, {}, {}), [700, 800, 900]), { replicas: 5, average: 800, utilization: 80 }));
  it('cannot be computed', () => {
    assert.throws(() => byUtilization(1, [], []), /no pods returned by selector while calculating replica count/);
    assert.throws(() => byUtilization(1, podsOf({ phase: 'Pending' }), [100]), /did not receive metrics for targeted pods \(pods might be unready\)/);
    assert.throws(() => requestsOf([{ metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } }], 'cpu', undefined), /missing request for cpu in container c of Pod p/);
    assert.throws(() => requestsOf([pod('p')], 'cpu', 'd'), /container d not found in Pod p/);
  });
});

it('replicas by an average of pods', () => {
  const pods = podsOf({}, {}, {});
  const metrics: PodMetrics = new Map(pods.map((_, i) => [`p${i}`, { value: 20_000, timestampMs: nowMs, windowMs: 60_000 }]));
  const options: PodMetricOptions = { pods, metrics, current: 3, tolerances, timing, measure: averageAgainst(15_000), fallback: () => 15_000 };
  assert.deepEqual(podMetricReplicas(options), { replicas: 4, average: 20_000 });
});

it('replicas by a value that is shared, or divided', () => {
  const pods = podsOf({}, {}, {});
  assert.equal(sharedReplicas({ usage: 20_000, target: 15_000, current: 3, tolerances, pods }), 4);
  assert.equal(sharedReplicas({ usage: 15_500, target: 15_000, current: 3, tolerances, pods }), 3);
  assert.equal(sharedReplicas({ usage: 20_000, target: 15_000, current: 0, tolerances, pods: [] }), 2);
  assert.deepEqual(dividedReplicas({ usage: 100_000, target: 20_000, current: 3, tolerances }), { replicas: 5, average: 33_334 });
  assert.deepEqual(dividedReplicas({ usage: 61_000, target: 20_000, current: 3, tolerances }), { replicas: 3, average: 20_334 });
});

describe('limits', () => {
  const cases: [string, [number, number, number, number], number, string][] = [
    ['within', [3, 5, 1, 10], 5, 'DesiredWithinRange'],
    ['too few', [3, 1, 2, 10], 2, 'TooFewReplicas'],
    ['too many', [6, 20, 1, 10], 10, 'TooManyReplicas'],
    ['twice as many at once', [3, 20, 1, 10], 6, 'ScaleUpLimit'],
    ['or four', [1, 20, 1, 10], 4, 'ScaleUpLimit'],
  ];
  for (const [title, args, replicas, reason] of cases) {
    it(`${title}, without rules`, () => {
      const limited = limitWithoutRules(...args);
      assert.deepEqual([limited.replicas, limited.reason], [replicas, reason]);
    });
  }

  it('of rules count what was done in each period', () => {
    const rules: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }, { type: 'Percent', value: 10, periodSeconds: 60 }] };
    const history = new ScalingHistory(10, nowMs);
    assert.equal(history.limit('up', 10, rules, nowMs), 14);
    history.changed(10, 13, rules, nowMs);
    assert.equal(history.limit('up', 13, rules, nowMs + 30_000), 14);
    assert.equal(history.limit('up', 13, rules, nowMs + 61_000), 17);
    assert.equal(history.limit('up', 100, { ...rules, selectPolicy: 'Min' }, nowMs + 61_000), 104);
    assert.equal(history.limit('down', 100, { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }, { type: 'Pods', value: 4, periodSeconds: 60 }] }, nowMs + 61_000), 90);
    assert.equal(history.limit('down', 100, { ...rules, selectPolicy: 'Disabled' }, nowMs), 100);
    assert.deepEqual(limitWithRules(13, 30, 1, 50, (direction) => history.limit(direction, 13, rules, nowMs + 30_000)).reason, 'ScaleUpLimit');
    assert.deepEqual(limitWithRules(13, 30, 1, 14, () => 99).reason, 'TooManyReplicas');
    assert.deepEqual(limitWithRules(13, 1, 2, 14, () => 0).reason, 'TooFewReplicas');
    assert.deepEqual(limitWithRules(13, 1, 2, 14, () => 9), { replicas: 9, reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' });
  });
});

it('recent recommendations hold a change back', () => {
  const history = new ScalingHistory(10, nowMs);
  assert.equal(history.stabilize(3, 300_000, nowMs + 60_000), 10);
  assert.equal(history.stabilize(4, 300_000, nowMs + 301_000), 4);
  assert.equal(history.stabilize(2, 300_000, nowMs + 500_000), 4);
  const rules = new ScalingHistory(5, nowMs);
  assert.deepEqual(rules.stabilizeBetween(9, 5, { upMs: 60_000, downMs: 300_000 }, nowMs + 30_000), { replicas: 5, reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' });
  assert.equal(rules.stabilizeBetween(9, 5, { upMs: 60_000, downMs: 300_000 }, nowMs + 61_000).replicas, 9);
  assert.equal(rules.stabilizeBetween(2, 9, { upMs: 0, downMs: 300_000 }, nowMs + 90_000).reason, 'ScaleDownStabilized');
});
