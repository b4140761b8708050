import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { node, place, pod, TestCluster } from '../testing/cluster.ts';
import { readSchedulerConfiguration } from './read.ts';

const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const read = (rest: string) => readSchedulerConfiguration(head + rest);
const args = (name: string, text: string): string => `profiles:\n- pluginConfig:\n  - name: ${name}\n    args: ${text}\n`;

describe('a configuration of the scheduler', () => {
  it('has upstream\'s defaults', () => {
    const { settings, extenders, leaderElect } = read('');
    assert.deepEqual(settings.profiles.map(({ schedulerName }) => schedulerName), ['default-scheduler']);
    assert.deepEqual([settings.backoff, settings.percentageOfNodesToScore, extenders, leaderElect], [{ initialMs: 1000, maxMs: 10_000 }, 0, [], undefined]);
    assert.deepEqual(settings.profiles[0]?.preemption, { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 });
  });

  for (const [title, text, message] of [
    ['of unknown fields', 'foo: 1\nprofiles:\n- bar: 2\n', 'strict decoding error: unknown field "foo", unknown field "profiles[0].bar"'],
    ['of types', 'parallelism: many\n', 'json: cannot unmarshal string into Go struct field KubeSchedulerConfiguration.parallelism of type int32'],
    ['of parallelism', 'parallelism: -1\n', 'parallelism: Invalid value: -1: should be an integer value greater than zero'],
    ['of percentages', 'percentageOfNodesToScore: 101\n', 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]'],
    ['of back-offs', 'podInitialBackoffSeconds: 5\npodMaxBackoffSeconds: 2\n', 'podMaxBackoffSeconds: Invalid value: 2: must be greater than or equal to PodInitialBackoffSeconds'],
    ['of names that are given twice', 'profiles:\n- schedulerName: a\n- schedulerName: a\n', 'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"'],
    ['of names that are missing', 'profiles:\n- schedulerName: a\n- {}\n', 'profiles[1].schedulerName: Required value'],
    ['of plug-ins that are gone', 'profiles:\n- plugins: {filter: {enabled: [{name: EBSLimits}]}}\n', 'profiles[0].plugins.filter.enabled[0]: Invalid value: "EBSLimits": was invalid in version "kubescheduler.config.k8s.io/v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")'],
    ['of plug-ins that never were', 'profiles:\n- plugins: {multiPoint: {enabled: [{name: Foo}]}}\n', 'initializing profiles: creating profile for scheduler name default-scheduler: plugin "Foo" does not exist'],
    ['of arguments', args('InterPodAffinity', '{hardPodAffinityWeight: 101}'), 'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]'],
    ['of unknown arguments', args('InterPodAffinity', '{foo: 1}'), 'strict decoding error: decoding .profiles[0].pluginConfig[0]: strict decoding error: decoding args for plugin InterPodAffinity: strict decoding error: unknown field "foo"'],
    ['of arguments of another plug-in', args('InterPodAffinity', '{kind: NodeAffinityArgs}'), 'decoding .profiles[0].pluginConfig[0]: args for plugin InterPodAffinity were not of type InterPodAffinityArgs.kubescheduler.config.k8s.io, got NodeAffinityArgs.kubescheduler.config.k8s.io'],
    ['of strategies', args('NodeResourcesFit', '{scoringStrategy: {type: Best}}'), 'profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"'],
    ['of shapes', args('NodeResourcesFit', '{scoringStrategy: {type: RequestedToCapacityRatio}}'), 'profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio'],
    ['of default constraints', args('PodTopologySpread', '{defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]}'), 'profiles[0].pluginConfig[0].args.defaultingType: Invalid value: "System": when .defaultConstraints are not empty'],
    ['of candidates', args('DefaultPreemption', '{minCandidateNodesPercentage: 200}'), 'profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 200: not in valid range [0, 100]'],
    ['of operators', args('NodeAffinity', '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: Near, values: [a]}]}]}}}'), 'profiles[0].pluginConfig[0].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Unsupported value: "Near": supported values: "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"'],
    ['of values', args('NodeAffinity', '{addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: zone, operator: Gt, values: [a]}]}}]}}'), "profiles[0].pluginConfig[0].args.addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].matchExpressions[0].values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer"],
    ['of time for devices', args('DynamicResources', '{bindingTimeout: 10ms}'), 'profiles[0].pluginConfig[0].args.bindingTimeout: Invalid value: "10ms": must be at least 1 second'],
    ['of leases', 'leaderElection: {leaseDuration: 5s}\n', 'leaderElection.leaseDuration: Invalid value: "10s": must be greater than `RenewDeadline`'],
    ['of negative times', 'leaderElection: {retryPeriod: -1s}\n', 'leaderElection.retryPeriod: Invalid value: "-1s": must be greater than zero'],
    ['of the queue', 'profiles:\n- schedulerName: a\n- schedulerName: b\n  plugins: {queueSort: {enabled: [{name: PrioritySort}]}}\n', 'profiles[1].plugins.queueSort: Invalid value: {"enabled":[{"name":"PrioritySort"}]}: must be the same for all profiles'],
    ['of bursts', 'clientConnection: {burst: -1}\n', 'clientConnection.burst: Invalid value: -1: must be non-negative'],
    ['of extenders', 'extenders:\n- {urlPrefix: "http://x", prioritizeVerb: p}\n', 'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it'],
    ['of binders', 'extenders:\n- {urlPrefix: "http://x", bindVerb: b}\n- {urlPrefix: "http://y", bindVerb: b}\n', 'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind'],
  ] as const) it(`says what is wrong ${title}`, () => assert.throws(() => read(text), { message }));

  it('is of one kind and version', () => {
    assert.throws(() => readSchedulerConfiguration('apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n'), /no kind "KubeSchedulerConfiguration" is registered for version "kubescheduler.config.k8s.io\/v1beta3"/);
  });
});

