import { keyOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import { persistentvolumeclaims, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { StatefulSet } from '../../api/types/apps/v1.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { messageOf } from '../common/errors.ts';
import type { WrittenVersions } from '../common/written-versions.ts';
import { claimNameOf, claimsFor, identityMatches, ordinalOf, storageMatches, withIdentity, withStorage } from './identity.ts';
import { deletesWhenScaled, hasUnexpectedController, isStaleForPod, ownersMatch, withOwners } from './retention.ts';

export interface StatefulPodControlOptions {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly pods: Informer<Pod>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly written: WrittenVersions;
}

type Verb = 'Create' | 'Update' | 'Delete';
const maxConflicts = 4;

/** Makes, mends and deletes the pods of stateful sets together with their claims, and says so in events. */
export class StatefulPodControl {
  readonly #options: StatefulPodControlOptions;

  constructor(options: StatefulPodControlOptions) {
    this.#options = options;
  }

  /** Creates the claims that are missing, and the pod. */
  async create(set: StatefulSet, pod: Pod): Promise<void> {
    await this.#recordingFailure('Create', set, pod, () => this.#createClaims(set, pod));
    let failure: { readonly error: unknown } | undefined;
    try {
      const created = await this.#options.client.create(pods, pod);
      this.#options.written.wrote(keyOf(set), this.#options.pods, created);
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) throw error;
      failure = { error };
    }
    await this.#recordingFailure('Update', set, pod, () => this.updateClaimOwners(set, pod));
    this.#record('Create', set, pod, failure);
    if (failure !== undefined) throw failure.error;
  }

  /** Creates the claims that a pending pod waits for. */
  async createMissingClaims(set: StatefulSet, pod: Pod): Promise<void> {
    await this.#createClaims(set, pod);
    await this.#recordingFailure('Update', set, pod, () => this.updateClaimOwners(set, pod));
  }

  /** Gives a pod back its identity and its volumes, and its claims their owners. */
  async update(set: StatefulSet, pod: Pod): Promise<void> {
    let attempted = false;
    try {
      for (let current = pod, conflicts = 0; ; conflicts++) {
        const mended = await this.#mend(set, current);
        if (mended === undefined) return;
        attempted = true;
        try {
          this.#options.written.wrote(keyOf(set), this.#options.pods, await this.#options.client.update(pods, mended));
          break;
        } catch (error) {
          if (!isReason(error, 'Conflict') || conflicts >= maxConflicts) throw error;
          current = this.#options.pods.lister.get(namespaceOf(pod), nameOf(pod)) ?? current;
        }
      }
    } catch (error) {
      if (attempted) this.#record('Update', set, pod, { error });
      throw error;
    }
    this.#record('Update', set, pod, undefined);
  }

  /** The pod as it should be; undefined when it is so already. */
  async #mend(set: StatefulSet, pod: Pod): Promise<Pod | undefined> {
    let mended = identityMatches(set, pod) ? pod : withIdentity(set, pod);
    if (!storageMatches(set, mended)) {
      mended = withStorage(set, mended);
      await this.#recordingFailure('Update', set, pod, () => this.#createClaims(set, mended));
    }
    if (this.claimOwnersMatch(set, mended)) return mended === pod ? undefined : mended;
    await this.#recordingFailure('Update', set, pod, () => this.updateClaimOwners(set, mended));
    return mended;
  }

  async delete(set: StatefulSet, pod: Pod): Promise<void> {
    try {
      await this.#options.client.delete(pods, { namespace: namespaceOf(pod), name: nameOf(pod) });
    } catch (error) {
      if (!isReason(error, 'NotFound')) {
        this.#record('Delete', set, pod, { error });
        throw error;
      }
    }
    this.#record('Delete', set, pod, undefined);
  }

  claimOwnersMatch(set: StatefulSet, pod: Pod): boolean {
    return this.#existingClaims(set, pod).every((claim) => ownersMatch(claim, set, pod));
  }

  /** Makes the owners of the pod's claims those that the retention policy asks for. */
  async updateClaimOwners(set: StatefulSet, pod: Pod): Promise<void> {
    for (const claim of this.#existingClaims(set, pod)) {
      if (hasUnexpectedController(claim, set, pod)) {
        this.#options.recorder.event(set, 'Warning', 'ConflictingController', `PersistentVolumeClaim ${nameOf(claim)} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`);
      }
      if (ownersMatch(claim, set, pod)) continue;
      try {
        this.#options.written.wrote(keyOf(set), this.#options.claims, await this.#options.client.update(persistentvolumeclaims, withOwners(claim, set, pod)));
      } catch (error) {
        throw new Error(`could not update claim ${nameOf(claim)} for delete policy ownerRefs: ${messageOf(error)}`, { cause: error });
      }
    }
  }

  /** Is a claim of the pod that is to be created about to be deleted with an earlier pod of its name? */
  hasStaleClaim(set: StatefulSet, pod: Pod): boolean {
    return deletesWhenScaled(set) && this.#existingClaims(set, pod).some((claim) => isStaleForPod(claim, pod));
  }

  #existingClaims(set: StatefulSet, pod: Pod): PersistentVolumeClaim[] {
    const ordinal = ordinalOf(pod);
    return (set.spec?.volumeClaimTemplates ?? [])
      .map((template) => this.#options.claims.lister.get(namespaceOf(set), claimNameOf(set, template, ordinal)))
      .filter((claim) => claim !== undefined);
  }

  async #createClaims(set: StatefulSet, pod: Pod): Promise<void> {
    const failures: string[] = [];
    for (const { claim } of claimsFor(set, pod)) {
      const name = nameOf(claim);
      const existing = this.#options.claims.lister.get(namespaceOf(set), name);
      if (existing !== undefined) {
        if (existing.metadata.deletionTimestamp !== undefined) failures.push(`pvc ${name} is being deleted`);
        continue;
      }
      try {
        this.#options.written.wrote(keyOf(set), this.#options.claims, await this.#options.client.create(persistentvolumeclaims, claim));
        this.#options.recorder.event(set, 'Normal', 'SuccessfulCreate', `Create Claim ${name} Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)} success`);
      } catch (error) {
        failures.push(`failed to create PVC ${name}: ${messageOf(error)}`);
        if (!isReason(error, 'AlreadyExists')) this.#options.recorder.event(set, 'Warning', 'FailedCreate', `Create Claim ${name} for Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)} failed error: ${messageOf(error)}`);
      }
    }
    if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  }

  async #recordingFailure(verb: Verb, set: StatefulSet, pod: Pod, attempt: () => Promise<void>): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      this.#record(verb, set, pod, { error });
      throw error;
    }
  }

  #record(verb: Verb, set: StatefulSet, pod: Pod, failure: { readonly error: unknown } | undefined): void {
    const what = `${verb} Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)}`;
    if (failure === undefined) this.#options.recorder.event(set, 'Normal', `Successful${verb}`, `${what} successful`);
    else this.#options.recorder.event(set, 'Warning', `Failed${verb}`, `${what} failed error: ${messageOf(failure.error)}`);
  }
}
