import type { FieldError } from '../../api/field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../api/field-error.ts';
import { qualifiedName } from '../../api/meta/validation.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import type { ShapePoint } from '../plugins/node-resources-fit/score-strategy.ts';
import type { PluginArgs } from './configuration.ts';
import { addedAffinityErrors } from './node-terms.ts';

type Specs = readonly { readonly name?: string; readonly weight?: number }[];

const usualResources = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }];
const withWeights = (resources: Specs | undefined): { name: string; weight: number }[] => ((resources ?? []).length === 0 ? usualResources : (resources ?? []).map(({ name = '', weight = 0 }) => ({ name, weight: weight === 0 ? 1 : weight })));
const points = (shape: readonly Partial<ShapePoint>[] | undefined): ShapePoint[] => (shape ?? []).map(({ utilization = 0, score = 0 }) => ({ utilization, score }));

/** The arguments with upstream's defaults filled in. */
export const defaulted: { readonly [P in keyof PluginArgs]: (args: PluginArgs[P]) => PluginArgs[P] } = {
  DefaultPreemption: (args) => ({ minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100, ...args }),
  InterPodAffinity: (args) => ({ hardPodAffinityWeight: 1, ...args }),
  NodeAffinity: (args) => args,
  NodeResourcesFit: ({ scoringStrategy = { type: 'LeastAllocated' }, ...args }) => ({
    ...args,
    scoringStrategy: { ...scoringStrategy, resources: withWeights(scoringStrategy.resources), ...(scoringStrategy.requestedToCapacityRatio !== undefined && { requestedToCapacityRatio: { shape: points(scoringStrategy.requestedToCapacityRatio.shape) } }) },
  }),
  NodeResourcesBalancedAllocation: ({ resources, ...args }) => ({ ...args, resources: withWeights(resources) }),
  PodTopologySpread: ({ defaultingType, ...args }) => ({ ...args, defaultingType: defaultingType === undefined || defaultingType === '' ? 'System' : defaultingType }),
  VolumeBinding: (args) => ({ bindTimeoutSeconds: 600, ...args }),
  DynamicResources: (args) => ({ filterTimeout: '10s', bindingTimeout: '600s', ...args }),
};

const within = (field: string, value: number | undefined, [least, most]: readonly [number, number], detail: string): FieldError[] => (value !== undefined && (value < least || value > most) ? [invalid(field, value, detail)] : []);

function shapeErrors(shape: readonly Partial<ShapePoint>[] | undefined, path: string): FieldError[] {
  const all = points(shape);
  if (all.length === 0) return [required(path, 'at least one point must be specified')];
  const unsorted = all.findIndex(({ utilization }, i) => i > 0 && all[i - 1]!.utilization >= utilization);
  return [
    ...(unsorted < 0 ? [] : [invalid(`${path}[${unsorted}].utilization`, all[unsorted]!.utilization, 'values must be sorted in increasing order')]),
    ...all.flatMap(({ utilization, score }, i) => [...within(`${path}[${i}].utilization`, utilization, [0, 100], 'not in valid range [0, 100]'), ...within(`${path}[${i}].score`, score, [0, 10], 'not in valid range [0, 10]')]),
  ];
}

