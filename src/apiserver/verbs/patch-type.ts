import { unsupportedPatch } from '../encoding/decode-body.ts';

/** A patch that says what to change; `apply` says how things are to be. */
export type PatchType = 'json' | 'merge' | 'strategic';

/** What the Content-Type of a PATCH asks for. Throws UnsupportedMediaType. */
export function patchTypeOf(contentType: string | undefined): PatchType | 'apply' {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  switch (mediaType) {
    case 'application/json-patch+json': return 'json';
    case 'application/merge-patch+json': return 'merge';
    case 'application/strategic-merge-patch+json': return 'strategic';
    // In CBOR only where that is turned on, which shows when it is read.
    case 'application/apply-patch+yaml': case 'application/apply-patch+cbor': return 'apply';
    default: throw unsupportedPatch();
  }
}
