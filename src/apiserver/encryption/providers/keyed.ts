import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Provider } from '../transformer.ts';
import { prefixed, startsWith } from '../transformer.ts';
import { bytesOf, openGcm, sealGcm } from './aes-gcm.ts';

/** A key of the configuration. */
export interface NamedKey {
  readonly name: string;
  readonly secret: Uint8Array;
}

type Seal = (secret: Uint8Array, value: Uint8Array, key: string) => Uint8Array;

/** Values sealed by the first of the keys, and opened by the key whose name they carry: `PREFIX` `NAME:` bytes. */
function keyedProvider(prefix: string, keys: readonly NamedKey[], { seal, open }: { readonly seal: Seal; readonly open: Seal }): Provider {
  const [first] = keys;
  const heads = keys.map(({ name, secret }) => ({ head: `${prefix}${name}:`, secret }));
  return {
    prefix,
    current: `${prefix}${first!.name}`,
    seal: (plain, key) => prefixed(heads[0]!.head, seal(first!.secret, plain, key)),
    open: (stored, key) => {
      for (const { head, secret } of heads) {
        if (startsWith(stored, head)) return { plain: open(secret, stored.subarray(head.length), key), sealedBy: head.slice(0, -1) };
      }
      throw new Error('no matching key was found for the provided AES transformer');
    },
  };
}

/** AES-GCM with a random nonce; keys of 16, 24 or 32 bytes. Rotate the key at the latest every 200,000 writes, as upstream advises. */
export function aesGcm(keys: readonly NamedKey[]): Provider {
  return keyedProvider('k8s:enc:aesgcm:v1:', keys, { seal: sealGcm, open: openGcm });
}

const blockBytes = 16;

function sealCbc(secret: Uint8Array, plain: Uint8Array): Uint8Array {
  const iv = randomBytes(blockBytes);
  const cipher = createCipheriv(`aes-${secret.length * 8}-cbc`, secret, iv);
  return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
}

function openCbc(secret: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < 2 * blockBytes || sealed.length % blockBytes !== 0) throw new Error('the stored data was shorter than the required size');
  const decipher = createDecipheriv(`aes-${secret.length * 8}-cbc`, secret, sealed.subarray(0, blockBytes));
  return bytesOf(Buffer.concat([decipher.update(sealed.subarray(blockBytes)), decipher.final()]));
}

/** AES-CBC with PKCS#7 padding: not authenticated, kept for data that upstream has written. */
export function aesCbc(keys: readonly NamedKey[]): Provider {
  return keyedProvider('k8s:enc:aescbc:v1:', keys, { seal: sealCbc, open: openCbc });
}
