import type { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { assert } from '../base/assert.ts';

/** A name's parts by their short names (CN, O …); a part that is given several times is a list. */
export type Subject = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A certificate's subject. Node 24 leaves node:tls half loaded for good when `toLegacyObject` is called before that
 * module was imported; a bare import would be dropped by bundlers, so something of it is used here.
 */
export function subjectOf(certificate: X509Certificate): Subject {
  assert(typeof createSecureContext === 'function', 'node:tls is loaded');
  return certificate.toLegacyObject().subject as unknown as Subject;
}
