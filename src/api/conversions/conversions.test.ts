import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { decodeObject } from '../codec/strict.ts';
import type { KubeObject } from '../meta/object.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import { allResources } from '../schema/older-versions.ts';
import { builtinSchema } from '../schema/table.ts';
import { filledObject } from '../schema/testing/filled-object.ts';
import type { Conversion } from './conversion.ts';
import { conversionBetween } from './conversion.ts';
import { olderVersionRules } from './older-registry.ts';
import { sharedStorage, versionRules } from './registry.ts';
import type { VersionRules } from './version-rules.ts';

interface Pair { readonly served: ResourceSchema; readonly stored: ResourceSchema; readonly conversion: Conversion }

/** Every version that is not the stored one. */
function pairs(resources: readonly ResourceSchema[], rules: Readonly<Record<string, VersionRules>>): Pair[] {
  return resources.flatMap((served) => {
    const home = sharedStorage[`${served.group}/${served.resource}`] ?? served;
    const stored = resources.find((one) => one.group === home.group && one.resource === home.resource)!;
    const conversion = conversionBetween(served, stored, rules[`${served.group}/${served.version}/${served.resource}`]);
    return conversion === undefined || !served.verbs.includes('list') ? [] : [{ served, stored, conversion }];
  });
}

const unknownFields = (object: KubeObject, schema: ResourceSchema): readonly string[] =>
  decodeObject(structuredClone(object) as unknown as Record<string, unknown>, schema.schema, { definition: (name) => builtinSchema.definition(name) }).unknownFields;

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const one of Object.values(value)) frozen(one);
  }
  return value;
}

/** What upstream adds on the way, too: an empty `basic`, the raw status in an annotation, and the metric that v1 left to the server. */
const additions: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  'resource.k8s.io/v1beta1/resourceslices': (object) => {
    const copy = structuredClone(object) as KubeObject & { spec?: { devices?: { basic?: object }[] } };
    for (const device of copy.spec?.devices ?? []) device.basic ??= {};
    return copy;
  },
  'discovery.k8s.io/v1beta1/endpointslices': (object) => {
    const copy = structuredClone(object) as KubeObject & { endpoints?: { nodeName?: string; topology?: Record<string, string> }[] };
    for (const endpoint of copy.endpoints ?? []) if (endpoint.nodeName !== undefined) endpoint.topology = { 'kubernetes.io/hostname': endpoint.nodeName, ...endpoint.topology };
    return copy;
  },
  'autoscaling/v1/horizontalpodautoscalers': (object) => {
    const { metadata, spec, ...rest } = structuredClone(object) as KubeObject & { spec?: { targetCPUUtilizationPercentage?: number } };
    delete metadata.annotations?.['autoscaling.alpha.kubernetes.io/current-metrics'];
    if (Object.keys(metadata.annotations ?? {}).length === 0) delete metadata.annotations;
    return { ...rest, metadata, ...(spec !== undefined && { spec: { ...spec, targetCPUUtilizationPercentage: spec.targetCPUUtilizationPercentage ?? 80 } }) } as KubeObject;
  },
};

const known = pairs((await allResources()).resources, { ...versionRules, ...olderVersionRules });

test('every version beside the stored one has a conversion', () => {
  assert.ok(known.length >= 50, String(known.length));
});

/** What chance fills contradicts itself here: what is said for all versions may not be said for one. It has a test of its own. */
const isDefinition = ({ resource }: ResourceSchema): boolean => resource === 'customresourcedefinitions';

for (const { served, stored, conversion } of known.filter((pair) => !isDefinition(pair.served))) {
  test(`${served.group}/${served.version} ${served.kind}: there and back is what it was`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const object = frozen(filledObject(served.schema, new SeededRandom(seed), seed === 1 ? 1 : 0.6));
      const there = frozen(conversion.toStored(object));
      assert.equal(there.apiVersion, stored.group === '' ? stored.version : `${stored.group}/${stored.version}`);
      assert.deepEqual(unknownFields(there, stored), [], `seed ${seed}`);
      const back = conversion.fromStored(there);
      assert.deepEqual(unknownFields(back, served), [], `seed ${seed}`);
      const plain = additions[`${served.group}/${served.version}/${served.resource}`] ?? ((one: KubeObject) => one);
      assert.deepEqual(plain(back), plain(object), `seed ${seed}`);
      assert.deepEqual(conversion.fromStored(frozen(conversion.toStored(frozen(back)))), back, `seed ${seed}`);
    }
  });
}

/** Chance fills both of two fields of which only one may be set. A daemon set of extensions writes an annotation of its own. */
const contradictory: ReadonlySet<string> = new Set(['horizontalpodautoscalers', 'customresourcedefinitions', 'ingresses']);

test('what is stored survives a round trip through every version', () => {
  for (const { served, stored, conversion } of known) {
    for (let seed = 1; seed <= 10; seed++) {
      const object = frozen(filledObject(stored.schema, new SeededRandom(seed)));
      if (contradictory.has(stored.resource) || (served.group === 'extensions' && served.resource === 'daemonsets')) continue;
      assert.deepEqual(conversion.toStored(frozen(conversion.fromStored(object))), object, `${served.group}/${served.version} ${served.kind}, seed ${seed}`);
    }
  }
});

test('autoscaling/v1 keeps what it has no field for in annotations, in the form upstream writes them', () => {
  const served = builtinSchema.resource('autoscaling', 'v1', 'horizontalpodautoscalers')!;
  const stored = builtinSchema.resource('autoscaling', 'v2', 'horizontalpodautoscalers')!;
  const conversion = conversionBetween(served, stored, versionRules['autoscaling/v1/horizontalpodautoscalers'])!;
  const object = frozen({
    apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 9,
      metrics: [
        { type: 'Pods', pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: '10' } } },
        { type: 'Object', object: { describedObject: { kind: 'Ingress', name: 'web', apiVersion: 'networking.k8s.io/v1' }, metric: { name: 'hits', selector: { matchLabels: { a: 'b' } } }, target: { type: 'Value', value: '2k' } } },
        { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' } } },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }] } },
    },
    status: {
      currentReplicas: 2, desiredReplicas: 3,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50, averageValue: '100m' } } }],
      conditions: [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-03-01T10:00:00Z' }],
    },
  });
  const v1 = frozen(conversion.fromStored(object)) as KubeObject & { spec: unknown; status: unknown };
  assert.deepEqual(v1.metadata.annotations, {
    'autoscaling.alpha.kubernetes.io/metrics': '[{"type":"Pods","pods":{"metricName":"qps","targetAverageValue":"10"}},{"type":"Object","object":{"target":{"kind":"Ingress","name":"web","apiVersion":"networking.k8s.io/v1"},"metricName":"hits","targetValue":"2k","selector":{"matchLabels":{"a":"b"}}}},{"type":"External","external":{"metricName":"queue","targetAverageValue":"30"}}]',
    'autoscaling.alpha.kubernetes.io/current-metrics': '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":50,"currentAverageValue":"100m"}}]',
    'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"AbleToScale","status":"True","lastTransitionTime":"2026-03-01T10:00:00Z"}]',
    'autoscaling.alpha.kubernetes.io/behavior': '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":null}}',
  });
  assert.deepEqual(v1.spec, { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 9, targetCPUUtilizationPercentage: 60 });
  assert.deepEqual(v1.status, { currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 50 });
  assert.deepEqual(conversion.toStored(v1), object);
  assert.deepEqual((conversion.toStored({ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: {}, spec: {} } as KubeObject) as unknown as typeof object).spec.metrics, [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ]);
});
