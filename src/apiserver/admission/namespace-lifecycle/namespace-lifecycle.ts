import { namespaces } from '../../../api/resources.ts';
import { forbiddenError, notFoundError } from '../../../api/status.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is made in a namespace that does not exist or is going away, and three namespaces never go. */
export function namespaceLifecycle(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    // Namespaces are only held from being deleted; of all else creation alone is looked at.
    handles: ({ operation, group, resource }) => (group === '' && resource === 'namespaces' ? operation === 'DELETE' : operation === 'CREATE'),
    admit: (attributes) => {
      const { operation, group, resource, name, namespace } = attributes;
      if (operation === 'DELETE') {
        if (immortal.has(name)) throw forbiddenError({ group, resource }, name, 'this namespace may not be deleted');
        return;
      }
      if (namespace === '') return;
      // Saying that a namespace exists or not would tell more than the asker may know.
      if (group === 'authorization.k8s.io' && resource === 'localsubjectaccessreviews') return;
      const found = options.reader.get(namespaces, '', namespace);
      if (found === undefined) throw notFoundError(namespaces, namespace);
      if (found.status?.phase === 'Terminating') {
        throw refusal(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`, [
          { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
        ]);
      }
    },
  };
}
