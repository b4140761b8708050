import { keyOf, nameOf } from '../../../api/meta/object.ts';
import { persistentvolumeclaims, persistentvolumes } from '../../../api/resources.ts';
import { fitsNode, isFullyBound, selectedNode } from '../../../api/storage/persistent-volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Client } from '../../../client/client.ts';
import type { Lister } from '../../../client/informer/store.ts';
import type { NodeVolumes } from './node-volumes.ts';

const pollMs = 1000;

export interface BindOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly claims: Lister<PersistentVolumeClaim>;
  readonly volumes: Lister<PersistentVolume>;
  readonly node: Node;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Tells the volume controller and provisioners what was decided, and waits until the claims are bound. Rejects when
 * that takes too long or is undone.
 */
export async function bindVolumes({ bindings, provisions }: NodeVolumes, options: BindOptions): Promise<void> {
  const { client, clock, signal, timeoutMs } = options;
  const written: Written = { volumes: [], claims: [] };
  for (const { claim, volume } of bindings) written.volumes.push({ claim, volume: await client.update(persistentvolumes, volume) });
  for (const claim of provisions) written.claims.push(await client.update(persistentvolumeclaims, claim));
  const deadlineMs = clock.now() + timeoutMs;
  do {
    await clock.sleep(pollMs, signal);
    try {
      if (isDone(written, options)) return;
    } catch (error) {
      throw new Error(`binding volumes: ${(error as Error).message}`, { cause: error });
    }
  } while (clock.now() < deadlineMs);
  throw new Error('binding volumes: context deadline exceeded');
}

interface Written {
  readonly volumes: { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly claims: PersistentVolumeClaim[];
}

const isOlder = (seen: { readonly metadata: { readonly resourceVersion?: string } }, written: { readonly metadata: { readonly resourceVersion?: string } }): boolean => BigInt(seen.metadata.resourceVersion ?? '0') < BigInt(written.metadata.resourceVersion ?? '0');

function mustFit(volume: PersistentVolume, node: Node): void {
  if (!fitsNode(volume, node)) throw new Error(`pv ${JSON.stringify(nameOf(volume))} node affinity doesn't match node ${JSON.stringify(nameOf(node))}: no matching NodeSelectorTerms`);
}

/** Is everything bound? Throws when it never will be. */
function isDone(written: Written, { claims, volumes, node }: BindOptions): boolean {
  for (const { claim, volume } of written.volumes) {
    const now = volumes.get('', nameOf(volume));
    const claimNow = claims.getByKey(keyOf(claim));
    if (now === undefined) throw new Error(`failed to check binding: could not find v1.PersistentVolume ${JSON.stringify(nameOf(volume))}`);
    if (claimNow === undefined) throw new Error(`failed to check binding: could not find v1.PersistentVolumeClaim ${JSON.stringify(keyOf(claim))}`);
    if (isOlder(now, volume)) return false;
    mustFit(now, node);
    if ((now.spec?.claimRef?.uid ?? '') === '') throw new Error(`ClaimRef got reset for pv ${JSON.stringify(nameOf(volume))}`);
    if (!isFullyBound(claimNow)) return false;
  }
  for (const claim of written.claims) {
    const now = claims.getByKey(keyOf(claim));
    if (now === undefined) throw new Error(`failed to check provisioning pvc: could not find v1.PersistentVolumeClaim ${JSON.stringify(keyOf(claim))}`);
    if (isOlder(now, claim)) return false;
    if (now.metadata.annotations === undefined) throw new Error(`selectedNode annotation reset for PVC ${JSON.stringify(nameOf(claim))}`);
    // A provisioner that gives up takes the choice of the node back.
    if (now.metadata.annotations[selectedNode] !== nameOf(node)) throw new Error(`provisioning failed for PVC ${JSON.stringify(nameOf(claim))}`);
    const volume = (now.spec?.volumeName ?? '') === '' ? undefined : volumes.get('', now.spec?.volumeName ?? '');
    if (volume !== undefined) mustFit(volume, node);
    if (!isFullyBound(now)) return false;
  }
  return true;
}
