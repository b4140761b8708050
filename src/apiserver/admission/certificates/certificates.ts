import { CertificateRequestError, requestedOrganizations } from '../../../api/certificates/request-subject.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import { certificatesigningrequests, clustertrustbundles } from '../../../api/resources.ts';
import type { CertificateSigningRequest } from '../../../api/types/certificates/v1.ts';
import type { ClusterTrustBundle } from '../../../api/types/certificates/v1beta1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { concernedBy, concerns, onlyCollectorFieldsDiffer, refusal } from '../refuse.ts';

interface Parts { authorize(attributes: Attributes): Decision | Promise<Decision> }

/** Throws Forbidden unless the user may do this with the signer, or with all signers of its domain. */
function demand({ authorize }: Parts, attributes: AdmissionAttributes, verb: string, signerName: string, detail: string): Promise<void> | void {
  const question = (user: UserInfo, name: string): Attributes => ({ isResourceRequest: true, user, verb, apiGroup: 'certificates.k8s.io', apiVersion: '*', resource: 'signers', subresource: '', namespace: '', name });
  const names = [signerName, `${signerName.split('/')[0]!}/*`];
  const ask = (from: number): Promise<void> | void => {
    for (let i = from; i < names.length; i++) {
      const decision = authorize(question(attributes.user, names[i]!));
      if (decision instanceof Promise) return decision.then(({ verdict }) => (verdict === 'allow' ? undefined : ask(i + 1)));
      if (decision.verdict === 'allow') return undefined;
    }
    throw refusal(attributes, `user not permitted to ${detail} signerName ${JSON.stringify(signerName)}`);
  };
  return ask(0);
}

const ofSubresource = (subresource: string) => (scope: Parameters<NonNullable<AdmissionPlugin['handles']>>[0]): boolean =>
  scope.operation === 'UPDATE' && scope.subresource === subresource && concerns({ ...scope, subresource: '' }, certificatesigningrequests);

/** Who approves a request must be allowed to for its signer. */
export function certificateApproval(parts: Parts): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: ofSubresource('approval'),
    // The old object is asked: an update might name another signer.
    validate: (attributes) => demand(parts, attributes, 'approve', (attributes.oldObject as CertificateSigningRequest).spec.signerName, 'approve requests with'),
  };
}

/** Who puts a certificate into a request must be allowed to sign for its signer. */
export function certificateSigning(parts: Parts): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: ofSubresource('status'),
    validate(attributes) {
      const [request, old] = [attributes.object as CertificateSigningRequest, attributes.oldObject as CertificateSigningRequest];
      if (request.status?.certificate === old.status?.certificate && semanticEqual(request.status?.conditions, old.status?.conditions)) return undefined;
      return demand(parts, attributes, 'sign', old.spec.signerName, 'sign requests with');
    },
  };
}

/** Who publishes trust in a signer must be allowed to attest for it. */
export function clusterTrustBundleAttest(parts: Parts): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    handles: ({ operation, group, resource }) => (operation === 'CREATE' || operation === 'UPDATE') && group === clustertrustbundles.group && resource === clustertrustbundles.resource,
    validate(attributes) {
      const { spec } = attributes.object as ClusterTrustBundle;
      if ((spec.signerName ?? '') === '') return undefined;
      if (attributes.oldObject !== undefined && onlyCollectorFieldsDiffer(attributes.object!, attributes.oldObject)) return undefined;
      return demand(parts, attributes, 'attest', spec.signerName!, 'attest for');
    },
  };
}

const clientSigner = 'kubernetes.io/kube-apiserver-client';
const mastersGroup = 'system:masters';

/** Nobody gets a client certificate of the group that may do everything. */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    handles: concernedBy(['CREATE'], certificatesigningrequests),
    validate(attributes) {
      const { spec } = attributes.object as CertificateSigningRequest;
      if (spec.signerName !== clientSigner) return;
      try {
        if (!requestedOrganizations(spec.request).includes(mastersGroup)) return;
      } catch (error) {
        if (error instanceof CertificateRequestError) throw refusal(attributes, `failed to parse CSR: ${error.message}`);
        throw error;
      }
      throw refusal(attributes, `use of ${clientSigner} signer with ${mastersGroup} group is not allowed`);
    },
  };
}
