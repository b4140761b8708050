import type { FieldSchema, ObjectSchema, ScalarSchema, ValueSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';

/** A field of a configuration type, written short. `@…` names a type of the API. */
type Short = ScalarSchema['kind'] | 'any' | `@${string}` | readonly [Short] | { readonly [field: string]: Short };

function valueOf(short: Short, name: string): ValueSchema {
  if (typeof short === 'string') {
    if (!short.startsWith('@')) return { kind: short } as ValueSchema;
    const definition = builtinSchema.definition(short.slice(1));
    if (definition === undefined) throw new Error(`no type ${short}`);
    return definition;
  }
  if (Array.isArray(short)) return { kind: 'list', items: valueOf(short[0] as Short, name) };
  return objectSchema(name, short as { readonly [field: string]: Short });
}

function objectSchema(name: string, fields: { readonly [field: string]: Short }): ObjectSchema {
  const entries = Object.entries(fields).map(([field, short]): readonly [string, FieldSchema] => [field, { name: field, value: valueOf(short, `${name}.${field}`), patchStrategy: [], listMapKeys: [] }]);
  return { kind: 'object', name: `io.k8s.kube-scheduler.config.v1.${name}`, fields: new Map(entries), required: [] };
}

const typeMeta = { apiVersion: 'string', kind: 'string' } as const;
const pluginSet = { enabled: [{ name: 'string', weight: 'int32' }], disabled: [{ name: 'string', weight: 'int32' }] } as const;
const shape = [{ utilization: 'int32', score: 'int32' }] as const;
const resources = [{ name: 'string', weight: 'int64' }] as const;

/** Extension points, as plug-ins are enabled and disabled at them. */
export const pointNames = ['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve', 'permit', 'preBind', 'bind', 'postBind', 'multiPoint', 'placementGenerate', 'placementScore'] as const;

/** The file as a whole. */
export const configurationSchema = (): ObjectSchema => objectSchema('KubeSchedulerConfiguration', {
  ...typeMeta,
  parallelism: 'int32',
  leaderElection: { leaderElect: 'boolean', leaseDuration: 'duration', renewDeadline: 'duration', retryPeriod: 'duration', resourceLock: 'string', resourceName: 'string', resourceNamespace: 'string' },
  clientConnection: { kubeconfig: 'string', acceptContentTypes: 'string', contentType: 'string', qps: 'number', burst: 'int32' },
  enableProfiling: 'boolean',
  enableContentionProfiling: 'boolean',
  percentageOfNodesToScore: 'int32',
  podInitialBackoffSeconds: 'int64',
  podMaxBackoffSeconds: 'int64',
  profiles: [{
    schedulerName: 'string',
    percentageOfNodesToScore: 'int32',
    plugins: Object.fromEntries(pointNames.map((point) => [point, pluginSet])),
    pluginConfig: [{ name: 'string', args: 'any' }],
  }],
  extenders: [{
    urlPrefix: 'string', filterVerb: 'string', preemptVerb: 'string', prioritizeVerb: 'string', weight: 'int64', bindVerb: 'string', enableHTTPS: 'boolean',
    tlsConfig: { insecure: 'boolean', serverName: 'string', certFile: 'string', keyFile: 'string', caFile: 'string', certData: 'bytes', keyData: 'bytes', caData: 'bytes' },
    httpTimeout: 'duration', nodeCacheCapable: 'boolean', managedResources: [{ name: 'string', ignoredByScheduler: 'boolean' }], ignorable: 'boolean',
  }],
  delayCacheUntilActive: 'boolean',
});

const args: Readonly<Record<string, { readonly [field: string]: Short }>> = {
  DefaultPreemption: { minCandidateNodesPercentage: 'int32', minCandidateNodesAbsolute: 'int32' },
  InterPodAffinity: { hardPodAffinityWeight: 'int32', ignorePreferredTermsOfExistingPods: 'boolean' },
  NodeAffinity: { addedAffinity: '@io.k8s.api.core.v1.NodeAffinity' },
  NodeResourcesFit: { ignoredResources: ['string'], ignoredResourceGroups: ['string'], scoringStrategy: { type: 'string', resources, requestedToCapacityRatio: { shape } } },
  NodeResourcesBalancedAllocation: { resources },
  PodTopologySpread: { defaultConstraints: ['@io.k8s.api.core.v1.TopologySpreadConstraint'], defaultingType: 'string' },
  VolumeBinding: { bindTimeoutSeconds: 'int64', shape },
  DynamicResources: { filterTimeout: 'duration', bindingTimeout: 'duration' },
};

/** The arguments of a plug-in; undefined for one that takes none. */
export function argsSchema(plugin: string): ObjectSchema | undefined {
  const fields = args[plugin];
  return fields === undefined ? undefined : objectSchema(`${plugin}Args`, { ...typeMeta, ...fields });
}
