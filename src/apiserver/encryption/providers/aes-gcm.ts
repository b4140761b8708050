import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
type GcmCipher = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';

const cipherOf = (secret: Uint8Array): GcmCipher => `aes-${secret.length * 8}-gcm` as GcmCipher;

/** The same bytes, without what Node's buffers have beyond arrays. */
export const bytesOf = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

/** Nonce, ciphertext and tag, as Go's cipher.AEAD lays them out behind a random nonce. `key` is authenticated, not hidden. */
export function sealGcm(secret: Uint8Array, plain: Uint8Array, key: string): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(cipherOf(secret), secret, nonce);
  cipher.setAAD(Buffer.from(key));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws when the value was not sealed with this secret for this key, or was changed since. */
export function openGcm(secret: Uint8Array, sealed: Uint8Array, key: string): Uint8Array {
  if (sealed.length < nonceBytes + tagBytes) throw new Error('the stored data was shorter than the required size');
  const decipher = createDecipheriv(cipherOf(secret), secret, sealed.subarray(0, nonceBytes));
  decipher.setAAD(Buffer.from(key));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return bytesOf(Buffer.concat([decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), decipher.final()]));
}
