import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { compareQuantity } from '../../api/meta/quantity.ts';
import { allClaimNamesOf, claimFor } from '../../api/pod/resource-claims.ts';
import { resourceclaims } from '../../api/resources.ts';
import type { Container, Pod, ResourceHealth, ResourceStatus } from '../../api/types/core/v1.ts';
import type { ResourceClaim } from '../../api/types/resource/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import { GrpcError } from '../../runtime/grpc/channel.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { GrpcCalls } from '../../runtime/grpc/calls.ts';
import type { Methods, NodePrepareResourcesRequest } from '../plugins/generated/dra-plugin.ts';
import type { ClaimInfo } from './claim-info.ts';
import { cdiIdsOf, claimInfoOf, devicesFor } from './claim-info.ts';
import type { ClaimTable } from './claim-table.ts';
import type { DevicesHealth } from './device-health.ts';
import type { Driver } from './drivers.ts';

/** What a driver may take to answer, as upstream. */
const answerMs = 45_000;

export interface DynamicResourcesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly metrics: MetricsSink;
  readonly table: ClaimTable;
  readonly health: Pick<DevicesHealth, 'of'>;
  /** Throws an Error while no driver of the name is there. */
  readonly driver: (name: string) => Driver;
}

type Batches = Map<string, ClaimInfo[]>;

/**
 * Has drivers prepare the claims of pods before they start, and take that back when the last pod of a claim has ended
 * (upstream's DRA manager; KEP-4381). Errors are shown with the pod: they name neither it nor its namespace.
 */
export class DynamicResources {
  readonly #options: DynamicResourcesOptions;

  constructor(options: DynamicResourcesOptions) {
    this.#options = options;
  }

  /** Makes the pod's claims ready; what is ready stays so. Rejects with why one is not. */
  async prepare(pod: Pod): Promise<void> {
    if (!usesClaims(pod)) return;
    await this.#measured('PrepareResources', () => this.#prepare(pod)).catch((error: unknown) => { throw new Error(`prepare dynamic resources: ${(error as Error).message}`, { cause: error }); });
  }

  /** Nothing of the pod runs any more. Rejects where a driver could not take something back: it is to be asked again. */
  async unprepare(pod: Pod): Promise<void> {
    if (!usesClaims(pod)) return;
    await this.#measured('UnprepareResources', () => this.#unprepare(uidOf(pod), namespaceOf(pod), allClaimNamesOf(pod))).catch((error: unknown) => { throw new Error(`unprepare dynamic resources: ${(error as Error).message}`, { cause: error }); });
  }

  /** Takes back what pods used that are not there any more, as after a restart. Rejects with the first failure, after all were tried. */
  async reconcile(isActive: (podUid: string) => boolean): Promise<void> {
    const gone = new Map<string, { readonly namespace: string; readonly names: string[] }>();
    for (const { podUids, namespace, name } of this.#options.table) {
      for (const podUid of podUids) {
        if (isActive(podUid)) continue;
        const known = gone.get(podUid);
        if (known === undefined) gone.set(podUid, { namespace, names: [name] });
        else known.names.push(name);
      }
    }
    const failures: unknown[] = [];
    for (const [podUid, { namespace, names }] of gone) await this.#unprepare(podUid, namespace, names).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** The names of devices that a container is started with. Throws an Error for a claim that is not known here. */
  cdiDevicesOf(pod: Pod, container: Container): string[] {
    const devices: string[] = [];
    for (const { claimName, request } of requestsOf(pod, container)) {
      const claim = this.#options.table.get(namespaceOf(pod), claimName);
      if (claim === undefined) throw new Error(`internal error: unable to get claim info for ResourceClaim ${claimName} in namespace ${namespaceOf(pod)}`);
      devices.push(...cdiIdsOf(claim, request));
    }
    return [...new Set(devices)];
  }

  /** The claims that a container uses, as far as they are known here. */
  claimsOf(pod: Pod, container: Container): ClaimInfo[] {
    const names = new Set(requestsOf(pod, container).map(({ claimName }) => claimName));
    return [...names].flatMap((name) => this.#options.table.get(namespaceOf(pod), name) ?? []);
  }

  /** The devices of a container by the claims, or requests, that it names, and how well they are. */
  statusOf(pod: Pod, container: Container): ResourceStatus[] {
    return (container.resources?.claims ?? []).flatMap(({ name, request = '' }): ResourceStatus[] => {
      const entry = pod.spec?.resourceClaims?.find((one) => one.name === name);
      const named = entry && claimFor(pod, entry);
      const claim = named?.kind === 'named' ? this.#options.table.get(namespaceOf(pod), named.name) : undefined;
      const resources = claim === undefined ? [] : this.#healthOf(claim, request);
      return resources.length === 0 ? [] : [{ name: `claim:${name}${request === '' ? '' : `/${request}`}`, resources }];
    });
  }

  #healthOf({ drivers }: ClaimInfo, request: string): ResourceHealth[] {
    const byId = new Map<string, ResourceHealth>();
    for (const [driver, devices] of drivers) {
      for (const { pool, device, cdiIds: [cdiId] } of devicesFor(devices, request)) {
        const resourceID = cdiId ?? `${driver}/${pool}/${device}`;
        const { health, message } = this.#options.health.of(driver, pool, device);
        if (!byId.has(resourceID)) byId.set(resourceID, { resourceID, health, ...(message !== '' && { message }) });
      }
    }
    return [...byId.values()];
  }

  async #measured(operation: string, work: () => Promise<void>): Promise<void> {
    const { clock, metrics } = this.#options;
    const startMs = clock.monotonicMs();
    let isError = true;
    try {
      await work();
      isError = false;
    } finally {
      metrics.observe('dra_operations_duration_seconds', (clock.monotonicMs() - startMs) / 1000, operation, String(isError));
    }
  }

