import { createHash } from 'node:crypto';
import { isReason } from '../../../api/status.ts';
import type { ApiResource } from '../../discovery/resource.ts';
import { groupVersionOf } from '../../discovery/resource.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { getObject } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';
import { clientVersion } from '../../client-version.ts';

const tooling = { name: 'kubectl', version: clientVersion.gitVersion };
const keys = {
  tooling: 'applyset.kubernetes.io/tooling', namespaces: 'applyset.kubernetes.io/additional-namespaces', kinds: 'applyset.kubernetes.io/contains-group-kinds',
  id: 'applyset.kubernetes.io/id', partOf: 'applyset.kubernetes.io/part-of', parentType: 'applyset.kubernetes.io/is-parent-type',
} as const;

interface How { readonly dryRun: DryRun; readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore' }

const kindText = ({ kind, group }: Pick<ApiResource, 'kind' | 'group'>): string => (group === '' ? kind : `${kind}.${group}`);

/**
 * A set of objects that are applied together (KEP-3659): its parent, a Secret unless another is named, remembers which
 * kinds and namespaces have members, and its members bear its ID, so that what is no longer applied is found.
 */
export class ApplySet {
  readonly #session: Session;
  readonly #parent: Item;
  readonly #current = { kinds: new Map<string, ApiResource>(), namespaces: new Set<string>() };
  readonly #updated = { kinds: new Map<string, ApiResource>(), namespaces: new Set<string>() };

  private constructor(session: Session, parent: Item) {
    this.#session = session;
    this.#parent = parent;
  }

  /** Reads `--applyset=[TYPE[.GROUP]/]NAME`. Throws KubectlError for a parent that there cannot be. */
  static async open(session: Session, reference: string): Promise<ApplySet> {
    const slash = reference.indexOf('/');
    const name = reference.slice(slash + 1);
    const { name: namespace, explicit } = await session.namespace();
    let resource: ApiResource;
    try {
      if (name === '') throw new KubectlError('name cannot be blank');
      resource = await (await session.mapper()).resource(slash < 0 ? 'secrets' : reference.slice(0, slash));
    } catch (error) {
      throw error instanceof KubectlError ? new KubectlError(`invalid parent reference ${JSON.stringify(reference)}: ${error.message}`, { cause: error }) : error;
    }
    return new ApplySet(session, { resource, name, namespace: resource.namespaced && explicit ? namespace : '', object: undefined, source: '', subresource: '' });
  }

  get id(): string {
    const { name, namespace, resource } = this.#parent;
    return `applyset-${createHash('sha256').update([name, namespace, resource!.kind, resource!.group].join('.')).digest('base64url')}-v1`;
  }

  get #shownParent(): string {
    const { name, resource } = this.#parent;
    return `"${resource!.resource}.${resource!.group}/${name}"`;
  }

  /** The label that members bear. */
  get memberLabels(): Readonly<Record<string, string>> {
    return { [keys.partOf]: this.id };
  }

