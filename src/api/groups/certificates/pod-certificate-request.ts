import { formatLabels } from '../../meta/labels.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { podcertificaterequests } from '../../resources.ts';
import type { PodCertificateRequest } from '../../types/certificates/v1beta1.ts';
import { column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepAllButStatusAndMeta, standardRules } from '../strategy.ts';
import { validatePodCertificateRequest, validatePodCertificateStatus } from './pod-certificate-request-validation.ts';

const defaultExpirationSeconds = 24 * 60 * 60;
const rules = standardRules<PodCertificateRequest>({ status: true, generation: false });

/** A kubelet asks a signer for a certificate for a pod. Nothing of the request can be changed afterwards. */
export const podCertificateRequestDefinition: ResourceDefinition<PodCertificateRequest> = {
  type: podcertificaterequests,
  applyDefaults({ spec }) {
    if ((spec as PodCertificateRequest['spec'] | undefined) !== undefined) spec.maxExpirationSeconds ??= defaultExpirationSeconds;
  },
  prepareForCreate: rules.prepareForCreate,
  validate: validatePodCertificateRequest,
  update: { ...rules.update, validateUpdate: (object, old) => validateImmutable('spec', object.spec, old.spec) },
  subresources: { status: { prepareForUpdate: keepAllButStatusAndMeta, validateUpdate: validatePodCertificateStatus } },
  columns: [
    nameColumn,
    column('PodName', ({ spec }) => spec.podName),
    column('ServiceAccountName', ({ spec }) => spec.serviceAccountName),
    column('NodeName', ({ spec }) => spec.nodeName),
    column('SignerName', ({ spec }) => spec.signerName),
    // They exclude one another; where they do not, the last one is shown.
    column('State', ({ status }) => (status?.conditions ?? []).findLast(({ type }) => ['Issued', 'Denied', 'Failed'].includes(type))?.type ?? 'Pending'),
    column('UnverifiedUserAnnotations', ({ spec }) => formatLabels(spec.unverifiedUserAnnotations)),
  ],
  selectableFields: (object) => {
    const spec = (object.spec as { signerName?: string; podName?: string; nodeName?: string } | undefined) ?? {};
    return { 'spec.signerName': spec.signerName ?? '', 'spec.podName': spec.podName ?? '', 'spec.nodeName': spec.nodeName ?? '' };
  },
};
