import { findCondition } from '../../api/meta/conditions.ts';
import { keyOf } from '../../api/meta/object.ts';
import { certificatesigningrequests, nodes } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import { createInformer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { CertificateAuthority, RequestedCertificate } from '../../controllers/common/certificate-authority.ts';

export interface ServingApproverOptions {
  /** An administrator's. */
  readonly client: Client;
  readonly authority: Pick<CertificateAuthority, 'read'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const signerName = 'kubernetes.io/kubelet-serving';
/** A node's addresses may be reported a moment after it has asked. */
const retryMs = 2_000;

/** Whether a node asks for itself, and for nothing but the names and addresses that it reports. */
export function isForOwnAddresses(asked: RequestedCertificate, username: string, node: Node): boolean {
  if (username !== `system:node:${node.metadata.name}` || asked.commonName !== username || asked.organizations.join() !== 'system:nodes') return false;
  const own = new Set([node.metadata.name, ...(node.status?.addresses ?? []).map(({ address }) => address)]);
  const names = [...asked.dnsNames, ...asked.ipAddresses];
  return names.length > 0 && names.every((name) => own.has(name)) && asked.uris.length === 0 && asked.emailAddresses.length === 0;
}

/**
 * Approves kubelets' requests for serving certificates. Upstream leaves that to an administrator, since whoever may write a
 * node's status could have an address of somebody else certified; here the API server believes the same status when it looks
 * for the kubelet, and without the certificate there would be no logs and no exec. Disposing stops it.
 */
export function startServingApprover({ client, authority, clock, random, logger: parent }: ServingApproverOptions): Disposable {
  const logger = parent.named('serving-approver');
  const stop = new AbortController();
  const informer = createInformer(client, certificatesigningrequests, { fieldSelector: `spec.signerName=${signerName}`, clock, random, logger });
  const queue = new WorkQueue({ clock });
  const look = (request: CertificateSigningRequest): void => queue.add(keyOf(request));
  informer.addHandler({ add: look, update: (_old, request) => look(request) });
  informer.start(stop.signal);
  runController({
    name: 'kubelet-serving-approver', clock, logger, signal: stop.signal, informers: [informer], queue,
    async reconcile(key) {
      const request = informer.lister.get('', key);
      if (request === undefined || ['Approved', 'Denied'].some((type) => findCondition(request.status?.conditions, type) !== undefined)) return;
      const { username = '', request: pem } = request.spec;
      const node = username.startsWith('system:node:') ? await client.get(nodes, { name: username.slice('system:node:'.length) }).catch(orUndefined) : undefined;
      if (node === undefined || !isForOwnAddresses(await authority.read(atob(pem)), username, node)) return { requeueAfterMs: retryMs };
      const conditions = [...(request.status?.conditions ?? []), { type: 'Approved', status: 'True', reason: 'AutoApproved', message: 'Auto approving kubelet serving certificate: the node asks for its own addresses.', lastUpdateTime: formatTime(clock.now()) }];
      await client.update(certificatesigningrequests, { ...request, status: { ...request.status, conditions } }, { subresource: 'approval' });
    },
  });
  return { [Symbol.dispose]: () => stop.abort(new Error('the cluster was stopped')) };
}

function orUndefined(error: unknown): undefined {
  if (!isReason(error, 'NotFound')) throw error;
  return undefined;
}
