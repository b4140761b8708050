import { semanticEqual } from '../../../api/meta/equal.ts';
import type { Selector } from '../../../api/meta/labels.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { controllerOf, nameOf, namespaceOf, uidOf } from '../../../api/meta/object.ts';
import { controllerReference } from '../../../api/meta/owner.ts';
import type { ResourceType } from '../../../api/resource-type.ts';
import { controllerrevisions } from '../../../api/resources.ts';
import { goShaped } from '../../../api/schema/go-shape.ts';
import { builtinSchema } from '../../../api/schema/table.ts';
import { isReason } from '../../../api/status.ts';
import type { ControllerRevision } from '../../../api/types/apps/v1.ts';
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts';
import type { Client } from '../../../client/client.ts';
import type { Informer } from '../../../client/informer/informer.ts';
import { indexByController } from '../indexes.ts';
import { canonicalJson, revisionHash } from './hash.ts';

const hashLabel = 'controller.kubernetes.io/hash';
const maxPrefix = 223;
/** Names that are tried for one revision before its creation is given up. */
const maxCollisions = 100;

/**
 * What a revision keeps of its owner: a patch that puts the template back, which `kubectl rollout undo` applies. To the
 * byte what upstream writes, as clients compare it so, and hash it: members sorted, with the structs that Go writes empty.
 */
export function templatePatch(template: PodTemplateSpec | undefined): Record<string, unknown> {
  const shape = builtinSchema.kind('', 'v1', 'PodTemplate')?.fields.get('template')?.value;
  const written = shape === undefined ? template : goShaped(template, shape) as PodTemplateSpec | undefined;
  return JSON.parse(canonicalJson({ spec: { template: { ...written, $patch: 'replace' } } })) as Record<string, unknown>;
}

/** The template that a revision's data puts back; undefined when it holds none. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = (revision.data ?? {}) as { readonly spec?: { readonly template?: PodTemplateSpec & { readonly $patch?: string } } };
  if (spec?.template === undefined) return undefined;
  const { $patch: _, ...template } = spec.template;
  return template;
}

/** Whether two revisions keep the same template, whoever wrote them. */
export function sameData(a: ControllerRevision, b: ControllerRevision): boolean {
  if (semanticEqual(a.data, b.data)) return true;
  const template = templateOf(b);
  return template !== undefined && isPatchOf(a, templatePatch(template));
}

/** Whether what a revision keeps is this template's patch, whoever wrote it. */
export function isPatchOf(revision: ControllerRevision, patch: Readonly<Record<string, unknown>>): boolean {
  if (semanticEqual(revision.data, patch)) return true;
  const template = templateOf(revision);
  return template !== undefined && semanticEqual(templatePatch(template), patch);
}

/** The owner as it was at a revision: with its template put back. */
export function atRevision<T extends { readonly spec?: { readonly template?: PodTemplateSpec } }>(owner: T, revision: ControllerRevision): T {
  const template = templateOf(revision);
  return template === undefined ? owner : { ...owner, spec: { ...owner.spec, template } };
}

/** By revision, then the older first, then by name. */
export function sortedRevisions(revisions: readonly ControllerRevision[]): ControllerRevision[] {
  return revisions.toSorted((a, b) => a.revision - b.revision || compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name));
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}

/** The name of a revision: the owner's, shortened where it would be too long, and a hash. */
export const revisionName = (owner: string, hash: string): string => `${owner.slice(0, maxPrefix)}-${hash}`;

/** A revision of the owner that has not been created. */
export function newRevision<T extends KubeObject>(owner: T, type: ResourceType<T>, options: { readonly template: PodTemplateSpec | undefined; readonly revision: number; readonly collisionCount: number }): ControllerRevision {
  const data = templatePatch(options.template);
  const hash = revisionHash(data, options.collisionCount);
  const { annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace: namespaceOf(owner),
      name: revisionName(nameOf(owner), hash),
      labels: { ...options.template?.metadata?.labels, [hashLabel]: hash },
      ...(annotations !== undefined && { annotations }),
      ownerReferences: [controllerReference(owner, type)],
    },
    data,
    revision: options.revision,
  };
}

