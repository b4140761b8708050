import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../api/types/apiextensions/v1.ts';
import { isReason } from '../../api/status.ts';
import type { Timer } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Core } from '../core.ts';
import type { StoredResource } from '../served-resources.ts';
import { trackWrite } from '../verbs/field-manager.ts';
import { updateObject } from '../verbs/update-object.ts';
import type { TakenNames } from './conditions.ts';
import { takenNames } from './conditions.ts';
import type { CustomResources } from './custom-resources.ts';
import { apiserverUser, deleteInstances, InstanceDeletionError } from './instances.ts';
import { isSettled, mustCleanUp, nextStatus, withCondition, withoutFinalizer } from './next-status.ts';

const manager = 'kube-apiserver';
const firstRetryMs = 1000;
const maxRetryMs = 60_000;

/** What the other definitions of a group need to know of one. */
interface Known {
  readonly group: string;
  readonly accepted: CustomResourceDefinitionNames | undefined;
  readonly settled: boolean;
}

/**
 * What upstream's controllers of CustomResourceDefinitions do: grants names, establishes, checks what must be checked,
 * and empties a definition that is being deleted. It is told of every definition as it stands, and writes their status.
 */
export class DefinitionLifecycle implements Disposable {
  readonly #core: Core;
  readonly #home: StoredResource;
  readonly #resources: CustomResources;
  readonly #known = new Map<string, Known>();
  readonly #due = new Set<string>();
  readonly #emptying = new Set<string>();
  readonly #retries = new Map<string, { readonly timer: Timer; readonly delayMs: number }>();
  readonly #stop = new AbortController();
  #working = false;

  constructor(core: Core, home: StoredResource, resources: CustomResources) {
    this.#core = core;
    this.#home = home;
    this.#resources = resources;
  }

  /** A definition as it stands now; undefined: it is gone. */
  observe(name: string, definition: CustomResourceDefinition | undefined): void {
    const before = this.#known.get(name);
    if (definition === undefined) {
      this.#known.delete(name);
      this.#forgetRetry(name);
    } else {
      this.#known.set(name, { group: definition.spec.group, accepted: definition.status?.acceptedNames, settled: isSettled(definition) });
    }
    const now = this.#known.get(name);
    if (now?.settled === false) this.#add(name);
    // Names that were given up may be what somebody else waits for.
    if (before?.accepted !== undefined && before.accepted !== now?.accepted) {
      for (const [other, { group, settled }] of this.#known) if (other !== name && group === before.group && !settled) this.#add(other);
    }
  }

  #add(name: string): void {
    if (this.#stop.signal.aborted) return;
    this.#due.add(name);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      // Not in the middle of telling everyone of a change.
      await Promise.resolve();
      for (const name of this.#due) {
        this.#due.delete(name);
        if (this.#stop.signal.aborted) return;
        try {
          await this.#reconcile(name);
          this.#forgetRetry(name);
        } catch (error) {
          this.#retry(name, error);
        }
      }
    } finally {
      this.#working = false;
    }
  }

  #forgetRetry(name: string): void {
    this.#retries.get(name)?.timer.cancel();
    this.#retries.delete(name);
  }

  #retry(name: string, error: unknown): void {
    if (this.#stop.signal.aborted || isReason(error, 'NotFound')) return;
    this.#core.logger.warn('a custom resource definition could not be brought up to date', { definition: name, error });
    const delayMs = Math.min(maxRetryMs, (this.#retries.get(name)?.delayMs ?? firstRetryMs / 2) * 2);
    this.#retries.get(name)?.timer.cancel();
    this.#retries.set(name, { delayMs, timer: this.#core.clock.setTimer(delayMs, () => this.#add(name), { unref: true }) });
  }

  #current(name: string): CustomResourceDefinition | undefined {
    return this.#home.storage.cache.get(name)?.object as CustomResourceDefinition | undefined;
  }

  #takenIn(group: string): TakenNames {
    const accepted: CustomResourceDefinitionNames[] = [];
    for (const known of this.#known.values()) if (known.group === group && known.accepted !== undefined) accepted.push(known.accepted);
    return takenNames(accepted);
  }

  async #reconcile(name: string): Promise<void> {
    const definition = this.#current(name);
    if (definition === undefined) return;
    const time = formatTime(this.#core.clock.now());
    const next = (current: CustomResourceDefinition): CustomResourceDefinition['status'] => nextStatus(current, () => this.#takenIn(current.spec.group), time);
    if (next(definition) !== definition.status) {
      await this.#write(name, (current) => {
        const status = next(current);
        return status === undefined ? current : { ...current, status };
      });
    }
    if (mustCleanUp(definition) && !this.#emptying.has(name)) {
      this.#emptying.add(name);
      this.#empty(name, definition).finally(() => this.#emptying.delete(name)).catch((error: unknown) => this.#retry(name, error));
    }
  }

  /** Writes what `change` makes of a copy of the definition as it stands. Its spec, which can be large, is shared, and so seen to be the same. */
  async #write(name: string, change: (definition: CustomResourceDefinition) => CustomResourceDefinition): Promise<void> {
    await updateObject(this.#core, {
      served: this.#home, namespace: '', name, subresource: 'status', rules: {}, allowCreate: false,
      desired: (existing) => {
        const object = change({ ...(existing as CustomResourceDefinition), metadata: { ...existing!.metadata } });
        trackWrite(this.#core, { name: manager, served: this.#home, subresource: 'status' }, existing, object);
        return object;
      },
    }, { user: apiserverUser, dryRun: false, warn: () => {} });
  }

  /** Deletes the instances of a definition, then lets the definition go. */
  async #empty(name: string, { spec, status }: CustomResourceDefinition): Promise<void> {
    const time = (): string => formatTime(this.#core.clock.now());
    const finding = { type: 'Terminating', status: 'True' } as const;
    await this.#write(name, (current) => withCondition(current, { ...finding, reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' }, time()));
    const wasEstablished = status?.conditions?.some(({ type, status: state }) => type === 'Established' && state === 'True') === true;
    const served = this.#resources.of(name);
    let done = { reason: 'NeverEstablished', message: 'resource was never established' };
    if (wasEstablished && served === undefined && this.#core.resources.stored(spec.group, spec.names.plural) !== undefined) {
      done = { reason: 'OverlappingBuiltInResource', message: 'instances overlap with built-in resources in storage' };
    } else if (wasEstablished && served !== undefined) {
      try {
        await deleteInstances(this.#core, served.served.home, this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted || !(error instanceof InstanceDeletionError)) throw error;
        const { reason, message } = error;
        await this.#write(name, (current) => withCondition(current, { ...finding, reason, message }, time()));
        throw error;
      }
      done = { reason: 'InstanceDeletionCompleted', message: 'removed all instances' };
    }
    await this.#write(name, (current) => withoutFinalizer(withCondition(current, { type: 'Terminating', status: 'False', ...done }, time())));
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error('the API server stops'));
    for (const { timer } of this.#retries.values()) timer.cancel();
  }
}
