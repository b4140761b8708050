import { ApiError } from '../../api/status.ts';
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

const customPatchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+cbor'];

/** The same for custom resources, which know no strategic merge patches: nothing says how their lists are merged. */
export function customPatchTypeOf(contentType: string | undefined): Exclude<PatchType, 'strategic'> | 'apply' {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const type = customPatchTypes.includes(mediaType) ? patchTypeOf(mediaType) : undefined;
  if (type === undefined || type === 'strategic') throw new ApiError('UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${customPatchTypes.slice(0, 3).join(', ')}`);
  return type;
}
