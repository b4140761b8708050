import type { Selector } from '../../api/meta/labels.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { controllerrevisions, daemonsets, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ControllerRevision, DaemonSet } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import { claim } from '../common/claim.ts';
import { podTemplateHash } from '../common/history/hash.ts';
import { isPatchOf, sortedRevisions, templatePatch } from '../common/history/history.ts';
import { revisionLabel } from './placement.ts';

export interface Revisions {
  /** The one of the template as it is now. */
  readonly current: ControllerRevision;
  readonly old: readonly ControllerRevision[];
}

export interface RevisionsOptions {
  readonly client: Client;
  readonly set: DaemonSet;
  readonly selector: Selector;
  /** Revisions that are the set's or nobody's. */
  readonly candidates: readonly ControllerRevision[];
  readonly podsOf: () => Promise<readonly Pod[]>;
}

const refOf = (revision: ControllerRevision): { namespace: string; name: string } => ({ namespace: namespaceOf(revision), name: nameOf(revision) });
export const hashOf = (revision: ControllerRevision): string => revision.metadata.labels?.[revisionLabel] ?? '';

/** The set's revisions. The current one is made when it is new, and becomes the newest when it is an older one again. */
export async function revisionsOf(options: RevisionsOptions): Promise<Revisions> {
  const { client, set, selector } = options;
  const all = await claim({ client, owner: set, ownerType: daemonsets, type: controllerrevisions, selector, candidates: options.candidates });
  const patch = templatePatch(set.spec?.template);
  const matching: ControllerRevision[] = [];
  const old: ControllerRevision[] = [];
  for (const one of all) {
    const { labels } = one.metadata;
    const revision = labels?.[revisionLabel] !== undefined ? one
      : await client.update(controllerrevisions, { ...one, metadata: { ...one.metadata, labels: { ...labels, [revisionLabel]: nameOf(one) } } });
    (isPatchOf(revision, patch) ? matching : old).push(revision);
  }
  const number = Math.max(0, ...old.map(({ revision }) => revision)) + 1;
  if (matching.length === 0) return { current: await snapshot(options, patch, number), old };
  const current = await withoutDuplicates(options, matching);
  if (current.revision < number) await client.update(controllerrevisions, { ...current, revision: number });
  return { current, old };
}

/** Several revisions of one template become one: the newest, whose label the pods get. */
async function withoutDuplicates({ client, podsOf }: RevisionsOptions, matching: readonly ControllerRevision[]): Promise<ControllerRevision> {
  const [first, ...more] = matching;
  if (first === undefined || more.length === 0) return first!;
  const kept = matching.reduce((best, one) => (one.revision >= best.revision ? one : best));
  for (const pod of await podsOf()) {
    if (pod.metadata.labels?.[revisionLabel] === hashOf(kept)) continue;
    await client.patch(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, { type: 'merge', value: { metadata: { labels: { [revisionLabel]: hashOf(kept) } } } });
  }
  for (const one of matching) if (one !== kept) await client.delete(controllerrevisions, refOf(one));
  return kept;
}

async function snapshot({ client, set }: RevisionsOptions, data: Record<string, unknown>, revision: number): Promise<ControllerRevision> {
  const { annotations } = set.metadata;
  const { template } = set.spec ?? {};
  const hash = podTemplateHash(template, set.status?.collisionCount);
  const made: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace: namespaceOf(set),
      name: `${nameOf(set)}-${hash}`,
      labels: { ...template?.metadata?.labels, [revisionLabel]: hash },
      ...(annotations !== undefined && { annotations }),
      ownerReferences: [controllerReference(set, daemonsets)],
    },
    data,
    revision,
  };
  try {
    return await client.create(controllerrevisions, made);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const existing = await client.get(controllerrevisions, refOf(made));
    if (isPatchOf(existing, data)) return existing;
    await countCollision(client, set);
    throw error;
  }
}

/** The next attempt has another name. */
async function countCollision(client: Client, set: DaemonSet): Promise<void> {
  const fresh = await client.get(daemonsets, { namespace: namespaceOf(set), name: nameOf(set) });
  const [count, expected] = [set.status?.collisionCount, fresh.status?.collisionCount];
  if (count !== expected) throw new Error(`found a stale collision count (${count ?? 0}, expected ${expected ?? 0}) of DaemonSet ${JSON.stringify(nameOf(set))} while processing; will retry until it is updated`);
  await client.update(daemonsets, { ...fresh, status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0, ...fresh.status, collisionCount: (expected ?? 0) + 1 } }, { subresource: 'status' });
}

/** Deletes the oldest revisions that no pod is of, until no more are left than the set keeps. */
export async function truncateRevisions(client: Client, set: DaemonSet, old: readonly ControllerRevision[], setPods: readonly Pod[]): Promise<void> {
  let surplus = old.length - (set.spec?.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  const live = new Set(setPods.map(({ metadata }) => metadata.labels?.[revisionLabel]));
  for (const revision of sortedRevisions(old)) {
    if (surplus <= 0) return;
    if (live.has(hashOf(revision))) continue;
    await client.delete(controllerrevisions, refOf(revision));
    surplus--;
  }
}
