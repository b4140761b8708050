/** Access to devices that others use, for monitoring: for namespaces that an administrator has marked (KEP-5018). */
import type { FieldError } from '../../api/field-error.ts';
import { forbidden } from '../../api/field-error.ts';
import type { Loose } from '../../api/meta/loose.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { namespaces } from '../../api/resources.ts';
import type { DeviceClaim, ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource/v1.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { StorageHook } from '../core.ts';

const label = 'resource.kubernetes.io/admin-access';

function check(reader: ObjectReader, object: KubeObject, devices: Loose<DeviceClaim> | undefined): FieldError[] {
  const asked = (devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true);
  if (asked < 0) return [];
  const marked = reader.get(namespaces, '', object.metadata.namespace ?? '')?.metadata.labels?.[label] === 'true';
  // Upstream names this path for templates too.
  return marked ? [] : [forbidden(`spec.devices.requests[${asked}].adminAccess`, `admin access to devices requires the \`${label}: true\` label on the containing namespace`)];
}

/** The hooks of claims and their templates, by `group/resource`. */
export function adminAccessHooks(reader: ObjectReader): readonly (readonly [string, StorageHook])[] {
  return [
    ['resource.k8s.io/resourceclaims', { checkNew: (object) => Promise.resolve(check(reader, object, (object as Loose<ResourceClaim>).spec?.devices)) }],
    ['resource.k8s.io/resourceclaimtemplates', { checkNew: (object) => Promise.resolve(check(reader, object, (object as Loose<ResourceClaimTemplate>).spec?.spec?.devices)) }],
  ];
}
