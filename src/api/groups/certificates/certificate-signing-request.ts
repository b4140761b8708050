import { formatTime } from '../../../base/clock.ts';
import { humanDuration } from '../../meta/time.ts';
import { certificatesigningrequests } from '../../resources.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../types/certificates/v1.ts';
import { ageColumn, column, nameColumn, orNone } from '../columns.ts';
import type { RequestingUser, ResourceDefinition } from '../definition.ts';
import { keepField } from '../strategy.ts';
import { validateRequest, validateRequestUpdate } from './certificate-signing-request-validation.ts';

type Conditions = readonly CertificateSigningRequestCondition[];

function conditionOf({ status }: CertificateSigningRequest): string {
  const has = (wanted: string): boolean => (status?.conditions ?? []).some(({ type }) => type === wanted);
  const parts = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'];
  if (has('Failed')) parts.push('Failed');
  if ((status?.certificate ?? '') !== '') parts.push('Issued');
  return parts.join(',');
}

/** Who asks is what the API server knows, not what the request says. */
function setRequester(object: CertificateSigningRequest, user: RequestingUser | undefined): void {
  for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete (object.spec as Partial<CertificateSigningRequest['spec']> | undefined)?.[field];
  if (user === undefined) return;
  const { name, uid = '', groups = [], extra = {} } = user;
  Object.assign(object.spec ??= {} as CertificateSigningRequest['spec'], {
    ...(name !== '' && { username: name }), ...(uid !== '' && { uid }), ...(groups.length > 0 && { groups: [...groups] }),
    ...(Object.keys(extra).length > 0 && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  });
}

/** A condition that comes without times gets them; one whose status stays keeps the time at which it came to be. */
function withTimes(conditions: Conditions | undefined, old: Conditions | undefined, nowMs: number): CertificateSigningRequestCondition[] | undefined {
  return conditions?.map((condition) => {
    const before = old?.find(({ type, status, lastTransitionTime }) => type === condition.type && status === condition.status && lastTransitionTime !== undefined);
    const now = formatTime(nowMs);
    return { ...condition, lastUpdateTime: condition.lastUpdateTime ?? now, lastTransitionTime: condition.lastTransitionTime ?? before?.lastTransitionTime ?? now };
  });
}

/** Where as many decisions stand as before, they stay what they were: only approval changes them. */
function keepDecisions(conditions: Conditions | undefined, old: Conditions | undefined): Conditions | undefined {
  let kept = conditions;
  for (const decision of ['Approved', 'Denied']) {
    const before = (old ?? []).filter(({ type }) => type === decision);
    if ((kept ?? []).filter(({ type }) => type === decision).length !== before.length) continue;
    let next = 0;
    kept = kept?.map((condition) => (condition.type === decision ? before[next++]! : condition));
  }
  return kept;
}

function prepareStatus(object: CertificateSigningRequest, old: CertificateSigningRequest, { nowMs }: { readonly nowMs: number }): void {
  keepField(object, old, 'spec');
  const conditions = withTimes(keepDecisions(object.status?.conditions, old.status?.conditions), old.status?.conditions, nowMs);
  if (conditions !== undefined) object.status = { ...object.status, conditions };
}

/** Approval writes conditions: the spec stays as it was, and so does a certificate that was issued. */
function prepareApproval(object: CertificateSigningRequest, old: CertificateSigningRequest, { nowMs }: { readonly nowMs: number }): void {
  keepField(object, old, 'spec');
  const conditions = withTimes(object.status?.conditions, old.status?.conditions, nowMs);
  const { conditions: _, ...status } = old.status ?? {};
  object.status = { ...status, ...(conditions !== undefined && { conditions }) };
}

/** Somebody asks a signer for a certificate. */
export const certificateSigningRequestDefinition: ResourceDefinition<CertificateSigningRequest> = {
  type: certificatesigningrequests,
  allowUnconditionalUpdate: true,
  // Upstream does not care how requests are called.
  nameRule: () => [],
  prepareForCreate(object, { user }) {
    setRequester(object, user);
    object.status = {};
  },
  validate: (object) => validateRequest(object),
  update: {
    resets: ['spec', 'status'],
    prepareForUpdate(object, old) {
      keepField(object, old, 'spec');
      keepField(object, old, 'status');
    },
    validateUpdate: (object, old) => validateRequestUpdate(object, old, 'request'),
  },
  subresources: {
    status: { resets: ['spec', 'status.conditions'], prepareForUpdate: prepareStatus, validateUpdate: (object, old) => validateRequestUpdate(object, old, 'status') },
    approval: { resets: ['spec', 'status.certificate'], prepareForUpdate: prepareApproval, validateUpdate: (object, old) => validateRequestUpdate(object, old, 'approval') },
  },
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', ({ spec }) => orNone(spec.signerName)),
    column('Requestor', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', ({ spec }) => (spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000))),
    column('Condition', conditionOf),
  ],
  selectableFields: (object) => ({ 'spec.signerName': (object.spec as { signerName?: string } | undefined)?.signerName ?? '' }),
};
