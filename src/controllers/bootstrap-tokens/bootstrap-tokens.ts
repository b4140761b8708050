import { keyOf, nameOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { configmaps, secrets } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import { outside } from '../../base/outside-work.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { detachedSignature, lifetimeMs, signingToken, tokenNamespace, tokenType } from './tokens.ts';

const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' };
const signaturePrefix = 'jws-kubeconfig-';
const tokenScope = { namespace: tokenNamespace, fieldSelector: `type=${tokenType}` };

/** Signs the ConfigMap `cluster-info` with every bootstrap token that may: by this, nodes that join know the cluster. */
export async function startBootstrapSignerController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor('bootstrap-signer');
  const maps = informers.informer(configmaps, { namespace: clusterInfo.namespace, fieldSelector: `metadata.name=${clusterInfo.name}` });
  const tokens = informers.informer(secrets, tokenScope);
  const queue = new WorkQueue({ clock });
  const look = (): void => queue.add(clusterInfo.name);
  maps.addHandler({ add: look, update: look });
  tokens.addHandler({ add: look, update: look, delete: look });
  const reconcile = async (): Promise<ReconcileResult> => {
    const map = maps.lister.get(clusterInfo.namespace, clusterInfo.name);
    const content = map?.data?.['kubeconfig'];
    if (map === undefined || content === undefined) return;
    const nowMs = clock.now();
    const all = tokens.lister.list();
    const data = Object.fromEntries(Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signaturePrefix)));
    for (const secret of all) {
      const token = signingToken(secret, nowMs);
      if (token !== undefined) data[signaturePrefix + token.id] ??= await outside(detachedSignature(content, token));
    }
    const known = map.data ?? {};
    if (Object.keys(known).length !== Object.keys(data).length || Object.entries(data).some(([key, value]) => known[key] !== value)) await client.update(configmaps, { ...map, data });
    const ends = all.map((secret) => lifetimeMs(secret, nowMs)).filter((waitMs) => waitMs > 0 && Number.isFinite(waitMs));
    return ends.length === 0 ? undefined : { requeueAfterMs: Math.min(...ends) };
  };
  runController({ name: 'bootstrap-signer', clock, logger, signal, workers: 1, informers: [maps, tokens], queue, reconcile });
}

/** Deletes bootstrap tokens when they are over. */
export async function startTokenCleanerController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor('token-cleaner');
  const tokens = informers.informer(secrets, tokenScope);
  const queue = new WorkQueue({ clock });
  tokens.addHandler({ add: (secret) => queue.add(keyOf(secret)), update: (_old, secret) => queue.add(keyOf(secret)) });
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const { namespace, name } = splitKey(key);
    const secret = tokens.lister.get(namespace, name);
    if (secret === undefined) return;
    const waitMs = lifetimeMs(secret, clock.now());
    if (waitMs > 0) return Number.isFinite(waitMs) ? { requeueAfterMs: waitMs } : undefined;
    await client.delete(secrets, { namespace, name: nameOf(secret) }, { preconditions: { uid: uidOf(secret) } }).catch((error: unknown) => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
    });
  };
  runController({ name: 'token-cleaner', clock, logger, signal, informers: [tokens], queue, reconcile });
}
