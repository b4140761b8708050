import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import type { ExtenderConfiguration } from '../config/configuration.ts';
import { Placer } from '../cycle/placement.ts';
import { node, pod, TestCluster } from '../testing/cluster.ts';
import { httpExtender } from './http-extender.ts';

type Answers = Readonly<Record<string, (body: { readonly NodeNames?: readonly string[]; readonly Nodes?: { readonly items: readonly { readonly metadata: { readonly name: string } }[] } }) => unknown>>;

/** Where a pod goes among nodes a, b and c when an extender answers like this. */
async function outcome(configuration: ExtenderConfiguration, answers: Answers, one = pod({}, { 'example.com/foo': '0' })): Promise<string> {
  const cluster = new TestCluster({ nodes: [node('a'), node('b'), node('c')] });
  const extender = httpExtender({ urlPrefix: 'http://extender/', ...configuration }, (url, body) => {
    const answer = answers[url.slice('http://extender/'.length)];
    return answer === undefined ? Promise.resolve({ code: 500, text: '' }) : Promise.resolve({ code: 200, text: JSON.stringify(answer(JSON.parse(body) as never)) });
  });
  const placer = new Placer({ cache: cluster.cache, nominator: cluster.nominator, random: new SeededRandom(1), metrics: cluster.metrics, extenders: [extender] });
  const placement = await placer.placeWithExtenders(podInfoOf(one), cluster.profile);
  return placement.kind === 'placed' ? placement.node.name : placement.kind === 'unschedulable' ? placement.diagnosis.message : placement.kind;
}

describe('an extender', () => {
  it('filters by names', async () => {
    assert.equal(await outcome({ filterVerb: 'filter', nodeCacheCapable: true }, { filter: ({ NodeNames }) => ({ NodeNames: NodeNames!.filter((name) => name === 'b'), FailedNodes: { a: 'no', c: 'no' } }) }), 'b');
  });

  it('filters whole nodes, and says why not', async () => {
    assert.equal(await outcome({ filterVerb: 'filter' }, { filter: ({ Nodes }) => ({ Nodes: { items: [] }, FailedNodes: Object.fromEntries(Nodes!.items.map(({ metadata }) => [metadata.name, 'no gpu here'])) }) }), '0/3 nodes are available: 3 no gpu here.');
  });

  it('prioritizes', async () => {
    assert.equal(await outcome({ prioritizeVerb: 'prioritize', weight: 5, nodeCacheCapable: true }, { prioritize: () => [{ Host: 'c', Score: 10 }] }), 'c');
  });

  it('fails the pod when it fails, unless it may be ignored', async () => {
    await assert.rejects(outcome({ filterVerb: 'filter' }, {}), { message: 'failed filter with extender at URL http://extender/filter, code 500' });
    await assert.rejects(outcome({ filterVerb: 'filter' }, { filter: () => ({ Error: 'out of order' }) }), { message: 'out of order' });
    await assert.rejects(outcome({ filterVerb: 'filter', nodeCacheCapable: true }, { filter: () => ({ NodeNames: ['z'] }) }), /claims a filtered node "z"/);
    assert.match(await outcome({ filterVerb: 'filter', ignorable: true }, {}), /^[abc]$/);
  });

  it('is asked only about pods that use what it manages', async () => {
    const managedResources = [{ name: 'example.com/bar' }];
    const extender = httpExtender({ urlPrefix: 'http://x', filterVerb: 'f', managedResources }, () => Promise.reject(new Error('not to be asked')));
    assert.equal(extender.isInterested(pod()), false);
    assert.equal(extender.isInterested(pod({}, { 'example.com/bar': '1' })), true);
  });

  describe('for preemption', () => {
    const [one, two, three] = [pod(), pod(), pod()];
    const cluster = new TestCluster({ nodes: [node('a'), node('b'), node('c')], running: [[one, 'a'], [two, 'b'], [three, 'c']] });
    const there = (name: string) => [...cluster.cache.get(name)!.pods.values()];
    const candidates = new Map([['a', { pods: there('a'), violations: 1 }], ['b', { pods: there('b'), violations: 0 }]]);
    const left = (answer: (told: Record<string, unknown>) => unknown) => {
      const extender = httpExtender({ urlPrefix: 'http://x', preemptVerb: 'preempt', nodeCacheCapable: true }, (_url, body) => {
        const { NodeNameToMetaVictims } = JSON.parse(body) as { NodeNameToMetaVictims: Record<string, unknown> };
        return Promise.resolve({ code: 200, text: JSON.stringify({ nodeNameToMetaVictims: answer(NodeNameToMetaVictims) }) });
      });
      return extender.preempt!(pod(), candidates, cluster.cache).then((nodes) => [...nodes]);
    };

    it('strikes out candidates', async () => {
      assert.deepEqual(await left(({ b }) => ({ b })), [['b', { pods: there('b'), violations: 0 }]]);
    });

    it('may name any pod of any node', async () => {
      assert.deepEqual(await left(() => ({ c: { pods: [{ uid: three.metadata.uid }] } })), [['c', { pods: there('c'), violations: 0 }]]);
      await assert.rejects(left(() => ({ c: { pods: [{ uid: one.metadata.uid }] } })), /claims to preempt pod \(UID: .*\) on node: c, but the pod is not found on that node/);
      await assert.rejects(left(() => ({ z: { pods: [] } })), { message: 'nodeinfo not found for node name "z"' });
    });
  });
});
