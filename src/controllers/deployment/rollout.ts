import { findCondition } from '../../api/meta/conditions.ts';
import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import { controllerOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { deployments, replicasets } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import { ignoreNotFound, isNamespaceTerminating, messageOf } from '../common/errors.ts';
import { isTerminal } from '../common/pods.ts';
import { desiredReplicasOf, maxReplicasOf, newSetAnnotations, revisionAnnotation, revisionOf, withReplicaAnnotations } from './annotations.ts';
import {
  activeSets, byCreation, desiredReplicas, isComplete, isRollingUpdate, maxScaleDown, maxUnavailable, newSetReplicas, progressDeadlineMs, proportionalSizes, replicasOf, revisionHistoryLimit, sumReplicas, sumStaying,
} from './arithmetic.ts';
import { rollBack, wantedRevision } from './rollback.ts';
import { calculateStatus, newCondition, progressCheckInMs, rolloutStatus, withCondition } from './status.ts';
import { podTemplateHash } from '../common/history/hash.ts';
import { equalIgnoringHash, podTemplateHashLabel } from './template-hash.ts';

export interface RolloutOptions {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  /** As the cache has it. */
  readonly deployment: Deployment;
  /** The replica sets that belong to it. */
  readonly sets: readonly ReplicaSet[];
  /** The pods of its replica sets. */
  readonly pods: () => readonly Pod[];
}

/** One reconcile of one deployment. Not to be used twice. */
export class Rollout {
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #clock: Clock;
  readonly #sets: readonly ReplicaSet[];
  readonly #pods: () => readonly Pod[];
  /** Follows our own writes, so that a second one does not conflict with the first. */
  #deployment: Deployment;
  #newSet: ReplicaSet | undefined;
  #oldSets: ReplicaSet[];

  constructor(options: RolloutOptions) {
    this.#client = options.client;
    this.#recorder = options.recorder;
    this.#clock = options.clock;
    this.#deployment = options.deployment;
    this.#sets = options.sets.toSorted(byCreation);
    this.#pods = options.pods;
    this.#newSet = this.#sets.find((set) => equalIgnoringHash(set.spec?.template, options.deployment.spec?.template));
    this.#oldSets = this.#sets.filter((set) => set !== this.#newSet);
  }

  /** Takes the next step. Resolves with the milliseconds after which to look again, if that is known. */
  async step(): Promise<number | undefined> {
    const deployment = this.#deployment;
    if (deployment.metadata.deletionTimestamp !== undefined) {
      await this.#syncNewSet(false);
      return this.#writeStatus(calculateStatus(this.#deployment, this.#allSets(), this.#newSet, this.#clock.now()));
    }
    await this.#markPaused();
    if (deployment.spec?.paused !== true && wantedRevision(deployment) !== undefined) {
      await this.#syncNewSet(true);
      await rollBack({ client: this.#client, recorder: this.#recorder, deployment: this.#deployment, sets: this.#allSets() });
      return undefined;
    }
    if (deployment.spec?.paused === true) return this.#pause();
    // What a deployment of another size left behind says so for good where scaling does not touch it: then it is rolled out.
    if ((await this.#wasScaled()) && (await this.#scale())) return this.#writePlainStatus();
    return isRollingUpdate(deployment) ? this.#rollingUpdate() : this.#recreate();
  }

  #allSets(): ReplicaSet[] {
    return this.#newSet === undefined ? [...this.#oldSets] : [...this.#oldSets, this.#newSet];
  }

  async #wasScaled(): Promise<boolean> {
    await this.#syncNewSet(false);
    return activeSets(this.#allSets()).some((set) => {
      const desired = desiredReplicasOf(set);
      return desired !== undefined && desired !== desiredReplicas(this.#deployment);
    });
  }

  async #pause(): Promise<undefined> {
    await this.#scale();
    await this.#cleanUp();
    return this.#writePlainStatus();
  }

  async #writePlainStatus(): Promise<undefined> {
    await this.#writeStatus(calculateStatus(this.#deployment, this.#allSets(), this.#newSet, this.#clock.now()));
    return undefined;
  }

  async #rollingUpdate(): Promise<number | undefined> {
    await this.#syncNewSet(true);
    const newSet = this.#newSet;
    if (newSet === undefined) return undefined;
    const desired = desiredReplicas(this.#deployment);
    if (replicasOf(newSet) !== desired) {
      const size = replicasOf(newSet) > desired ? desired : newSetReplicas(this.#deployment, this.#allSets(), newSet);
      if (await this.#resize(newSet, size)) return this.#syncRolloutStatus();
    }
    if (await this.#shrinkOldSets(newSet)) return this.#syncRolloutStatus();
    if (isComplete(this.#deployment, this.#deployment.status ?? {})) await this.#cleanUp();
    return this.#syncRolloutStatus();
  }

  async #recreate(): Promise<number | undefined> {
    await this.#syncNewSet(false);
    let shrunk = false;
    for (const set of activeSets(this.#oldSets)) shrunk = (await this.#resize(set, 0)) || shrunk;
    if (shrunk || this.#oldPodsRunning()) return this.#syncRolloutStatus();
    if (this.#newSet === undefined) await this.#syncNewSet(true);
    if (this.#newSet !== undefined) await this.#resize(this.#newSet, desiredReplicas(this.#deployment));
    if (isComplete(this.#deployment, this.#deployment.status ?? {})) await this.#cleanUp();
    return this.#syncRolloutStatus();
  }

  #oldPodsRunning(): boolean {
    if (this.#oldSets.some((set) => (set.status?.replicas ?? 0) > 0)) return true;
    return this.#pods().some((pod) => controllerOf(pod)?.uid !== this.#newSet?.metadata.uid && !isTerminal(pod));
  }

  /** Lets old pods go: first those that do not work anyway, then as many as availability allows. */
  async #shrinkOldSets(newSet: ReplicaSet): Promise<boolean> {
    if (sumReplicas(this.#oldSets) === 0) return false;
    const limit = maxScaleDown(this.#deployment, this.#allSets(), newSet);
    if (limit <= 0) return false;
    let removed = 0;
    for (const set of this.#oldSets) {
      const unhealthy = replicasOf(set) - (set.status?.availableReplicas ?? 0);
      const count = Math.min(limit - removed, unhealthy);
      if (count <= 0) continue;
      await this.#resize(set, replicasOf(set) - count);
      removed += count;
    }
    const minAvailable = desiredReplicas(this.#deployment) - maxUnavailable(this.#deployment);
    const spare = sumStaying(this.#allSets()) - minAvailable;
    let given = 0;
    for (const set of this.#oldSets) {
      const count = Math.min(replicasOf(set), spare - given);
      if (count <= 0) continue;
      await this.#resize(set, replicasOf(set) - count);
      given += count;
    }
    return removed + given > 0;
  }

  /** Follows a change of spec.replicas without rolling anything out. True when it wrote something. */
  async #scale(): Promise<boolean> {
    await this.#syncNewSet(false);
    const deployment = this.#deployment;
    const desired = desiredReplicas(deployment);
    const active = activeSets(this.#allSets());
    if (active.length <= 1) {
      const only = active[0] ?? this.#newSet ?? this.#oldSets.at(-1);
      return only !== undefined && this.#resize(only, desired);
    }
    const newSet = this.#newSet;
    const saturated = newSet !== undefined && replicasOf(newSet) === desired && desiredReplicasOf(newSet) === desired && (newSet.status?.availableReplicas ?? 0) === desired;
    if (saturated) {
      for (const set of activeSets(this.#oldSets)) await this.#resize(set, 0);
      return true;
    }
    if (!isRollingUpdate(deployment)) return false;
    const sizes = proportionalSizes(deployment, active, maxReplicasOf);
    for (const set of active) await this.#resize(set, sizes.get(nameOf(set)) ?? replicasOf(set), { annotate: true });
    return true;
  }

  /**
   * Gives a set another size, with the event. True when the size changed. The annotations go along; with `annotate` they
   * are written also when only they changed.
   */
  async #resize(set: ReplicaSet, size: number, options: { readonly annotate?: boolean } = {}): Promise<boolean> {
    const before = replicasOf(set);
    const annotations = withReplicaAnnotations(set.metadata.annotations, this.#deployment);
    if (before === size && (options.annotate !== true || mapsEqual(set.metadata.annotations, annotations))) return false;
    const updated = await this.#client.update(replicasets, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec!, replicas: size } });
    this.#replace(set, updated);
    if (before === size) return false;
    this.#recorder.event(this.#deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${before < size ? 'up' : 'down'} replica set ${nameOf(set)} from ${before} to ${size}`);
    return true;
  }

  #replace(set: ReplicaSet, updated: ReplicaSet): void {
    if (this.#newSet === set) this.#newSet = updated;
    else this.#oldSets = this.#oldSets.map((old) => (old === set ? updated : old));
  }

  /** Brings the new set's annotations and the deployment's revision up to date; makes the set when it is missing and wanted. */
  async #syncNewSet(create: boolean): Promise<void> {
    const set = this.#newSet;
    const revision = this.#oldSets.map(revisionOf).reduce((highest, one) => (one > highest ? one : highest), 0n) + 1n;
    if (set === undefined) {
      if (create) await this.#createNewSet(revision);
      return;
    }
    const annotations = newSetAnnotations(this.#deployment, set.metadata.annotations, revision);
    const minReadySeconds = this.#deployment.spec?.minReadySeconds ?? 0;
    if (!mapsEqual(set.metadata.annotations, annotations) || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      const { minReadySeconds: _old, ...spec } = set.spec!;
      this.#newSet = await this.#client.update(replicasets, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...spec, ...(minReadySeconds !== 0 && { minReadySeconds }) } });
      return;
    }
    const found = progressDeadlineMs(this.#deployment) !== undefined && findCondition(this.#deployment.status?.conditions, 'Progressing') === undefined
      ? newCondition('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${nameOf(set)}"`, this.#clock.now())
      : undefined;
    await this.#recordRevision(annotations[revisionAnnotation] ?? String(revision), found);
  }

  async #recordRevision(revision: string, condition: ReturnType<typeof newCondition> | undefined): Promise<void> {
    const deployment = this.#deployment;
    const known = deployment.metadata.annotations?.[revisionAnnotation] === revision;
    if (known && condition === undefined) return;
    const conditions = deployment.status?.conditions ?? [];
    this.#deployment = await this.#client.update(deployments, {
      ...deployment,
      metadata: { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, [revisionAnnotation]: revision } },
      status: { ...deployment.status, conditions: condition === undefined ? conditions : withCondition(conditions, condition) },
    }, { subresource: 'status' });
  }

  async #createNewSet(revision: bigint): Promise<void> {
    const deployment = this.#deployment;
    const set = this.#newSetManifest(revision);
    const name = nameOf(set);
    const deadline = progressDeadlineMs(deployment) !== undefined;
    let created: ReplicaSet;
    let existed = false;
    try {
      created = await this.#client.create(replicasets, set);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isReason(error, 'AlreadyExists')) {
        const message = `Failed to create new replica set "${name}": ${messageOf(error)}`;
        if (deadline) {
          const condition = newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, this.#clock.now());
          // The error that matters is the first one; the status is written at the next try if this fails.
          await this.#client.update(deployments, { ...deployment, status: { ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], condition) } }, { subresource: 'status' }).catch(() => {});
        }
        this.#recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
        throw error;
      }
      created = await this.#client.get(replicasets, { namespace: namespaceOf(deployment), name });
      if (controllerOf(created)?.uid !== deployment.metadata.uid || !equalIgnoringHash(created.spec?.template, deployment.spec?.template)) {
        // The name is taken by something else: count the collision, so that the next try has another name.
        await this.#client.update(deployments, { ...deployment, status: { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 } }, { subresource: 'status' });
        throw error;
      }
      existed = true;
    }
    this.#newSet = created;
    if (!existed && replicasOf(created) > 0) this.#recorder.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicasOf(created)}`);
    await this.#recordRevision(String(revision), !existed && deadline ? newCondition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, this.#clock.now()) : undefined);
  }

  #newSetManifest(revision: bigint): ReplicaSet {
    const deployment = this.#deployment;
    const template = deployment.spec!.template;
    const hash = podTemplateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
    const { selector, minReadySeconds = 0 } = deployment.spec!;
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${nameOf(deployment)}-${hash}`,
        namespace: namespaceOf(deployment),
        labels,
        annotations: withReplicaAnnotations(newSetAnnotations(deployment, undefined, revision), deployment),
        ownerReferences: [controllerReference(deployment, deployments)],
      },
      spec: {
        replicas: 0,
        ...(minReadySeconds !== 0 && { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    return { ...set, spec: { ...set.spec!, replicas: newSetReplicas(deployment, [...this.#oldSets, set], set) } };
  }

  /** Deletes the oldest sets that are scaled to zero, beyond spec.revisionHistoryLimit. */
  async #cleanUp(): Promise<void> {
    const limit = revisionHistoryLimit(this.#deployment);
    if (limit === undefined) return;
    const alive = this.#oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
    const excess = alive.length - limit;
    if (excess <= 0) return;
    for (const set of alive.toSorted((a, b) => Number(revisionOf(a) - revisionOf(b)) || byCreation(a, b)).slice(0, excess)) {
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0 || (set.metadata.generation ?? 0) > (set.status?.observedGeneration ?? 0)) continue;
      await this.#client.delete(replicasets, { namespace: namespaceOf(set), name: nameOf(set) }).catch(ignoreNotFound);
    }
  }

  /** Time in pause must not count as lack of progress: the condition says when it began and ended. */
  async #markPaused(): Promise<void> {
    const deployment = this.#deployment;
    if (progressDeadlineMs(deployment) === undefined) return;
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    if (current?.reason === 'ProgressDeadlineExceeded') return;
    const paused = deployment.spec?.paused === true;
    const known = current?.reason === 'DeploymentPaused';
    if (paused === known) return;
    const condition = paused
      ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', this.#clock.now())
      : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', this.#clock.now());
    this.#deployment = await this.#client.update(deployments, { ...deployment, status: { ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], condition) } }, { subresource: 'status' });
  }

  #syncRolloutStatus(): Promise<number | undefined> {
    return this.#writeStatus(rolloutStatus(this.#deployment, this.#allSets(), this.#newSet, this.#clock.now()));
  }

  async #writeStatus(status: DeploymentStatus): Promise<number | undefined> {
    if (semanticEqual(this.#deployment.status ?? {}, status)) return progressCheckInMs(this.#deployment, status, this.#clock.now());
    this.#deployment = await this.#client.update(deployments, { ...this.#deployment, status }, { subresource: 'status' });
    return undefined;
  }
}