  /** What is to be looked through for members that are no longer applied. */
  get prunable(): { readonly types: readonly ApiResource[]; readonly namespaces: readonly string[]; readonly labelSelector: string } {
    return { types: [...this.#current.kinds.values()], namespaces: [...this.#current.namespaces].sort(), labelSelector: `${keys.partOf}=${this.id}` };
  }

  get #isBuiltin(): boolean {
    const { group, version, resource } = this.#parent.resource!;
    return group === '' && version === 'v1' && (resource === 'secrets' || resource === 'configmaps');
  }

  async check(): Promise<void> {
    const { resource, namespace } = this.#parent;
    const errors: Error[] = [];
    if (resource!.namespaced && namespace === '') errors.push(new KubectlError('namespace is required to use namespace-scoped ApplySet'));
    if (!this.#isBuiltin) {
      const allowed = await (await this.#session.connection()).json<{ readonly items?: readonly AnyObject[] }>({ method: 'GET', path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions?labelSelector=${keys.parentType}` });
      if (!(allowed.items ?? []).some(({ metadata }) => metadata?.name === `${resource!.resource}.${resource!.group}`)) errors.push(new KubectlError(`resource ${JSON.stringify(`${resource!.group}/${resource!.version}, Resource=${resource!.resource}`)} is not permitted as an ApplySet parent`));
    }
    throwAll(errors);
  }

  /** An object as a member. */
  member(object: AnyObject): AnyObject {
    const labels = object.metadata?.labels ?? {};
    if (labels[keys.partOf] !== undefined) throw new KubectlError(`ApplySet label ${JSON.stringify(keys.partOf)} already set in input data`);
    return { ...object, metadata: { ...object.metadata, labels: { ...labels, ...this.memberLabels } } };
  }

  /** Reads what the parent remembers, and writes down what is added, before anything is: so that no member is ever lost. */
  async before(items: readonly Item[], how: How): Promise<void> {
    await this.#read();
    for (const { resource, namespace } of items) {
      this.#updated.kinds.set(kindText(resource!), resource!);
      if (resource!.namespaced && namespace !== '') this.#updated.namespaces.add(namespace);
    }
    await this.#write({ kinds: [...this.#current.kinds.keys(), ...this.#updated.kinds.keys()], namespaces: [...this.#current.namespaces, ...this.#updated.namespaces] }, how);
  }

  /** Writes down what is left. */
  async after(how: How): Promise<void> {
    try {
      await this.#write({ kinds: [...this.#updated.kinds.keys()], namespaces: [...this.#updated.namespaces] }, how);
    } catch (error) {
      throw error instanceof Error ? new KubectlError(`apply and prune succeeded, but ApplySet update failed: ${error.message}`, { cause: error }) : error;
    }
  }

  async #read(): Promise<void> {
    const parent = this.#shownParent;
    let object: AnyObject;
    try {
      object = await getObject(await this.#session.connection(), this.#parent);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error instanceof Error ? new KubectlError(`failed to fetch ApplySet parent object ${parent}: ${error.message}`, { cause: error }) : error;
      if (!this.#isBuiltin) throw new KubectlError('custom resource ApplySet parents cannot be created automatically');
      return;
    }
    const { annotations = {}, labels = {} } = object.metadata ?? {};
    const tool = annotations[keys.tooling];
    if (tool === undefined) throw new KubectlError(`ApplySet parent object ${parent} already exists and is missing required annotation ${JSON.stringify(keys.tooling)}`);
    const toolName = tool.includes('/') ? tool.slice(0, tool.lastIndexOf('/')) : tool;
    if (toolName !== tooling.name) throw new KubectlError(`ApplySet parent object ${parent} already exists and is managed by tooling ${JSON.stringify(toolName)} instead of ${JSON.stringify(tooling.name)}`);
    if (labels[keys.id] === undefined) throw new KubectlError(`ApplySet parent object ${parent} exists and does not have required label ${keys.id}`);
    if (labels[keys.id] !== this.id) throw new KubectlError(`ApplySet parent object ${parent} exists and has incorrect value for label ${JSON.stringify(keys.id)} (got: ${labels[keys.id]!}, want: ${this.id})`);
    const kinds = annotations[keys.kinds];
    if (kinds === undefined) throw new KubectlError(`parsing ApplySet annotation on ${parent}: kubectl requires the ${JSON.stringify(keys.kinds)} annotation to be set on all ApplySet parent objects`);
    const mapper = await this.#session.mapper();
    for (const kind of kinds.split(',').filter((one) => one !== '')) {
      const type = await mapper.resource(kind).catch((cause: unknown) => { throw new KubectlError(`parsing ApplySet annotation on ${parent}: could not find mapping for kind in ${JSON.stringify(keys.kinds)} annotation: ${(cause as Error).message}`, { cause }); });
      this.#current.kinds.set(kind, type);
    }
    for (const namespace of (annotations[keys.namespaces] ?? '').split(',')) if (namespace !== '') this.#current.namespaces.add(namespace);
    if (this.#parent.resource!.namespaced) this.#current.namespaces.add(this.#parent.namespace);
  }

  async #write({ kinds, namespaces }: { readonly kinds: readonly string[]; readonly namespaces: readonly string[] }, { dryRun, fieldValidation }: How): Promise<void> {
    if (dryRun === 'client') return;
    const { resource, name, namespace } = this.#parent;
    const listed = (words: readonly string[]): string => [...new Set(words)].sort().join(',');
    const body = JSON.stringify({
      apiVersion: groupVersionOf(resource!), kind: resource!.kind,
      metadata: {
        name, ...(namespace !== '' && { namespace }), labels: { [keys.id]: this.id },
        annotations: { [keys.tooling]: `${tooling.name}/${tooling.version}`, [keys.kinds]: listed(kinds), [keys.namespaces]: listed(namespaces.filter((one) => one !== namespace)) },
      },
    });
    const connection = await this.#session.connection();
    const send = (force: boolean): Promise<AnyObject> => patchObject(connection, this.#parent, { type: 'apply', body }, { dryRun, fieldManager: `${tooling.name}-applyset`, fieldValidation, force });
    try {
      await send(false).catch((error: unknown) => { if (isReason(error, 'Conflict')) return send(true); throw error; });
    } catch (error) {
      throw error instanceof Error ? new KubectlError(`failed to update ApplySet: ${error.message}`, { cause: error }) : error;
    }
  }
}
