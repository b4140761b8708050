import type { FieldError } from '../../field-error.ts';
import { required } from '../../field-error.ts';
import { validateCanonicalIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { dns1123Subdomain, pathSegment } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { ipaddresses } from '../../resources.ts';
import type { IPAddress } from '../../types/networking/v1.ts';
import { column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { addPathSegment } from './ingress-validation.ts';

const path = 'spec.parentRef';

function validateIpAddress({ spec }: Loose<IPAddress>): FieldError[] {
  if (spec?.parentRef === undefined) return [required(path)];
  const errors: FieldError[] = [];
  const { group = '', resource, name, namespace = '' } = spec.parentRef;
  if (group !== '') addInvalid(errors, `${path}.group`, group, dns1123Subdomain(group));
  addPathSegment(errors, `${path}.resource`, resource);
  addPathSegment(errors, `${path}.name`, name);
  if (namespace !== '') addInvalid(errors, `${path}.namespace`, namespace, pathSegment(namespace));
  return errors;
}

/** One address of a ServiceCIDR and who has it. It is called what it is. */
export const ipAddressDefinition: ResourceDefinition<IPAddress> = {
  type: ipaddresses,
  allowUnconditionalUpdate: true,
  nameRule: (name) => validateCanonicalIp('', name).map(({ message }) => message.slice(`Invalid value: ${JSON.stringify(name)}: `.length)),
  validate: validateIpAddress,
  update: {
    validateUpdate: (object, old) => [...validateIpAddress(object), ...validateImmutable(path, (object as Loose<IPAddress>).spec?.parentRef, (old as Loose<IPAddress>).spec?.parentRef)],
  },
  // Upstream writes the age into each row too, but names no column for it: kubectl does not show it.
  columns: [
    nameColumn,
    column('ParentRef', ({ spec }) => {
      const { parentRef } = spec as Loose<IPAddress['spec']>;
      if (parentRef === undefined) return '<none>';
      const { group = '', resource = '', namespace = '', name = '' } = parentRef;
      return [`${resource}${group === '' ? '' : `.${group}`}`.toLowerCase(), ...(namespace === '' ? [] : [namespace]), name].join('/');
    }),
  ],
};
