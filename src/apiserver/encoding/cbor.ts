import type * as CborCodec from '../../api/codec/cbor.ts';

/** CBOR is off unless asked for: its library is loaded by servers that offer it. */
let codec: typeof CborCodec | undefined;

/** Loads the codec. Resolves when `cborCodec` may be used. */
export async function loadCbor(): Promise<void> {
  codec ??= await import('../../api/codec/cbor.ts');
}

/** The codec; only to be asked for after `loadCbor`. */
export function cborCodec(): typeof CborCodec {
  if (codec === undefined) throw new Error('CBOR is not loaded');
  return codec;
}
