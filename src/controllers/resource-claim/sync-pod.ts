import { keyOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import type { NamedClaim } from '../../api/pod/resource-claims.ts';
import { claimFor } from '../../api/pod/resource-claims.ts';
import { pods, resourceclaims } from '../../api/resources.ts';
import type { Pod, PodResourceClaim } from '../../api/types/core/v1.ts';
import type { ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource/v1.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Lister } from '../../client/informer/store.ts';
import { messageOf } from '../common/errors.ts';
import { canReserve, generateNameFor, notFor, podClaimAnnotation } from '../common/pod-claims.ts';

const fieldManager = 'ResourceClaimController';

export interface PodParts {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly claims: Lister<ResourceClaim>;
  readonly templates: Lister<ResourceClaimTemplate>;
  /** Claims whose controller is the pod, those included that were just made and are not in the cache yet. */
  readonly ownedBy: (pod: Pod) => readonly ResourceClaim[];
  /** Tells of a claim that was just made. */
  readonly made: (claim: ResourceClaim) => void;
}

/** Makes the claims of a pod from their templates, writes their names into its status, and reserves them where the scheduler had no say. */
export async function syncPod(pod: Pod, parts: PodParts): Promise<void> {
  const entries = pod.spec?.resourceClaims ?? [];
  const names = new Map<string, string>();
  let changed = false;
  for (const podClaim of entries) {
    try {
      const claim = await ensureClaim(pod, podClaim, parts);
      if (claim === undefined) continue;
      names.set(podClaim.name, claim.name);
      changed ||= claim.isNew;
    } catch (error) {
      parts.recorder.event(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${podClaim.name}: ${messageOf(error)}`);
      throw new Error(`pod ${keyOf(pod)}, PodResourceClaim ${podClaim.name}: ${messageOf(error)}`, { cause: error });
    }
  }
  if (changed) await writeNames(pod, names, parts.client);
  if ((pod.spec?.nodeName ?? '') === '') return;
  // Nobody scheduled it: it named its node itself.
  for (const podClaim of entries) {
    const given = names.get(podClaim.name);
    const named: NamedClaim = given !== undefined ? { kind: 'named', name: given, generated: true } : claimFor(pod, podClaim);
    if (named.kind === 'missing') throw new Error(`pod ${JSON.stringify(keyOf(pod))}, spec.resourceClaim ${JSON.stringify(podClaim.name)}: ResourceClaim not created yet`);
    if (named.kind === 'none') continue;
    const claim = parts.claims.get(namespaceOf(pod), named.name);
    if (claim === undefined) return;
    const wrong = named.generated ? notFor(pod, claim) : undefined;
    if (wrong !== undefined) throw new Error(wrong);
    if (canReserve(pod, claim)) await reserve(pod, claim, parts.client);
  }
}

/** The claim of an entry that has a template, made if need be; undefined for an entry that names its claim or needs none. */
async function ensureClaim(pod: Pod, podClaim: PodResourceClaim, parts: PodParts): Promise<{ readonly name: string; readonly isNew: boolean } | undefined> {
  const templateName = podClaim.resourceClaimTemplateName;
  const named = claimFor(pod, podClaim);
  if (templateName === undefined || named.kind === 'none') return undefined;
  if (named.kind === 'named') {
    const claim = parts.claims.get(namespaceOf(pod), named.name);
    if (claim !== undefined && notFor(pod, claim) === undefined) return { name: named.name, isNew: false };
  }
  // One may have been made before, and the pod's status not written.
  const found = parts.ownedBy(pod).find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === podClaim.name);
  const claim = found ?? (await createClaim(pod, podClaim, templateName, parts));
  return { name: nameOf(claim), isNew: true };
}

async function createClaim(pod: Pod, podClaim: PodResourceClaim, templateName: string, { client, templates, made }: PodParts): Promise<ResourceClaim> {
  const template = templates.get(namespaceOf(pod), templateName);
  if (template === undefined) throw new Error(`resource claim template ${JSON.stringify(templateName)}: resourceclaimtemplate.resource.k8s.io ${JSON.stringify(templateName)} not found`);
  const { labels, annotations } = template.spec.metadata ?? {};
  const { blockOwnerDeletion: _unsaid, ...owner } = controllerReference(pod, pods);
  try {
    const claim = await client.create(resourceclaims, {
      apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim',
      metadata: {
        namespace: namespaceOf(pod), generateName: generateNameFor(pod, podClaim), ownerReferences: [owner],
        annotations: { ...annotations, [podClaimAnnotation]: podClaim.name }, ...(labels !== undefined && { labels }),
      },
      spec: template.spec.spec,
    });
    made(claim);
    return claim;
  } catch (error) {
    throw new Error(`create ResourceClaim : ${messageOf(error)}`, { cause: error });
  }
}

async function writeNames(pod: Pod, names: ReadonlyMap<string, string>, client: Client): Promise<void> {
  const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
  const resourceClaimStatuses = [...names].map(([name, resourceClaimName]) => ({ name, resourceClaimName }));
  try {
    await client.patch(pods, ref, { type: 'apply', value: { apiVersion: 'v1', kind: 'Pod', metadata: ref, status: { resourceClaimStatuses } } }, { subresource: 'status', fieldManager, force: true });
  } catch (error) {
    throw new Error(`update pod ${keyOf(pod)} ResourceClaimStatuses: ${messageOf(error)}`, { cause: error });
  }
}

async function reserve(pod: Pod, claim: ResourceClaim, client: Client): Promise<void> {
  const consumer = { resource: 'pods', name: nameOf(pod), uid: pod.metadata.uid ?? '' };
  try {
    await client.update(resourceclaims, { ...claim, status: { ...claim.status, reservedFor: [...(claim.status?.reservedFor ?? []), consumer] } }, { subresource: 'status' });
  } catch (error) {
    throw new Error(`reserve claim ${keyOf(claim)}: ${messageOf(error)}`, { cause: error });
  }
}