describe('what a configuration changes', () => {
  const half = node('half');
  const empty = node('empty');
  const running = [[pod({}, { cpu: '2', memory: '4Gi' }), 'half']] as const;
  const small = (): ReturnType<typeof pod> => pod({}, { cpu: '100m', memory: '200Mi' });
  const profile = (text: string) => read(text).settings.profiles[0]!;

  for (const [title, text, expected] of [
    ['nothing', '', 'empty'],
    ['fuller nodes first', args('NodeResourcesFit', '{scoringStrategy: {type: MostAllocated}}'), 'half'],
    ['a shape of one\'s own', args('NodeResourcesFit', '{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}}}'), 'half'],
    ['what is added to all pods\' affinity', args('NodeAffinity', '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [half]}]}]}}}'), 'half'],
  ] as const) it(`places by ${title}`, () => assert.equal(place(small(), [half, empty], running, profile(text)), expected));

  it('a filter that is left out refuses nobody', () => {
    const tainted = node('tainted', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
    assert.equal(place(small(), [tainted]), '0/1 nodes are available: 1 node(s) had untolerated taint(s).');
    assert.equal(place(small(), [tainted], [], profile('profiles:\n- plugins: {filter: {disabled: [{name: TaintToleration}]}}\n')), 'tainted');
    assert.equal(place(small(), [tainted], [], profile('profiles:\n- plugins: {multiPoint: {disabled: [{name: TaintToleration}]}}\n')), 'tainted');
  });

  it('resources that an extender looks after are not counted', () => {
    const settings = profile('extenders:\n- {urlPrefix: "http://x", filterVerb: f, managedResources: [{name: example.com/foo, ignoredByScheduler: true}]}\n');
    assert.equal(place(pod({}, { 'example.com/foo': '3' }), [empty], [], settings), 'empty');
    assert.equal(place(pod({}, { 'example.com/foo': '3' }), [empty]), '0/1 nodes are available: 1 Insufficient example.com/foo.');
  });

  it('extended resources that others look after are not counted, by name or by group', () => {
    const settings = profile(args('NodeResourcesFit', '{ignoredResources: [example.com/foo], ignoredResourceGroups: [other.example.com]}'));
    assert.equal(place(pod({}, { 'example.com/foo': '3', 'other.example.com/bar': '1' }), [empty], [], settings), 'empty');
    assert.equal(place(pod({}, { 'example.com/bar': '3' }), [empty], [], settings), '0/1 nodes are available: 1 Insufficient example.com/bar.');
  });

  it('weights and order follow the list', () => {
    const settings = profile('profiles:\n- plugins: {score: {disabled: [{name: "*"}], enabled: [{name: ImageLocality, weight: 7}]}}\n');
    assert.deepEqual(new TestCluster({ nodes: [], settings }).profile.score.map(({ plugin, weight }) => [plugin.name, weight]), [['ImageLocality', 7]]);
  });
});

describe('plug-ins of features', () => {
  const features = { podGroups: true, gangs: true };
  const named = (text: string, more?: typeof features): string[] => readSchedulerConfiguration(head + text, more).settings.profiles[0]!.plugins.map(({ name }) => name);

  it('are there with their gate, and can be left out', () => {
    assert.equal(named('', features).at(-1), 'GangScheduling');
    assert.ok(!named('profiles:\n- plugins: {multiPoint: {disabled: [{name: GangScheduling}]}}\n', features).includes('GangScheduling'));
    assert.ok(!named('').includes('GangScheduling'));
  });

  it('are refused without it', () => {
    assert.throws(() => named('profiles:\n- plugins: {permit: {enabled: [{name: GangScheduling}]}}\n'), /plugin "GangScheduling" is behind the feature gate GangScheduling, which is off/);
  });
});
