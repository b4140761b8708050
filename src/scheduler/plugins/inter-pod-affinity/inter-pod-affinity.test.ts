import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, PodAffinityTerm, PodSpec } from '../../../api/types/core/v1.ts';
import { podInfoOf } from '../../cache/pod-info.ts';
import { mayHelp } from '../../framework/events.ts';
import { node, pod, TestCluster } from '../../testing/cluster.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';

const term = (app: string, topologyKey: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({ labelSelector: { matchLabels: { app } }, topologyKey, ...more });
const near = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } });
const away = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } });
const prefers = (weight: number, podAffinityTerm: PodAffinityTerm): Partial<PodSpec> => ({ affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }] } } });
const shuns = (weight: number, podAffinityTerm: PodAffinityTerm): Partial<PodSpec> => ({ affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }] } } });
const named = (app: string, spec: Partial<PodSpec> = {}, namespace = 'default'): Pod => {
  const one = pod(spec, {}, { app });
  return { ...one, metadata: { ...one.metadata, namespace } };
};

const x1 = node('x1', { labels: { zone: 'x', rack: 'r1' } });
const x2 = node('x2', { labels: { zone: 'x', rack: 'r2' } });
const y1 = node('y1', { labels: { zone: 'y', rack: 'r3' } });
const nodes = [x1, x2, y1];
const no = (count: number, which: 'affinity' | 'anti-affinity' | 'existing'): string => `${count} node(s) didn't ${which === 'existing' ? 'satisfy existing pods anti-affinity rules' : `match pod ${which} rules`}`;