  async #prepare(pod: Pod): Promise<void> {
    const { table, driver } = this.#options;
    // Everything is looked at before anything is remembered: a pod that cannot have its claims leaves nothing to take back.
    const wanted: ClaimInfo[] = [];
    for (const { name, isGenerated } of claimsToPrepare(pod)) {
      const info = claimInfoOf(await this.#claim(pod, name, isGenerated));
      for (const driverName of info.drivers.keys()) driver(driverName);
      wanted.push(info);
    }
    const batches: Batches = new Map();
    const preparing: ClaimInfo[] = [];
    for (const claim of wanted) {
      const known = table.get(claim.namespace, claim.name);
      if (known !== undefined && known.uid !== claim.uid) throw new Error(`old ResourceClaim with same name ${claim.name} and different UID ${known.uid} still exists (previous pod force-deleted?!)`);
      if (known === undefined) table.add(claim);
      const info = known ?? claim;
      info.podUids.add(uidOf(pod));
      if (info.isPrepared) continue;
      preparing.push(info);
      for (const driverName of info.drivers.keys()) batch(batches, driverName, info);
    }
    // Should the pod be gone before its claims are ready, whoever looks next knows that they may have to be taken back.
    await table.save();
    for (const [driverName, claims] of batches) {
      const answers = await this.#ask(driverName, 'NodePrepareResources', claims, (calls, request) => calls.call('NodePrepareResources', request, { timeoutMs: answerMs }));
      for (const [claim, { devices }] of answers) {
        claim.drivers.set(driverName, devices.map(({ poolName, deviceName, shareId, requestNames, cdiDeviceIds }) => ({ pool: poolName, device: deviceName, ...(shareId !== '' && { shareId }), requests: requestNames, cdiIds: cdiDeviceIds })));
      }
    }
    if (preparing.length === 0) return;
    for (const claim of preparing) claim.isPrepared = true;
    await table.save();
  }

