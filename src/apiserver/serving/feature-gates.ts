/**
 * kube-apiserver's `--feature-gates`, for the gates that change something here. A gate that upstream has and this
 * server does not look at is refused like one that does not exist: accepting it would promise something.
 */
import type { ResourceSchema } from '../../api/schema/schema.ts';
import type { Gauge } from '../../base/metrics.ts';
import type { ConfigurationMap } from './configuration-map.ts';

interface Gate {
  /** How upstream v1.36 ships it. */
  readonly stage: 'alpha' | 'beta';
  readonly default: boolean;
  /** What is served only while it is on, whatever `--runtime-config` says: `group/resource`. */
  readonly resources: readonly string[];
  /** Gates that must be on where it is. */
  readonly needs?: readonly string[];
}

const gates: Readonly<Record<string, Gate>> = {
  CBORServingAndStorage: { stage: 'alpha', default: false, resources: [] },
  ClusterTrustBundle: { stage: 'beta', default: false, resources: ['certificates.k8s.io/clustertrustbundles'] },
  GangScheduling: { stage: 'alpha', default: false, resources: [], needs: ['GenericWorkload'] },
  GenericWorkload: { stage: 'alpha', default: false, resources: ['scheduling.k8s.io/podgroups', 'scheduling.k8s.io/workloads'] },
  PodCertificateRequest: { stage: 'beta', default: false, resources: ['certificates.k8s.io/podcertificaterequests'] },
};
/** Gates of the same family as some above, which nothing here carries out. */
const unsupported: ReadonlySet<string> = new Set(['DRAWorkloadResourceClaims', 'TopologyAwareWorkloadScheduling', 'WorkloadAwarePreemption', 'WorkloadWithJob']);
const stages: Readonly<Record<string, Gate['stage']>> = { AllAlpha: 'alpha', AllBeta: 'beta' };

/** Gates as they were given: name -> `true` or `false`. */
export type FeatureGateSettings = ConfigurationMap;

/** Says whether a gate is on. */
export type FeatureGates = (name: string) => boolean;

/** Every gate that `--feature-gates` takes. */
export const featureGateNames: readonly string[] = [...Object.keys(stages), ...Object.keys(gates)];

/** What the settings make of the gates. Throws an Error, worded as upstream words it, for an unknown gate, a bad value, or a gate without one that it depends on. */
export function featureGates(settings: FeatureGateSettings = {}): FeatureGates {
  const given = new Map<string, boolean>();
  for (const [name, value] of Object.entries(settings)) {
    if (unsupported.has(name)) throw new Error(`not supported: feature gate ${name}`);
    if (!featureGateNames.includes(name)) throw new Error(`unrecognized feature gate: ${name} (known: ${featureGateNames.join(', ')})`);
    const truth = /^(?:1|t|T|TRUE|true|True)$/.test(value);
    if (!truth && !/^(?:0|f|F|FALSE|false|False)$/.test(value)) throw new Error(`invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    given.set(name, truth);
  }
  const enabled: FeatureGates = (name) => {
    const gate = gates[name];
    if (gate === undefined) return given.get(name) ?? false;
    const [ofStage] = Object.entries(stages).find(([, stage]) => stage === gate.stage)!;
    return given.get(name) ?? given.get(ofStage) ?? gate.default;
  };
  for (const [name, { needs = [] }] of Object.entries(gates)) {
    const missing = enabled(name) ? needs.filter((other) => !enabled(other)) : [];
    if (missing.length > 0) throw new Error(`${name} is enabled, but depends on features that are disabled: [${missing.join(' ')}]`);
  }
  return enabled;
}

/** Every gate, its stage and whether it is on, as something to scrape. */
export function featureFamilies(enabled: FeatureGates): Gauge[] {
  const all: readonly (readonly [string, string])[] = [...Object.entries(stages), ...Object.entries(gates).map(([name, { stage }]) => [name, stage] as const)];
  return [{ name: 'kubernetes_feature_enabled', help: '[BETA] 1 for each feature that is on, 0 for each that is not.', read: () => all.map(([name, stage]) => [{ name, stage: stage.toUpperCase() }, Number(enabled(name))] as const) }];
}

const gateOfResource = new Map(Object.entries(gates).flatMap(([name, { resources }]) => resources.map((resource): [string, string] => [resource, name])));

/** Whether the resource's gate, if it has one, is on. */
export function allowedByGates(enabled: FeatureGates, resource: Pick<ResourceSchema, 'group' | 'resource'>): boolean {
  const gate = gateOfResource.get(`${resource.group}/${resource.resource}`);
  return gate === undefined || enabled(gate);
}
