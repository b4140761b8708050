import { CertificateRequestError, requestedCommonName } from '../../../api/certificates/request-subject.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import type { CertificateSigningRequest } from '../../../api/types/certificates/v1.ts';
import type { Node, PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { ResourceSlice } from '../../../api/types/resource/v1.ts';
import { nodeNameOf } from '../../authorization/node/identity.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';
import { forbiddenLabels } from './labels.ts';
import { podError } from './pods.ts';
import type { TokenRequestParts } from './token-requests.ts';
import { tokenRequestError } from './token-requests.ts';

/** The name an object has, or will have: at creation the request itself does not tell it. */
const objectName = (attributes: AdmissionAttributes): string => (attributes.operation === 'CREATE' ? attributes.object?.metadata.name ?? '' : attributes.name);

function nodeError(nodeName: string, attributes: AdmissionAttributes): string | undefined {
  const node = JSON.stringify(nodeName);
  const requested = attributes.name === '' ? objectName(attributes) : attributes.name;
  if (requested !== nodeName) return `node ${node} is not allowed to modify node ${JSON.stringify(requested)}`;
  const next = attributes.object as Node | undefined;
  if (next === undefined) return undefined;
  if (attributes.operation === 'CREATE') {
    if (next.spec?.configSource !== undefined) return `node ${node} is not allowed to create pods with a non-nil configSource`;
    const forbidden = forbiddenLabels(next.metadata.labels);
    return forbidden.length === 0 ? undefined : `node ${node} is not allowed to set the following labels: ${forbidden.join(', ')}`;
  }
  if (attributes.operation !== 'UPDATE') return undefined;
  const previous = attributes.oldObject as Node | undefined;
  if (next.spec?.configSource !== undefined && !semanticEqual(next.spec.configSource, previous?.spec?.configSource)) return `node ${node} is not allowed to update configSource to a new non-nil configSource`;
  if (!semanticEqual(next.spec?.taints, previous?.spec?.taints)) return `node ${node} is not allowed to modify taints`;
  if (!semanticEqual(next.metadata.ownerReferences, previous?.metadata.ownerReferences)) return `node ${node} is not allowed to modify ownerReferences`;
  const forbidden = forbiddenLabels(next.metadata.labels, previous?.metadata.labels);
  return forbidden.length === 0 ? undefined : `is not allowed to modify labels: ${forbidden.join(', ')}`;
}

function claimStatusError(nodeName: string, attributes: AdmissionAttributes): string | undefined {
  if (attributes.subresource !== 'status') return 'may only update PVC status';
  if (attributes.operation !== 'UPDATE') return `unexpected operation "${attributes.operation}"`;
  const strip = (claim: PersistentVolumeClaim): object => {
    const { capacity: _c, conditions: _n, allocatedResources: _a, allocatedResourceStatuses: _s, ...status } = claim.status ?? {};
    const { resourceVersion: _r, managedFields: _m, ...metadata } = claim.metadata;
    return { metadata, spec: claim.spec ?? {}, status };
  };
  return semanticEqual(strip(attributes.object as PersistentVolumeClaim), strip(attributes.oldObject as PersistentVolumeClaim))
    ? undefined
    : `node ${JSON.stringify(nodeName)} is not allowed to update fields other than status.quantity and status.conditions`;
}

function leaseError(nodeName: string, attributes: AdmissionAttributes): string | undefined {
  if (attributes.namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
  return objectName(attributes) === nodeName ? undefined : 'can only access node lease with the same name as the requesting node';
}

function sliceError(nodeName: string, attributes: AdmissionAttributes): string | undefined {
  const of = (object: unknown): string | undefined => (object as ResourceSlice | undefined)?.spec.nodeName;
  if (attributes.operation === 'CREATE' && of(attributes.object) !== nodeName) return 'can only create ResourceSlice with the same NodeName as the requesting node';
  if (attributes.operation === 'DELETE' && of(attributes.oldObject) !== nodeName) return 'can only delete ResourceSlice with the same NodeName as the requesting node';
  return undefined;
}

/** Signers whose certificates make somebody a node. */
const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

function certificateError(nodeName: string, { operation, object }: AdmissionAttributes): string | undefined {
  if (operation !== 'CREATE') return undefined;
  const { signerName, request } = (object as CertificateSigningRequest).spec;
  if (!nodeSigners.includes(signerName)) return undefined;
  try {
    return requestedCommonName(request) === `system:node:${nodeName}` ? undefined : `can only create a node CSR with CN=system:node:${nodeName}`;
  } catch (error) {
    if (error instanceof CertificateRequestError) return `unable to parse csr: ${error.message}`;
    throw error;
  }
}

/** What a kubelet is kept from; see the switch below. */
const restricted: ReadonlySet<string> = new Set([
  'pods', 'nodes', 'persistentvolumeclaims', 'serviceaccounts', 'leases.coordination.k8s.io', 'csinodes.storage.k8s.io', 'resourceslices.resource.k8s.io',
  'certificatesigningrequests.certificates.k8s.io', 'podcertificaterequests.certificates.k8s.io',
]);

/** Keeps kubelets to their own node and its pods. */
export function nodeRestriction(parts: TokenRequestParts): AdmissionPlugin {
  const { reader } = parts;
  return {
    name: 'NodeRestriction',
    handles: ({ operation, group, resource }) => operation !== 'CONNECT' && restricted.has(group === '' ? resource : `${resource}.${group}`),
    admit: (attributes) => {
      if (attributes.operation === 'CONNECT') return;
      const nodeName = nodeNameOf(attributes.user);
      if (nodeName === undefined) return;
      if (nodeName === '') throw refusal(attributes, `could not determine node from user ${JSON.stringify(attributes.user.name)}`);
      const found = ((): string | undefined | Promise<string | undefined> => {
        switch (attributes.group === '' ? attributes.resource : `${attributes.resource}.${attributes.group}`) {
          case 'pods': return podError(reader, nodeName, attributes);
          case 'nodes': return nodeError(nodeName, attributes);
          case 'persistentvolumeclaims': return claimStatusError(nodeName, attributes);
          case 'serviceaccounts': return tokenRequestError(parts, nodeName, attributes);
          case 'leases.coordination.k8s.io': return leaseError(nodeName, attributes);
          case 'csinodes.storage.k8s.io': return objectName(attributes) === nodeName ? undefined : 'can only access CSINode with the same name as the requesting node';
          case 'resourceslices.resource.k8s.io': return sliceError(nodeName, attributes);
          case 'certificatesigningrequests.certificates.k8s.io': return certificateError(nodeName, attributes);
          case 'podcertificaterequests.certificates.k8s.io': return 'PodCertificateRequest feature gate is disabled';
          default: return undefined;
        }
      })();
      const refuse = (error: string | undefined): void => {
        if (error !== undefined) throw refusal(attributes, error);
      };
      return found instanceof Promise ? found.then(refuse) : refuse(found);
    },
  };
}
