import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { groupResourceOf } from '../../api/resource-type.ts';
import { deployments, replicasets, replicationcontrollers, statefulsets } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Scale } from '../../api/types/autoscaling/v1.ts';
import type { APIResource, APIResourceList, OwnerReference } from '../../api/types/meta/v1.ts';
import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer/informer.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';

/** A controller of pods, and how many it is asked for. */
export interface ControllerScale { readonly uid: string; readonly replicas: number }

type Scaled = KubeObject & { readonly spec?: { readonly replicas?: number } };

const groupVersion = (apiVersion: string): { group: string; version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

/** Finds how many pods a controller is asked for: from informers for the built-in kinds, from the scale of any other. */
export class ControllerScales {
  readonly #client: Client;
  /** By kind, with the groups that references may name. */
  readonly #known: Readonly<Record<string, { readonly groups: readonly string[]; readonly informer: Informer<Scaled> }>>;
  readonly #deployments: Informer<Scaled>;
  readonly informers: readonly { synced(): Promise<void> }[];

  constructor(client: Client, informers: SharedInformers) {
    this.#client = client;
    const sets = informers.informer(replicasets);
    this.#deployments = informers.informer(deployments) as unknown as Informer<Scaled>;
    this.#known = {
      ReplicationController: { groups: [''], informer: informers.informer(replicationcontrollers) },
      ReplicaSet: { groups: ['apps', 'extensions'], informer: sets as unknown as Informer<Scaled> },
      StatefulSet: { groups: ['apps'], informer: informers.informer(statefulsets) as unknown as Informer<Scaled> },
    };
    this.informers = [...Object.values(this.#known).map(({ informer }) => informer), this.#deployments];
  }

  /** Undefined when there is no such controller. Rejects when it cannot be asked for its scale; the message is for the budget's status. */
  async find(reference: OwnerReference, namespace: string): Promise<ControllerScale | undefined> {
    return this.#fromInformers(reference, namespace) ?? this.#fromScale(reference, namespace);
  }

  #fromInformers(reference: OwnerReference, namespace: string): ControllerScale | undefined {
    const known = this.#known[reference.kind];
    if (known === undefined || !known.groups.includes(groupVersion(reference.apiVersion).group)) return undefined;
    const controller = known.informer.lister.get(namespace, reference.name);
    if (controller === undefined || controller.metadata.uid !== reference.uid) return undefined;
    const above = reference.kind === 'ReplicaSet' ? controllerOf(controller) : undefined;
    if (above?.kind !== 'Deployment') return scaleOf(controller);
    const deployment = this.#deployments.lister.get(namespace, above.name);
    return deployment?.metadata.uid === above.uid ? scaleOf(deployment) : undefined;
  }

  async #fromScale(reference: OwnerReference, namespace: string): Promise<ControllerScale | undefined> {
    const { group, version } = groupVersion(reference.apiVersion);
    const resources = await this.#resourcesOf(reference.apiVersion);
    const found = resources.find(({ kind, name }) => kind === reference.kind && !name.includes('/'));
    if (found === undefined) throw new Error(`no matches for kind ${JSON.stringify(reference.kind)} in version ${JSON.stringify(reference.apiVersion)}`);
    const type: ResourceType<KubeObject> = { group, version, resource: found.name, kind: found.kind, namespaced: found.namespaced };
    try {
      const scale = await this.#client.getSubresource<Scale>(type, { namespace, name: reference.name }, 'scale');
      return scale.metadata.uid === reference.uid ? { uid: reference.uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      if (!resources.some(({ name, kind }) => name === `${found.name}/scale` && kind === 'Scale')) throw new Error(`${groupResourceOf(type)} does not implement the scale subresource`, { cause: error });
      return undefined;
    }
  }

  async #resourcesOf(apiVersion: string): Promise<readonly APIResource[]> {
    try {
      return ((await this.#client.raw('GET', apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)) as APIResourceList).resources;
    } catch (error) {
      if (isReason(error, 'NotFound')) return [];
      throw error;
    }
  }
}

const scaleOf = ({ metadata, spec }: Scaled): ControllerScale => ({ uid: metadata.uid ?? '', replicas: spec?.replicas ?? 1 });
