import { findCondition } from '../../api/meta/conditions.ts';
import { keyOf, nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { certificatesigningrequests, subjectaccessreviews } from '../../api/resources.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/types/certificates/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { CertificateAuthority } from '../common/certificate-authority.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound } from '../common/errors.ts';
import { apiServerClient, kubeletClient, kubeletClientError, kubeletServing, legacyUnknown, signerError } from './rules.ts';

const identity = 'certificate-controller';
const hourMs = 3_600_000;
const minTtlMs = 10 * 60_000;
const maxTtlMs = 365 * 24 * hourMs;
/** A kubelet's request whose user may not make it is looked at again: it may be allowed to meanwhile. */
const retryMs = 60_000;
const finishedMs = hourMs;
const pendingMs = 24 * hourMs;

const conditionOf = (request: CertificateSigningRequest, type: string): CertificateSigningRequestCondition | undefined => findCondition(request.status?.conditions, type);
const isIssued = ({ status }: CertificateSigningRequest): boolean => (status?.certificate ?? '') !== '';
const isSettled = (request: CertificateSigningRequest): boolean => conditionOf(request, 'Approved') !== undefined || conditionOf(request, 'Denied') !== undefined;
const withCondition = (request: CertificateSigningRequest, condition: CertificateSigningRequestCondition): CertificateSigningRequest =>
  ({ ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } });

/** Watches requests for certificates and deals with each. */
function handle(context: ControllerContext, name: string, reconcile: (request: CertificateSigningRequest) => Promise<ReconcileResult>): void {
  const { clock, logger, signal, informers } = context;
  const informer = informers.informer(certificatesigningrequests);
  const queue = new WorkQueue({ clock });
  const enqueue = (request: CertificateSigningRequest): void => queue.add(keyOf(request));
  informer.addHandler({ add: enqueue, update: (_old, request) => enqueue(request) });
  runController({
    name, clock, logger, signal, informers: [informer], queue,
    reconcile: async (key) => {
      const request = informer.lister.get('', key);
      if (request !== undefined) return reconcile(request);
    },
  });
}

/** Signs what was approved, for the signers that the cluster's authority is. */
export async function startCertificateSigningController(context: ControllerContext): Promise<void> {
  const { clock, settings } = context;
  const authority = settings.certificateAuthority;
  if (authority === undefined) return;
  const client = context.clientFor(identity);
  handle(context, 'csrsigning', async (request) => {
    const { signerName, usages = [], expirationSeconds, request: pem } = request.spec;
    if (isIssued(request) || conditionOf(request, 'Approved')?.status !== 'True' || conditionOf(request, 'Denied') !== undefined || conditionOf(request, 'Failed')?.status === 'True') return;
    if (![kubeletServing, kubeletClient, apiServerClient, legacyUnknown].includes(signerName)) return;
    const wrong = signerError(signerName, await authority.read(atob(pem)), usages);
    if (wrong !== undefined) {
      const failed: CertificateSigningRequestCondition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: wrong, lastUpdateTime: formatTime(clock.now()) };
      await client.update(certificatesigningrequests, withCondition(request, failed), { subresource: 'status' });
      return;
    }
    const ttlMs = expirationSeconds === undefined ? maxTtlMs : Math.min(maxTtlMs, Math.max(minTtlMs, expirationSeconds * 1000));
    const certificate = btoa(await authority.sign(atob(pem), { usages, ttlMs }));
    await client.update(certificatesigningrequests, { ...request, status: { ...request.status, certificate } }, { subresource: 'status' });
  });
}

const approvals: readonly { readonly subresource: string; readonly self: boolean; readonly message: string }[] = [
  { subresource: 'selfnodeclient', self: true, message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' },
  { subresource: 'nodeclient', self: false, message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
];

/** Approves kubelets' requests for client certificates, where their user may make them. */
export async function startCertificateApprovingController(context: ControllerContext): Promise<void> {
  const authority = context.settings.certificateAuthority;
  if (authority === undefined) return;
  const client = context.clientFor(identity);
  handle(context, 'csrapproving', async (request) => {
    const { signerName, usages = [], username = '', uid, groups, extra, request: pem } = request.spec;
    if (isIssued(request) || isSettled(request) || signerName !== kubeletClient) return;
    const asked = await authority.read(atob(pem));
    if (kubeletClientError(asked, usages) !== undefined) return;
    for (const { subresource, self, message } of approvals) {
      if (self && asked.commonName !== username) continue;
      const review = await client.create(subjectaccessreviews, {
        apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {},
        spec: { user: username, ...(uid !== undefined && { uid }), ...(groups !== undefined && { groups }), ...(extra !== undefined && { extra }), resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*' } },
      });
      if (review.status?.allowed !== true) continue;
      await client.update(certificatesigningrequests, withCondition(request, { type: 'Approved', status: 'True', reason: 'AutoApproved', message }), { subresource: 'approval' });
      return;
    }
    return { requeueAfterMs: retryMs };
  });
}

/** Deletes requests that are settled for an hour, that nobody settled for a day, or whose certificate has expired. */
export async function startCertificateCleanerController(context: ControllerContext): Promise<void> {
  const { clock, settings } = context;
  const client = context.clientFor(identity);
  handle(context, 'csrcleaner', async (request) => {
    const waitMs = (await deadlineOf(request, settings.certificateAuthority)) - clock.now();
    if (waitMs >= 0) return Number.isFinite(waitMs) ? { requeueAfterMs: Math.min(waitMs + 1, pendingMs) } : undefined;
    await client.delete(certificatesigningrequests, { name: nameOf(request) }).catch(ignoreNotFound);
  });
}

/** When a request has to go, epoch milliseconds; infinity for one that says nothing of its time. */
async function deadlineOf(request: CertificateSigningRequest, authority: CertificateAuthority | undefined): Promise<number> {
  const after = (time: string | undefined, lifeMs: number): number => (time === undefined ? Infinity : (parseTime(time) ?? Infinity) + lifeMs);
  const conditions = request.status?.conditions ?? [];
  if (conditions.length === 0) return after(request.metadata.creationTimestamp, pendingMs);
  const deadlines = conditions.map(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return after(lastUpdateTime, finishedMs);
    return type === 'Approved' ? after(lastUpdateTime, isIssued(request) ? finishedMs : pendingMs) : Infinity;
  });
  const certificate = request.status?.certificate;
  if (certificate !== undefined && certificate !== '' && authority !== undefined && conditionOf(request, 'Approved') !== undefined) deadlines.push(await authority.expiryOf(atob(certificate)));
  return Math.min(...deadlines);
}
