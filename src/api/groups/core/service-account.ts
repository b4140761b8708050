import { serviceaccounts } from '../../resources.ts';
import type { ServiceAccount } from '../../types/core/v1.ts';
import { ageColumn, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

const enforceMountableSecretsKey = 'kubernetes.io/enforce-mountable-secrets';

/** Of a reference to a secret only its name counts: they all live in the account's own namespace. */
function cleanSecretReferences(object: ServiceAccount): void {
  if (object.secrets !== undefined) object.secrets = object.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

export const serviceAccountDefinition: ResourceDefinition<ServiceAccount> = {
  type: serviceaccounts,
  allowUnconditionalUpdate: true,
  prepareForCreate: cleanSecretReferences,
  update: { prepareForUpdate: cleanSecretReferences },
  warnings(object, old) {
    const isNew = object.metadata.annotations?.[enforceMountableSecretsKey] !== undefined && old?.metadata.annotations?.[enforceMountableSecretsKey] === undefined;
    return isNew ? [`metadata.annotations[${enforceMountableSecretsKey}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`] : [];
  },
  columns: [nameColumn, ageColumn],
};
