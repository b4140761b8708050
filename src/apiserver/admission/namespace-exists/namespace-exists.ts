import { namespaces } from '../../../api/resources.ts';
import { notFoundError } from '../../../api/status.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';

/** Nothing is done in a namespace that does not exist; NamespaceLifecycle has long said so for what is created. */
export function namespaceExists(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    handles: ({ operation, group, resource }) => operation !== 'CONNECT' && !(group === '' && resource === 'namespaces'),
    validate({ namespace }) {
      if (namespace !== '' && options.reader.get(namespaces, '', namespace) === undefined) throw notFoundError(namespaces, namespace);
    },
  };
}