/** The ControllerRevisions of owners of one kind: what stateful sets and daemon sets remember of their templates. */
export class History<T extends KubeObject> {
  readonly #client: Client;
  readonly #type: ResourceType<T>;
  readonly #index: ReturnType<typeof indexByController<ControllerRevision>>;

  constructor(client: Client, type: ResourceType<T>, informer: Informer<ControllerRevision>) {
    this.#client = client;
    this.#type = type;
    this.#index = indexByController(informer);
  }

  /** The revisions that are the owner's or nobody's, and that match, in order. */
  list(owner: T, selector: Selector): ControllerRevision[] {
    const all = [...this.#index.dependents(uidOf(owner)), ...this.#index.orphans(namespaceOf(owner))];
    return sortedRevisions(all.filter(({ metadata }) => selector.matches(metadata.labels)));
  }

  /** Makes the matching revisions that nobody has the owner's. Throws when the owner is gone or being deleted. */
  async adoptOrphans(owner: T, selector: Selector): Promise<void> {
    const orphans = this.list(owner, selector).filter((revision) => controllerOf(revision) === undefined);
    if (orphans.length === 0) return;
    const fresh = await this.#client.get(this.#type, { namespace: namespaceOf(owner), name: nameOf(owner) });
    const what = `${namespaceOf(owner)}/${nameOf(owner)}`;
    if (uidOf(fresh) !== uidOf(owner)) throw new Error(`can't adopt ControllerRevisions: original ${this.#type.kind} ${what} is gone: got uid ${uidOf(fresh)}, wanted ${uidOf(owner)}`);
    if (fresh.metadata.deletionTimestamp !== undefined) throw new Error(`can't adopt ControllerRevisions: ${what} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
    for (const orphan of orphans) {
      await this.#client.patch(controllerrevisions, refOf(orphan), { type: 'strategic', value: { metadata: { ownerReferences: [controllerReference(owner, this.#type)], uid: uidOf(orphan) } } });
    }
  }

  /**
   * Creates a revision, under another name when its own is taken by other data. Resolves with what there is then, and
   * with how many names were taken in all.
   */
  async create(owner: T, revision: ControllerRevision, collisionCount: number): Promise<{ readonly revision: ControllerRevision; readonly collisionCount: number }> {
    for (let count = collisionCount; count < collisionCount + maxCollisions; count++) {
      const named = { ...revision, metadata: { ...revision.metadata, name: revisionName(nameOf(owner), revisionHash(revision.data, count)) } };
      try {
        return { revision: await this.#client.create(controllerrevisions, named), collisionCount: count };
      } catch (error) {
        if (!isReason(error, 'AlreadyExists')) throw error;
        const existing = await this.#client.get(controllerrevisions, refOf(named));
        if (sameData(existing, named)) return { revision: existing, collisionCount: count };
      }
    }
    throw new Error(`no name for a revision of ${namespaceOf(owner)}/${nameOf(owner)} after ${maxCollisions} attempts`);
  }

  /** Gives a revision another number. */
  async renumber(revision: ControllerRevision, number: number): Promise<ControllerRevision> {
    return revision.revision === number ? revision : this.#client.update(controllerrevisions, { ...revision, revision: number });
  }

  /** Deletes the oldest revisions that are not live, until at most `limit` of these are left. */
  async truncate(revisions: readonly ControllerRevision[], live: ReadonlySet<string>, limit: number): Promise<void> {
    const past = revisions.filter((revision) => !live.has(nameOf(revision)));
    if (limit < 0) return;
    for (const revision of past.slice(0, Math.max(0, past.length - limit))) await this.#client.delete(controllerrevisions, refOf(revision));
  }
}

const refOf = (object: KubeObject): { namespace: string; name: string } => ({ namespace: namespaceOf(object), name: nameOf(object) });