  /** The claim as the API has it. Rejects where it is not the pod's to use. */
  async #claim(pod: Pod, name: string, isGenerated: boolean): Promise<ResourceClaim> {
    const namespace = namespaceOf(pod);
    const claim = await this.#options.client.get(resourceclaims, { namespace, name }).catch((error: unknown) => { throw new Error(`fetch ResourceClaim ${name}: ${(error as Error).message}`, { cause: error }); });
    const isOwn = claim.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === uidOf(pod)) === true;
    if (isGenerated && !isOwn) throw new Error(`ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${nameOf(pod)} (Pod is not owner)`);
    if (claim.status?.reservedFor?.some(({ uid }) => uid === uidOf(pod)) !== true) throw new Error(`pod ${nameOf(pod)} (${uidOf(pod)}) is not allowed to use ResourceClaim ${name} (${uidOf(claim)})`);
    return claim;
  }

  async #unprepare(podUid: string, namespace: string, names: readonly string[]): Promise<void> {
    const { table } = this.#options;
    const batches: Batches = new Map();
    const ending: ClaimInfo[] = [];
    for (const name of names) {
      const claim = table.get(namespace, name);
      if (claim === undefined) continue;
      // Others use it still. That this pod does not is written with the rest: until then, the next kubelet does it again.
      if (claim.podUids.size > 1) claim.podUids.delete(podUid);
      else if (claim.podUids.has(podUid)) {
        ending.push(claim);
        for (const driverName of claim.drivers.keys()) batch(batches, driverName, claim);
      }
    }
    for (const [driverName, claims] of batches) await this.#ask(driverName, 'NodeUnprepareResources', claims, (calls, request) => calls.call('NodeUnprepareResources', request, { timeoutMs: answerMs }));
    for (const claim of ending) table.delete(claim);
    await table.save();
  }

  /** Asks one driver for several claims. Rejects unless it did all of them. */
  async #ask<Answer extends { readonly error: string }>(driverName: string, method: keyof Methods, claims: readonly ClaimInfo[], call: (calls: GrpcCalls<Methods>, request: NodePrepareResourcesRequest) => Promise<{ readonly claims: Readonly<Record<string, Answer>> }>): Promise<Map<ClaimInfo, Answer>> {
    const { metrics, clock } = this.#options;
    const { calls, paths } = this.#options.driver(driverName);
    const startMs = clock.monotonicMs();
    let code = 'OK';
    let answers: Readonly<Record<string, Answer>>;
    try {
      ({ claims: answers } = await call(calls, { claims: claims.map(({ uid, namespace, name }) => ({ uid, namespace, name })) }));
    } catch (error) {
      code = error instanceof GrpcError ? error.code : 'Unknown';
      throw new Error(`${method}: ${(error as Error).message}`, { cause: error });
    } finally {
      metrics.observe('dra_grpc_operations_duration_seconds', (clock.monotonicMs() - startMs) / 1000, driverName, paths[method], code);
    }
    const done = new Map<ClaimInfo, Answer>();
    for (const [uid, answer] of Object.entries(answers)) {
      const claim = claims.find((one) => one.uid === uid);
      if (claim === undefined) throw new Error(`${method} returned result for unknown claim UID ${uid}`);
      if (answer.error !== '') throw new Error(`${method} failed for ResourceClaim ${claim.name}: ${answer.error}`);
      done.set(claim, answer);
    }
    if (done.size < claims.length) throw new Error(`${method} skipped ${claims.length - done.size} ResourceClaims`);
    return done;
  }
}

const usesClaims = ({ spec, status }: Pod): boolean => (spec?.resourceClaims ?? []).length > 0 || status?.extendedResourceClaimStatus !== undefined;

function batch(batches: Batches, driver: string, claim: ClaimInfo): void {
  const known = batches.get(driver);
  if (known === undefined) batches.set(driver, [claim]);
  else known.push(claim);
}

/** Throws an Error for a claim that is still to be made. */
function claimsToPrepare(pod: Pod): { readonly name: string; readonly isGenerated: boolean }[] {
  const claims = (pod.spec?.resourceClaims ?? []).flatMap((entry) => {
    const claim = claimFor(pod, entry);
    if (claim.kind === 'missing') throw new Error(`pod "${namespaceOf(pod)}/${nameOf(pod)}": ResourceClaim not created yet`);
    return claim.kind === 'named' ? [{ name: claim.name, isGenerated: claim.generated }] : [];
  });
  const extended = pod.status?.extendedResourceClaimStatus;
  return extended === undefined ? claims : [...claims, { name: extended.resourceClaimName, isGenerated: false }];
}

/** What a container uses of which claim; an empty request means all of it. */
function requestsOf(pod: Pod, container: Container): { readonly claimName: string; readonly request: string }[] {
  const requests = (pod.spec?.resourceClaims ?? []).flatMap((entry) => {
    const used = container.resources?.claims?.filter(({ name }) => name === entry.name) ?? [];
    const claim = used.length === 0 ? undefined : claimFor(pod, entry);
    return claim?.kind === 'named' ? used.map(({ request = '' }) => ({ claimName: claim.name, request })) : [];
  });
  const extended = pod.status?.extendedResourceClaimStatus;
  if (extended === undefined) return requests;
  const asks = (resource: string): boolean => {
    const amount = container.resources?.requests?.[resource];
    return amount !== undefined && compareQuantity(amount, '0') !== 0;
  };
  const mapped = extended.requestMappings.filter(({ containerName, resourceName }) => containerName === container.name && asks(resourceName));
  return [...requests, ...mapped.map(({ requestName }) => ({ claimName: extended.resourceClaimName, request: requestName }))];
}
