/** Access to devices that others use, for monitoring: for namespaces that an administrator has marked (KEP-5018). */
import type { FieldError } from '../../api/field-error.ts';
import { forbidden } from '../../api/field-error.ts';
import type { Loose } from '../../api/meta/loose.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { namespaces } from '../../api/resources.ts';
import type { DeviceClaim } from '../../api/types/resource/v1.ts';
import type { ObjectReader } from '../cache/reader.ts';

/** Of namespaces in which claims may ask for it. */
const adminAccessLabel = 'resource.kubernetes.io/admin-access';

/** What a new object asks for that its namespace does not allow. */
export function adminAccessErrors(reader: ObjectReader, object: KubeObject, devices: Loose<DeviceClaim> | undefined): FieldError[] {
  const asked = (devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true);
  if (asked < 0) return [];
  // Upstream names this path for templates too.
  return unlessMarked(reader, object, `spec.devices.requests[${asked}].adminAccess`);
}

/** The error at `path`, unless the object's namespace is one of them. */
export function unlessMarked(reader: ObjectReader, { metadata }: KubeObject, path: string): FieldError[] {
  const marked = reader.get(namespaces, '', metadata.namespace ?? '')?.metadata.labels?.[adminAccessLabel] === 'true';
  return marked ? [] : [forbidden(path, `admin access to devices requires the \`${adminAccessLabel}: true\` label on the containing namespace`)];
}
