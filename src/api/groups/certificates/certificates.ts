/** The kinds of certificates.k8s.io: what their subresources may write, and columns. */
import { humanDuration } from '../../meta/time.ts';
import { certificatesigningrequests, clustertrustbundles, podcertificaterequests } from '../../resources.ts';
import type { CertificateSigningRequest } from '../../types/certificates/v1.ts';
import type { ClusterTrustBundle, PodCertificateRequest } from '../../types/certificates/v1beta1.ts';
import { ageColumn, column, nameColumn, orNone } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepField, standardRules, statusRules } from '../strategy.ts';

function conditionOf({ status }: CertificateSigningRequest): string {
  const has = (wanted: string): boolean => (status?.conditions ?? []).some(({ type }) => type === wanted);
  const parts = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'];
  if (has('Failed')) parts.push('Failed');
  if ((status?.certificate ?? '') !== '') parts.push('Issued');
  return parts.join(',');
}

/** Approval is a status write: the spec stays as it was, and so does a certificate that was issued. */
function prepareForApproval(object: CertificateSigningRequest, old: CertificateSigningRequest): void {
  keepField(object, old, 'spec');
  const { certificate: _, ...rest } = object.status ?? {};
  object.status = { ...rest, ...(old.status?.certificate !== undefined && { certificate: old.status.certificate }) };
}

export const certificateSigningRequestDefinition: ResourceDefinition<CertificateSigningRequest> = {
  type: certificatesigningrequests,
  allowUnconditionalUpdate: true,
  nameRule: 'dns-1123-subdomain',
  ...standardRules<CertificateSigningRequest>({ status: true, generation: false }),
  update: {
    prepareForUpdate(object, old) {
      keepField(object, old, 'spec');
      keepField(object, old, 'status');
    },
  },
  subresources: { status: statusRules<CertificateSigningRequest>(), approval: { prepareForUpdate: prepareForApproval } },
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

export const clusterTrustBundleDefinition: ResourceDefinition<ClusterTrustBundle> = {
  type: clustertrustbundles,
  columns: [nameColumn, column('SignerName', ({ spec }) => orNone(spec.signerName))],
  selectableFields: (object) => ({ 'spec.signerName': (object.spec as { signerName?: string } | undefined)?.signerName ?? '' }),
};

export const podCertificateRequestDefinition: ResourceDefinition<PodCertificateRequest> = {
  type: podcertificaterequests,
  ...standardRules<PodCertificateRequest>({ status: true, generation: false }),
  columns: [
    nameColumn,
    column('PodName', ({ spec }) => spec.podName),
    column('ServiceAccountName', ({ spec }) => spec.serviceAccountName),
    column('NodeName', ({ spec }) => spec.nodeName),
    column('SignerName', ({ spec }) => spec.signerName),
    column('State', ({ status }) => {
      const types = (status?.conditions ?? []).map(({ type }) => type);
      return ['Denied', 'Failed', 'Issued'].find((type) => types.includes(type)) ?? 'Pending';
    }),
    ageColumn,
  ],
  selectableFields: (object) => {
    const spec = (object.spec as { signerName?: string; podName?: string; nodeName?: string } | undefined) ?? {};
    return { 'spec.signerName': spec.signerName ?? '', 'spec.podName': spec.podName ?? '', 'spec.nodeName': spec.nodeName ?? '' };
  },
};
