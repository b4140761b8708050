import type { CustomObjectsApi, KubernetesObject, V1ConfigMap, V1Lease } from '@kubernetes/client-node';
import { ApiException, CoordinationV1Api, CoreV1Api, CustomObjectsApi as CustomObjects, makeInformer, V1MicroTime } from '@kubernetes/client-node';
import type { Informer, KubeConfig } from '@kubernetes/client-node';

export interface Site extends KubernetesObject {
  spec: { title: string };
  status?: { observedGeneration?: number; phase?: string };
}

const group = 'sites.example.com';
const version = 'v1';
const plural = 'sites';
const namespace = 'default';
const finalizer = `${group}/cleanup`;
const leaseName = 'site-operator';
const isCode = (code: number) => (error: unknown): boolean => error instanceof ApiException && error.code === code;

/**
 * An operator as people write them with the official client: only the holder of a Lease acts; a finalizer on every Site before
 * anything is made for it; a ConfigMap that belongs to it; status through the subresource; cleaned up before the Site goes.
 */
export class SiteOperator implements AsyncDisposable {
  readonly identity: string;
  /** What it did, in order. */
  readonly did: string[] = [];
  readonly #custom: CustomObjectsApi;
  readonly #core: CoreV1Api;
  readonly #leases: CoordinationV1Api;
  readonly #config: KubeConfig;
  readonly #informers: (Informer<Site> | Informer<V1ConfigMap>)[] = [];
  #queue: Promise<void> = Promise.resolve();
  failure: unknown;

  constructor(config: KubeConfig, identity: string) {
    this.identity = identity;
    this.#config = config;
    this.#custom = config.makeApiClient(CustomObjects);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#leases = config.makeApiClient(CoordinationV1Api);
  }

  /** Becomes the leader if there is none, or the one there is has been silent: false otherwise, and when another was quicker. */
  async lead(now: Date): Promise<boolean> {
    const spec = { holderIdentity: this.identity, leaseDurationSeconds: 15, acquireTime: new V1MicroTime(now), renewTime: new V1MicroTime(now), leaseTransitions: 0 };
    try {
      const lease = await this.#leases.readNamespacedLease({ namespace, name: leaseName }).catch((error: unknown) => {
        if (isCode(404)(error)) return undefined;
        throw error;
      });
      if (lease === undefined) {
        await this.#leases.createNamespacedLease({ namespace, body: { metadata: { name: leaseName }, spec } });
        return true;
      }
      const { holderIdentity, renewTime, leaseDurationSeconds = 0, leaseTransitions = 0 } = lease.spec ?? {};
      const isMine = holderIdentity === this.identity;
      if (!isMine && renewTime !== undefined && new Date(renewTime).getTime() + leaseDurationSeconds * 1000 > now.getTime()) return false;
      const body: V1Lease = Object.assign(lease, { spec: { ...spec, leaseTransitions: isMine ? leaseTransitions : leaseTransitions + 1 } });
      await this.#leases.replaceNamespacedLease({ namespace, name: leaseName, body });
      return true;
    } catch (error) {
      if (isCode(409)(error)) return false;
      throw error;
    }
  }

  /** Watches Sites and what it made for them. */
  async start(): Promise<void> {
    const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    const sites = makeInformer<Site>(this.#config, path, () => this.#custom.listNamespacedCustomObject({ group, version, namespace, plural }) as ReturnType<Parameters<typeof makeInformer<Site>>[2]>);
    const label = `${group}/site`;
    const maps = makeInformer<V1ConfigMap>(this.#config, `/api/v1/namespaces/${namespace}/configmaps`, () => this.#core.listNamespacedConfigMap({ namespace, labelSelector: label }), label);
    for (const event of ['add', 'update'] as const) sites.on(event, ({ metadata }) => this.#enqueue(metadata!.name!));
    for (const event of ['update', 'delete'] as const) maps.on(event, ({ metadata }) => this.#enqueue(metadata!.labels![label]!));
    for (const informer of [sites, maps]) informer.on('error', (error) => { this.failure ??= error; });
    await sites.start();
    await maps.start();
    this.#informers.push(sites, maps);
  }

  #enqueue(name: string): void {
    this.#queue = this.#queue.then(() => this.#reconcile(name)).catch((error: unknown) => {
      // Somebody else wrote first, or it is gone: the watch tells, and it is looked at again.
      if (!isCode(409)(error) && !isCode(404)(error)) this.failure ??= error;
    });
  }

  async #reconcile(name: string): Promise<void> {
    const ref = { group, version, namespace, plural, name };
    const site = await this.#custom.getNamespacedCustomObject(ref) as Site;
    const metadata = site.metadata!;
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp !== undefined) {
      if (!finalizers.includes(finalizer)) return;
      this.did.push(`clean ${name}`);
      await this.#custom.replaceNamespacedCustomObject({ ...ref, body: { ...site, metadata: Object.assign(metadata, { finalizers: finalizers.filter((one) => one !== finalizer) }) } });
      return;
    }
    if (!finalizers.includes(finalizer)) {
      this.did.push(`claim ${name}`);
      await this.#custom.replaceNamespacedCustomObject({ ...ref, body: { ...site, metadata: Object.assign(metadata, { finalizers: [...finalizers, finalizer] }) } });
      return;
    }
    await this.#publish(name, site);
    if (site.status?.observedGeneration === metadata.generation) return;
    this.did.push(`ready ${name}`);
    await this.#custom.replaceNamespacedCustomObjectStatus({ ...ref, body: { ...site, status: { observedGeneration: metadata.generation, phase: 'Ready' } } });
  }

  /** Its ConfigMap is as the Site wants it, whoever changed or deleted it. */
  async #publish(name: string, { metadata, spec }: Site): Promise<void> {
    const wanted = { title: spec.title };
    const found = await this.#core.readNamespacedConfigMap({ namespace, name: `site-${name}` }).catch((error: unknown) => {
      if (isCode(404)(error)) return undefined;
      throw error;
    });
    if (found?.data?.['title'] === spec.title) return;
    this.did.push(`publish ${name} ${spec.title}`);
    const owner = { apiVersion: `${group}/${version}`, kind: 'Site', name, uid: metadata!.uid!, controller: true, blockOwnerDeletion: true };
    if (found === undefined) await this.#core.createNamespacedConfigMap({ namespace, body: { metadata: { name: `site-${name}`, labels: { [`${group}/site`]: name }, ownerReferences: [owner] }, data: wanted } });
    else await this.#core.replaceNamespacedConfigMap({ namespace, name: `site-${name}`, body: Object.assign(found, { data: wanted }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const informer of this.#informers) await informer.stop();
    await this.#queue;
  }
}
