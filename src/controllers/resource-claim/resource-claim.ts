import { keyOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { claimFor, claimNamesOf } from '../../api/pod/resource-claims.ts';
import { pods, resourceclaims, resourceclaimtemplates } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ResourceClaim } from '../../api/types/resource/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { canReserve, isDone, notFor, owningPod } from '../common/pod-claims.ts';
import { syncClaim } from './sync-claim.ts';
import { syncPod } from './sync-pod.ts';

const identity = 'resource-claim-controller';
/** So many pods that went are remembered: of others the API server is asked. */
const maxGone = 500;
const usedIndex = 'resource-claim';
const templateIndex = 'resource-claim-template';
const ownerIndex = 'owning-pod';

/** Makes the ResourceClaims of pods from their templates, and takes pods that are done off the claims that they used. */
export async function startResourceClaimController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, 'resource_claim');
  const podInformer = informers.informer(pods);
  const claims = informers.informer(resourceclaims);
  const templates = informers.informer(resourceclaimtemplates);
  podInformer.addIndex(usedIndex, (pod) => (pod.spec?.resourceClaims === undefined ? none : claimNamesOf(pod).map((name) => `${namespaceOf(pod)}/${name}`)));
  podInformer.addIndex(templateIndex, (pod) => pod.spec?.resourceClaims?.flatMap(({ resourceClaimTemplateName: name }) => (name === undefined ? [] : [`${namespaceOf(pod)}/${name}`])) ?? none);
  claims.addIndex(ownerIndex, (claim) => [owningPod(claim)?.uid ?? ''].filter((uid) => uid !== ''));
  const queue = new WorkQueue({ clock });
  const gone = new Set<string>();
  /** Made by us and not seen by the informer yet, by key. */
  const made = new Map<string, ResourceClaim>();

  const enqueuePod = (pod: Pod): void => {
    if (!usesClaims(pod)) return;
    // A pod that is done gets no claims any more: the one that is deleted for it would be made again at once.
    if (isDone(pod)) enqueueClaimsOf(pod);
    else if (needsWork(pod)) queue.add(`pod:${keyOf(pod)}`);
  };
  const enqueueClaimsOf = (pod: Pod): void => {
    const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
    for (const name of [...claimNamesOf(pod), ...(extended === undefined ? [] : [extended])]) queue.add(`claim:${namespaceOf(pod)}/${name}`);
  };
  const needsWork = (pod: Pod): boolean => {
    if (pod.metadata.deletionTimestamp !== undefined) return false;
    return (pod.spec?.resourceClaims ?? []).some((podClaim) => {
      if (podClaim.resourceClaimName === undefined && podClaim.resourceClaimTemplateName === undefined) return true;
      const named = claimFor(pod, podClaim);
      if (named.kind !== 'named') return named.kind === 'missing';
      const claim = claims.lister.get(namespaceOf(pod), named.name);
      if (claim === undefined) return podClaim.resourceClaimTemplateName !== undefined;
      if (named.generated && notFor(pod, claim) !== undefined) return false;
      return (pod.spec?.nodeName ?? '') !== '' && canReserve(pod, claim);
    });
  };
  podInformer.addHandler({
    add: enqueuePod,
    update: (_old, pod) => enqueuePod(pod),
    delete: (pod) => {
      if (!usesClaims(pod)) return;
      if (gone.size >= maxGone) gone.delete(gone.values().next().value ?? '');
      gone.add(pod.metadata.uid ?? '');
      enqueueClaimsOf(pod);
    },
  });
  const users = (claim: ResourceClaim): void => { for (const pod of podInformer.lister.byIndex(usedIndex, keyOf(claim))) enqueuePod(pod); };
  const seen = (claim: ResourceClaim): void => {
    made.delete(keyOf(claim));
    queue.add(`claim:${keyOf(claim)}`);
    users(claim);
  };
  claims.addHandler({
    add: seen,
    update: (_old, claim) => seen(claim),
    delete: (claim) => {
      made.delete(keyOf(claim));
      users(claim);
    },
  });
  const templateSeen = (template: { metadata: Pod['metadata'] }): void => { for (const pod of podInformer.lister.byIndex(templateIndex, keyOf(template))) enqueuePod(pod); };
  templates.addHandler({ add: templateSeen, update: (_old, template) => templateSeen(template) });

  const ownedBy = (pod: Pod): ResourceClaim[] => [...claims.lister.byIndex(ownerIndex, pod.metadata.uid ?? ''), ...[...made.values()].filter((claim) => owningPod(claim)?.uid === pod.metadata.uid)];
  const reconcile = async (key: string): Promise<void> => {
    const isPod = key.startsWith('pod:');
    const { namespace, name } = splitKey(key.slice(key.indexOf(':') + 1));
    if (isPod) {
      const pod = podInformer.lister.get(namespace, name);
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isDone(pod)) return;
      await syncPod(pod, { client, recorder, claims: claims.lister, templates: templates.lister, ownedBy, made: (claim) => made.set(keyOf(claim), claim) });
    } else {
      const claim = claims.lister.get(namespace, name);
      if (claim !== undefined) await syncClaim(claim, { client, pods: podInformer.lister, gone });
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [podInformer, claims, templates], queue, reconcile, workers: 50 });
}

const none: readonly string[] = [];

const usesClaims = (pod: Pod): boolean => (pod.spec?.resourceClaims ?? []).length > 0 || pod.status?.extendedResourceClaimStatus !== undefined;
