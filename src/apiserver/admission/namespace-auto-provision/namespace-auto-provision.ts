import { namespaces } from '../../../api/resources.ts';
import { ApiError, isReason } from '../../../api/status.ts';
import type { LocalEndpoint } from '../../../client/transports/local-endpoint.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';

/** As whom the server asks itself. */
export const loopbackUser = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** Makes the namespace that something is created in, where it does not exist. */
export function namespaceAutoProvision(options: { readonly reader: ObjectReader; readonly local: LocalEndpoint }): AdmissionPlugin {
  const provision = async (attributes: AdmissionAttributes): Promise<void> => {
    try {
      await options.local.request({ method: 'POST', path: '/api/v1/namespaces', user: loopbackUser, body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: attributes.namespace } } });
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return;
      throw error instanceof ApiError ? refusal(attributes, error.message) : error;
    }
  };
  return {
    name: 'NamespaceAutoProvision',
    handles: ({ operation, group, resource }) => operation === 'CREATE' && !(group === '' && resource === 'namespaces'),
    admit(attributes) {
      if (attributes.dryRun || attributes.namespace === '' || options.reader.get(namespaces, '', attributes.namespace) !== undefined) return undefined;
      return provision(attributes);
    },
  };
}
