import { findCondition } from '../../api/meta/conditions.ts';
import { controllerOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { daemonsets, deployments, pods, replicasets, replicationcontrollers, statefulsets } from '../../api/resources.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Finding } from '../explanation.ts';
import type { Asking, Rule } from '../rule.ts';
import { rule } from '../rule.ts';
import { conditionEvidence, counted, eventEvidence, inNamespace, nameObject } from '../wording.ts';

/** Objects with the same trouble are told of once: a hundred replicas fail alike. */
const maxAlike = 3;

/** What is wrong with each of these, as causes of their owner's trouble. */
async function causesIn<T extends KubeObject>(type: ResourceType<T>, objects: readonly T[], { findingsOf }: Asking): Promise<Finding[]> {
  const found: Finding[] = [];
  const times = new Map<string, number>();
  for (const object of objects.slice(0, 50)) {
    for (const finding of await findingsOf(type, object)) {
      const count = (times.get(finding.cause) ?? 0) + 1;
      times.set(finding.cause, count);
      if (count <= maxAlike) found.push({ about: nameObject(type.kind, object), ...finding });
    }
  }
  for (const [cause, count] of times) if (count > maxAlike) found.push({ cause, fact: `The same is so with ${count - maxAlike} more.` });
  return found;
}

async function ownedBy<T extends KubeObject>(type: ResourceType<T>, owner: KubeObject, { view }: Asking): Promise<T[]> {
  return (await view.list(type, namespaceOf(owner))).filter((object) => controllerOf(object)?.uid === uidOf(owner));
}

const isNew = (deployment: Deployment) => (set: ReplicaSet): boolean => set.metadata.annotations?.['deployment.kubernetes.io/revision'] === deployment.metadata.annotations?.['deployment.kubernetes.io/revision'];

/** A deployment that has not got to where its spec says. */
const rollout = rule('rollout', deployments, async (deployment, asking): Promise<Finding[]> => {
  const { spec, status, metadata } = deployment;
  const wanted = spec?.replicas ?? 1;
  const [updated, available] = [status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0];
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  if (!isSeen) return [{ cause: 'rollout', fact: `Deployment ${metadata.name} has been changed, and its controller has not seen that yet.`, remedy: ['It takes a moment; if it lasts, see that the controller manager runs.'] }];
  if (updated >= wanted && available >= wanted && (status?.replicas ?? 0) <= updated) return [];
  const progressing = findCondition(status?.conditions, 'Progressing');
  const isStuck = progressing?.reason === 'ProgressDeadlineExceeded';
  const sets = await ownedBy(replicasets, deployment, asking);
  const current = sets.filter((set) => (set.spec?.replicas ?? 0) > 0 || isNew(deployment)(set));
  const because = await causesIn(replicasets, current, asking);
  const remedy = spec?.paused === true ? [`It is paused: kubectl rollout resume deployment ${metadata.name}${inNamespace(namespaceOf(deployment))}`]
    : isStuck && sets.length > 1 ? [`Put right what the causes name, or go back: kubectl rollout undo deployment ${metadata.name}${inNamespace(namespaceOf(deployment))}`] : [];
  return [{
    cause: 'rollout',
    fact: `Deployment ${metadata.name} ${isStuck ? 'is stuck' : spec?.paused === true ? 'is paused' : 'is not done'}: ${available} of ${wanted} replicas are available, ${updated} ${updated === 1 ? 'is' : 'are'} of the latest template${isStuck ? `, and nothing has moved for ${spec?.progressDeadlineSeconds ?? 600} seconds` : ''}.`,
    evidence: [...conditionEvidence(isStuck ? progressing : findCondition(status?.conditions, 'Available')), ...conditionEvidence(findCondition(status?.conditions, 'ReplicaFailure'))], remedy, because,
  }];
});

type Replicating = KubeObject & { readonly spec?: { readonly replicas?: number }; readonly status?: { readonly replicas?: number; readonly readyReplicas?: number; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[] } };

/** Fewer pods than asked for, or pods that are not ready. */
function replicas(type: ResourceType<Replicating>): Rule {
  return rule('replicas', type, async (object, asking): Promise<Finding[]> => {
    const wanted = object.spec?.replicas ?? 1;
    const { replicas: there = 0, readyReplicas: ready = 0, conditions } = object.status ?? {};
    if (ready >= wanted && there <= wanted) return [];
    const mine = (await ownedBy(pods, object, asking)).sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
    const because = await causesIn(pods, mine, asking);
    const failed = await asking.view.eventsOf(object, 'FailedCreate', 'FailedDelete');
    return [{
      cause: 'replicas', fact: `${type.kind} ${object.metadata.name} has ${counted(ready, 'ready pod')} of ${wanted}${there < wanted ? `, and ${wanted - there} could not be made yet` : ''}.`,
      about: nameObject(type.kind, object), evidence: [...conditionEvidence(findCondition(conditions as never, 'ReplicaFailure')), ...(there < wanted ? eventEvidence(failed) : [])], because,
    }];
  });
}

/** Nodes that should run the daemon's pod and do not have it ready. */
const daemons = rule('daemons', daemonsets, async (set, asking): Promise<Finding[]> => {
  const { desiredNumberScheduled: wanted = 0, numberReady: ready = 0 } = set.status ?? {};
  if (ready >= wanted) return [];
  const mine: Pod[] = await ownedBy(pods, set, asking);
  return [{
    cause: 'replicas', fact: `DaemonSet ${set.metadata.name} is ready on ${ready} of ${counted(wanted, 'node')}.`,
    evidence: eventEvidence(await asking.view.eventsOf(set, 'FailedCreate', 'FailedPlacement')), because: await causesIn(pods, mine, asking),
  }];
});

/** Whatever keeps a number of pods. */
export const workloads: readonly Rule[] = [
  rollout,
  replicas(replicasets as ResourceType<Replicating>), replicas(replicationcontrollers as ResourceType<Replicating>), replicas(statefulsets as ResourceType<Replicating>),
  daemons,
];