function fitErrors({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy = {} }: PluginArgs['NodeResourcesFit'], path: string): FieldError[] {
  const names = (values: readonly string[], field: string): FieldError[] => values.flatMap((value, i) => qualifiedName(value).map((detail) => invalid(`${path}.${field}[${i}]`, value, detail)));
  const strategy = `${path}.scoringStrategy`;
  const { type = '', resources = [], requestedToCapacityRatio: ratio } = scoringStrategy;
  const errors = [
    ...names(ignoredResources, 'ignoredResources'),
    ...ignoredResourceGroups.flatMap((group, i) => (group.includes('/') ? [invalid(`${path}.ignoredResourceGroups[${i}]`, group, "resource group name can't contain '/'")] : [])),
    ...names(ignoredResourceGroups, 'ignoredResourceGroups'),
  ];
  if (!['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'].includes(type)) errors.push(notSupported(`${strategy}.type`, type, ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']));
  for (const [i, { name = '', weight = 0 }] of resources.entries()) if (weight <= 0 || weight > 100) errors.push(invalid(`${strategy}.resources[${i}].weight`, weight, `resource weight of ${name} not in valid range (0, 100]`));
  if (type === 'RequestedToCapacityRatio') errors.push(...(ratio === undefined ? [required(`${strategy}.requestedToCapacityRatio`, 'must be specified when type is RequestedToCapacityRatio')] : shapeErrors(ratio.shape, `${strategy}.requestedToCapacityRatio.shape`)));
  else if (ratio !== undefined) errors.push(forbidden(`${strategy}.requestedToCapacityRatio`, 'must be nil when type is not RequestedToCapacityRatio'));
  return errors;
}

function spreadErrors({ defaultConstraints = [], defaultingType = '' }: PluginArgs['PodTopologySpread'], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (defaultingType !== 'System' && defaultingType !== 'List') errors.push(notSupported(`${path}.defaultingType`, defaultingType, ['System', 'List']));
  else if (defaultingType === 'System' && defaultConstraints.length > 0) errors.push(invalid(`${path}.defaultingType`, defaultingType, 'when .defaultConstraints are not empty'));
  for (const [i, { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', labelSelector }] of defaultConstraints.entries()) {
    const at = `${path}.defaultConstraints[${i}]`;
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'not in valid range (0, inf)'));
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    else errors.push(...qualifiedName(topologyKey).map((detail) => invalid(`${at}.topologyKey`, topologyKey, detail)));
    if (whenUnsatisfiable === '') errors.push(required(`${at}.whenUnsatisfiable`, 'can not be empty'));
    else if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway') errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    if (labelSelector !== undefined) errors.push(forbidden(`${at}.labelSelector`, 'constraint must not define a selector, as they deduced for each pod'));
    if (defaultConstraints.slice(0, i).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)) errors.push(duplicate(at, `{${topologyKey}, ${whenUnsatisfiable}}`));
  }
  return errors;
}

/** What is wrong with arguments that were defaulted. */
export const argsErrors: { readonly [P in keyof PluginArgs]: (args: PluginArgs[P], path: string) => FieldError[] } = {
  DefaultPreemption: ({ minCandidateNodesPercentage: percentage = 0, minCandidateNodesAbsolute: absolute = 0 }, path) => [
    ...within(`${path}.minCandidateNodesPercentage`, percentage, [0, 100], 'not in valid range [0, 100]'),
    ...within(`${path}.minCandidateNodesAbsolute`, absolute, [0, Infinity], 'not in valid range [0, inf)'),
    ...(percentage === 0 && absolute === 0 ? [invalid(`${path}.minCandidateNodesPercentage`, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'), invalid(`${path}.minCandidateNodesAbsolute`, 0, 'cannot be zero at the same time as minCandidateNodesPercentage')] : []),
  ],
  InterPodAffinity: ({ hardPodAffinityWeight }, path) => within(`${path}.hardPodAffinityWeight`, hardPodAffinityWeight, [0, 100], 'not in valid range [0, 100]'),
  NodeAffinity: ({ addedAffinity = {} }, path) => addedAffinityErrors(addedAffinity, `${path}.addedAffinity`),
  NodeResourcesFit: fitErrors,
  NodeResourcesBalancedAllocation: ({ resources = [] }, path) => resources.flatMap(({ name, weight }, i) => [
    ...(resources.slice(0, i).some((other) => other.name === name) ? [duplicate(`${path}.resources[${i}].name`, name)] : []),
    ...(weight === 1 ? [] : [invalid(`${path}.resources[${i}].weight`, weight, 'must be 1')]),
  ]),
  PodTopologySpread: spreadErrors,
  VolumeBinding: ({ bindTimeoutSeconds, shape }, path) => [
    ...within(`${path}.bindTimeoutSeconds`, bindTimeoutSeconds, [0, Infinity], 'invalid BindTimeoutSeconds, should not be a negative value'),
    ...(shape === undefined ? [] : [invalid(`${path}.shape`, shape, 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring')]),
  ],
  DynamicResources: ({ filterTimeout = '', bindingTimeout = '' }, path) => [
    ...((parseGoDuration(filterTimeout) ?? 0) < 0 ? [invalid(`${path}.filterTimeout`, filterTimeout, 'must be zero or positive')] : []),
    ...((parseGoDuration(bindingTimeout) ?? 1000) < 1000 ? [invalid(`${path}.bindingTimeout`, bindingTimeout, 'must be at least 1 second')] : []),
  ],
};
