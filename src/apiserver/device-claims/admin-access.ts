/** Access to devices that others use, for monitoring: for namespaces that an administrator has marked (KEP-5018). */
import type { FieldError } from '../../api/field-error.ts';
import { forbidden } from '../../api/field-error.ts';
import type { Loose } from '../../api/meta/loose.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { namespaces } from '../../api/resources.ts';
import type { DeviceClaim } from '../../api/types/resource/v1.ts';
import type { ObjectReader } from '../cache/reader.ts';

/** Of namespaces in which claims may ask for it. */
export const adminAccessLabel = 'resource.kubernetes.io/admin-access';

/** What a new object asks for that its namespace does not allow. */
export function adminAccessErrors(reader: ObjectReader, object: KubeObject, devices: Loose<DeviceClaim> | undefined): FieldError[] {
  const asked = (devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true);
  if (asked < 0) return [];
  const marked = reader.get(namespaces, '', object.metadata.namespace ?? '')?.metadata.labels?.[adminAccessLabel] === 'true';
  // Upstream names this path for templates too.
  return marked ? [] : [forbidden(`spec.devices.requests[${asked}].adminAccess`, `admin access to devices requires the \`${adminAccessLabel}: true\` label on the containing namespace`)];
}
