import type { Deployment, DaemonSet, ReplicaSet, StatefulSet } from '../../../src/api/types/apps/v1.ts';
import type { Node, Pod } from '../../../src/api/types/core/v1.ts';
import type { KubeObject } from '../../../src/api/meta/object.ts';
import type { History } from '../history.ts';
import type { Invariant } from './invariant.ts';

export const isReadyPod = ({ status }: Pod): boolean => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
const isAlive = ({ status, metadata }: Pod): boolean => metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export function ownedBy<T extends KubeObject>(history: History, resource: string, owner: KubeObject): readonly T[] {
  return [...history.objects<T>(resource).values()].filter(({ metadata }) => metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === owner.metadata.uid));
}

const differences = (what: string, pairs: Readonly<Record<string, readonly [is: unknown, wanted: unknown]>>): readonly string[] => {
  const wrong = Object.entries(pairs).filter(([, [is, wanted]]) => is !== wanted).map(([name, [is, wanted]]) => `${name} is ${String(is)}, not ${String(wanted)}`);
  return wrong.length === 0 ? [] : [`${what}: ${wrong.join(', ')}`];
};

function deploymentProblems(key: string, deployment: Deployment, history: History): readonly string[] {
  const { spec, status, metadata } = deployment;
  const wanted = spec?.replicas ?? 1;
  const sets = ownedBy<ReplicaSet>(history, 'apps/replicasets', deployment);
  const inUse = sets.filter((set) => (set.spec?.replicas ?? 0) > 0);
  const image = spec?.template.spec?.containers[0]?.image;
  const newest = sets.filter((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'] === metadata.annotations?.['deployment.kubernetes.io/revision']);
  return differences(key, {
    'observed generation': [status?.observedGeneration, metadata.generation],
    replicas: [status?.replicas ?? 0, wanted],
    'updated replicas': [status?.updatedReplicas ?? 0, wanted],
    'available replicas': [status?.availableReplicas ?? 0, wanted],
    'replica sets in use': [inUse.length, wanted === 0 ? 0 : 1],
    'replica sets of the newest revision': [newest.length, 1],
    'image of the newest': [newest[0]?.spec?.template?.spec?.containers[0]?.image, image],
    'replica sets kept': [sets.length <= (spec?.revisionHistoryLimit ?? 10) + 1, true],
  });
}

function replicaSetProblems(key: string, set: ReplicaSet, history: History): readonly string[] {
  const pods = ownedBy<Pod>(history, 'core/pods', set).filter(isAlive);
  const wanted = set.spec?.replicas ?? 1;
  return differences(key, {
    pods: [pods.length, wanted], 'status.replicas': [set.status?.replicas ?? 0, wanted],
    'ready replicas': [set.status?.readyReplicas ?? 0, pods.filter(isReadyPod).length], 'observed generation': [set.status?.observedGeneration, set.metadata.generation],
  });
}

function statefulSetProblems(key: string, set: StatefulSet, history: History): readonly string[] {
  const wanted = set.spec?.replicas ?? 1;
  const pods = ownedBy<Pod>(history, 'core/pods', set).filter(isAlive);
  const ordinals = pods.map(({ metadata }) => Number(metadata.name!.slice(set.metadata.name!.length + 1))).sort((a, b) => a - b);
  const partition = set.spec?.updateStrategy?.type === 'RollingUpdate' ? (set.spec.updateStrategy.rollingUpdate?.partition ?? 0) : Infinity;
  const old = pods.filter(({ metadata }) => Number(metadata.name!.slice(set.metadata.name!.length + 1)) >= partition && metadata.labels?.['controller-revision-hash'] !== set.status?.updateRevision);
  return differences(key, {
    ordinals: [ordinals.join(), Array.from({ length: wanted }, (_, index) => index).join()],
    'ready pods': [pods.filter(isReadyPod).length, wanted],
    'status.replicas': [set.status?.replicas ?? 0, wanted],
    'ready replicas': [set.status?.readyReplicas ?? 0, wanted],
    'pods of an old revision': [old.length, 0],
    'observed generation': [set.status?.observedGeneration, set.metadata.generation],
  });
}

function daemonSetProblems(key: string, set: DaemonSet, history: History): readonly string[] {
  const pods = ownedBy<Pod>(history, 'core/pods', set).filter(isAlive);
  const nodes = [...history.objects<Node>('core/nodes').values()].map(({ metadata }) => metadata.name).sort();
  return differences(key, {
    nodes: [pods.map(({ spec }) => spec?.nodeName).sort().join(), nodes.join()],
    'desired number': [set.status?.desiredNumberScheduled, nodes.length],
    ready: [set.status?.numberReady, nodes.length],
    updated: [set.spec?.updateStrategy?.type === 'OnDelete' ? nodes.length : set.status?.updatedNumberScheduled, nodes.length],
    'observed generation': [set.status?.observedGeneration, set.metadata.generation],
  });
}

/** Every workload has what it asks for, and its status says so. */
export function workloadsConverge(): Invariant {
  return {
    name: 'workloads converge',
    settled(history) {
      const all = <T extends KubeObject>(resource: string, about: (key: string, object: T, of: History) => readonly string[]): readonly string[] => [...history.objects<T>(resource)].flatMap(([key, object]) => about(key, object, history));
      return [
        ...all('apps/deployments', deploymentProblems), ...all('apps/replicasets', replicaSetProblems),
        ...all('apps/statefulsets', statefulSetProblems), ...all('apps/daemonsets', daemonSetProblems),
        ...[...history.objects<Node>('core/nodes').values()].filter((node) => node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') !== true || (node.spec?.taints ?? []).length > 0)
          .map(({ metadata, spec }) => `node ${metadata.name} is not ready, or tainted: ${JSON.stringify(spec?.taints ?? [])}`),
      ];
    },
  };
}
