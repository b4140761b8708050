import type { Loose } from '../../api/meta/loose.ts';
import type { ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource/v1.ts';
import type { StorageHook } from '../core.ts';
import { adminAccessErrors } from './admin-access.ts';
import type { PermissionParts } from './status-permissions.ts';
import { statusPermissionErrors } from './status-permissions.ts';

/** The hooks of claims and their templates, by `group/resource`. */
export function deviceClaimHooks(parts: PermissionParts): readonly (readonly [string, StorageHook])[] {
  const { reader } = parts;
  return [
    ['resource.k8s.io/resourceclaims', {
      checkNew: (object) => Promise.resolve(adminAccessErrors(reader, object, (object as Loose<ResourceClaim>).spec?.devices)),
      checkStatus: (object, old, origin) => statusPermissionErrors(object as ResourceClaim, old as ResourceClaim, origin, parts),
    }],
    ['resource.k8s.io/resourceclaimtemplates', { checkNew: (object) => Promise.resolve(adminAccessErrors(reader, object, (object as Loose<ResourceClaimTemplate>).spec?.spec?.devices)) }],
  ];
}