describe('required terms', () => {
  for (const [title, waiting, running, expected] of [
    ['all terms must be met by the same pods', named('web', near(term('db', 'zone'), term('db', 'rack'))), [[named('db'), 'x2']], 'x2'],
    ['pods of other namespaces do not count', named('web', near(term('db', 'zone'))), [[named('db', {}, 'other'), 'x1']], `0/3 nodes are available: ${no(3, 'affinity')}.`],
    ['unless they are named', named('web', near(term('db', 'zone', { namespaces: ['other'] }))), [[named('db', {}, 'other'), 'y1']], 'y1'],
    ['or chosen by their labels', named('web', near(term('db', 'zone', { namespaceSelector: { matchLabels: { team: 'a' } } }))), [[named('db', {}, 'other'), 'y1']], 'y1'],
    ['an empty namespace selector means all', named('web', near(term('db', 'zone', { namespaceSelector: {} }))), [[named('db', {}, 'third'), 'y1']], 'y1'],
    ['the first of a group need not wait for itself', named('web', near(term('web', 'zone'))), [], 'any'],
    ['but it must match all of its terms', named('web', near(term('web', 'zone'), term('db', 'zone'))), [], `0/3 nodes are available: ${no(3, 'affinity')}.`],
    ['and the node must have the label', named('web', near(term('web', 'room'))), [], `0/3 nodes are available: ${no(3, 'affinity')}.`],
    ['keeps away from all of several', named('web', away(term('db', 'zone'), term('cache', 'rack'))), [[named('db'), 'y1'], [named('cache'), 'x1']], 'x2'],
    ['a node without the label is away from everybody', named('web', away(term('db', 'room'))), [[named('db'), 'x1'], [named('db'), 'x2'], [named('db'), 'y1']], 'any'],
    ['what runs keeps it away, in its namespaces', named('web', {}, 'other'), [[named('db', away(term('web', 'zone', { namespaceSelector: { matchLabels: { team: 'a' } } }))), 'x1']], 'y1'],
    ['what runs keeps nobody else away', named('other'), [[named('db', away(term('web', 'zone'))), 'x1']], 'any'],
    ['both have their say', named('web', away(term('db', 'zone'))), [[named('db'), 'x1'], [named('lonely', away(term('web', 'zone'))), 'y1']], `0/3 nodes are available: ${no(1, 'existing')}, ${no(2, 'anti-affinity')}.`],
  ] as const) {
    it(title, () => {
      const cluster = new TestCluster({ nodes, running });
      for (const [name, labels] of [['default', {}], ['other', { team: 'a' }], ['third', {}]] as const) cluster.cache.setNamespace(name, labels);
      const got = cluster.outcome(waiting);
      if (expected === 'any') assert.match(got, /^[xy]\d$/);
      else assert.equal(got, expected);
    });
  }

  it('counts are right after pods have come and gone', () => {
    const cluster = new TestCluster({ nodes });
    const first = named('web', away(term('web', 'kubernetes.io/hostname')));
    for (const name of ['x1', 'x2']) cluster.run(named('web', away(term('web', 'kubernetes.io/hostname'))), name);
    cluster.run(first, 'y1');
    const waiting = named('web', away(term('web', 'kubernetes.io/hostname')));
    assert.equal(cluster.outcome(waiting), `0/3 nodes are available: ${no(3, 'anti-affinity')}.`);
    cluster.cache.forget(first.metadata.uid!);
    assert.equal(cluster.outcome(waiting), 'y1');
    cluster.cache.removeNode('y1');
    assert.equal(cluster.outcome(waiting), `0/2 nodes are available: ${no(2, 'anti-affinity')}.`);
    cluster.cache.setNode(node('z1', { labels: { zone: 'z' } }));
    assert.equal(cluster.outcome(waiting), 'z1');
  });

  it('a namespace whose labels change is spoken of, or not', () => {
    const cluster = new TestCluster({ nodes, running: [[named('db', {}, 'other'), 'y1']] });
    cluster.cache.setNamespace('other', {});
    const waiting = (): Pod => named('web', near(term('db', 'zone', { namespaceSelector: { matchLabels: { team: 'a' } } })));
    assert.match(cluster.outcome(waiting()), /didn't match pod affinity rules/);
    cluster.cache.setNamespace('other', { team: 'a' });
    assert.equal(cluster.outcome(waiting()), 'y1');
  });
});

describe('preferred terms', () => {
  for (const [title, waiting, running, expected, args] of [
    ['draw near', named('web', prefers(1, term('db', 'zone'))), [[named('db'), 'y1']], 'y1', {}],
    ['push away', named('web', shuns(1, term('db', 'zone'))), [[named('db'), 'x1']], 'y1', {}],
    ['outweigh each other', named('web', { affinity: { ...prefers(50, term('db', 'zone')).affinity, ...shuns(100, term('cache', 'zone')).affinity } }), [[named('db'), 'x1'], [named('cache'), 'x2'], [named('db'), 'y1']], 'y1', {}],
    ['of what runs draw near', named('web'), [[named('db', prefers(1, term('web', 'zone'))), 'y1']], 'y1', {}],
    ['of what runs push away', named('web'), [[named('db', shuns(1, term('web', 'zone'))), 'x1']], 'y1', {}],
    ['what runs requires counts as well', named('web'), [[named('db', near(term('web', 'zone'))), 'y1']], 'y1', {}],
    ['unless it weighs nothing', named('web', shuns(1, term('db', 'zone'))), [[named('db', near(term('web', 'zone'))), 'y1']], 'x', { hardPodAffinityWeight: 0 }],
    ['what runs prefers may be ignored', named('web'), [[named('db', prefers(100, term('web', 'zone'))), 'y1'], [pod({}, { cpu: '1', memory: '2Gi' }), 'y1']], 'x', { ignorePreferredTermsOfExistingPods: true }],
  ] as const) {
    it(title, () => {
      const cluster = new TestCluster({ nodes, running, settings: { args: { InterPodAffinity: args } } });
      const got = cluster.outcome(waiting);
      assert.equal(expected === 'x' ? got[0] : got, expected);
    });
  }
});

describe('what wakes pods that were refused', () => {
  const plugin = interPodAffinity();
  const info = (one: Pod) => podInfoOf(one);
  for (const [title, waiting, event, expected] of [
    ['a pod that it wants to be near', named('web', near(term('db', 'zone'))), { label: 'AssignedPodAdd', object: info(named('db')) }, true],
    ['not any pod', named('web', near(term('db', 'zone'))), { label: 'AssignedPodAdd', object: info(named('other')) }, false],
    ['a pod that it keeps away from is gone', named('web', away(term('db', 'zone'))), { label: 'AssignedPodDelete', old: info(named('db')) }, true],
    ['a pod that kept it away is gone', named('web'), { label: 'AssignedPodDelete', old: info(named('db', away(term('web', 'zone')))) }, true],
    ['another pod is gone', named('web', away(term('db', 'zone'))), { label: 'AssignedPodDelete', old: info(named('other')) }, false],
    ['a pod has become one of those', named('web', near(term('db', 'zone'))), { label: 'AssignedPodUpdateLabel', old: info(named('other')), object: info(named('db')) }, true],
    ['a pod is one of those no more', named('web', away(term('db', 'zone'))), { label: 'AssignedPodUpdateLabel', old: info(named('db')), object: info(named('other')) }, true],
    ['its own labels', named('web'), { label: 'UnscheduledPodUpdateLabel', old: info(named('web')), object: info(named('db')) }, true],
    ['a node of a zone', named('web', near(term('db', 'zone'))), { label: 'NodeAdd', object: x1 }, true],
    ['a node of no zone', named('web', near(term('db', 'zone'))), { label: 'NodeAdd', object: node('n') }, false],
    ['any new node, for what keeps away', named('web', away(term('db', 'zone'))), { label: 'NodeAdd', object: node('n') }, true],
    ['a node that joins a zone', named('web', near(term('db', 'zone'))), { label: 'NodeUpdateLabel', old: node('x1'), object: x1 }, true],
    ['a node that leaves a zone', named('web', near(term('db', 'zone'))), { label: 'NodeUpdateLabel', old: x1, object: node('x1') }, false],
    ['a node that leaves a zone, for what keeps away', named('web', away(term('db', 'zone'))), { label: 'NodeUpdateLabel', old: x1, object: node('x1') }, true],
  ] as const) it(title, () => assert.equal(mayHelp(plugin.wakes, info(waiting), event), expected));
});
