/** What a value looks like that was sealed under a key service: the message EncryptedObject of KMS v2. */
import { Reader, Writer } from 'protobufjs/minimal.js';

/** `gcm-key`: the source of the key is the key. `hkdf-seed`: a key of its own for each value, derived from the seed. */
export type KeySource = 'gcm-key' | 'hkdf-seed';

export interface EncryptedObject {
  readonly data: Uint8Array;
  readonly keyId: string;
  readonly encryptedSource: Uint8Array;
  readonly annotations: Readonly<Record<string, Uint8Array>>;
  readonly source: KeySource;
}

const sources: readonly KeySource[] = ['gcm-key', 'hkdf-seed'];
const maxKeyIdBytes = 1024;
const maxSourceBytes = 1024;
const maxAnnotationBytes = 32 * 1024;

/** What is wrong with what a plugin says; undefined: nothing. */
export function encryptedObjectProblem({ keyId, encryptedSource, annotations }: Omit<EncryptedObject, 'data'>): string | undefined {
  if (encryptedSource.length === 0) return 'failed to validate encrypted DEK source: encrypted DEK source is empty';
  if (encryptedSource.length > maxSourceBytes) return `failed to validate encrypted DEK source: encrypted DEK source is ${encryptedSource.length} bytes, which exceeds the max size of ${maxSourceBytes}`;
  const idBytes = Buffer.byteLength(keyId);
  if (idBytes === 0) return 'failed to validate key id: keyID is empty';
  if (idBytes > maxKeyIdBytes) return `failed to validate key id: keyID is ${idBytes} bytes, which exceeds the max size of ${maxKeyIdBytes}`;
  const total = Object.entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + value.length, 0);
  if (total > maxAnnotationBytes) return `failed to validate annotations: total size of annotations is ${total}, which exceeds the max size of ${maxAnnotationBytes}`;
  return undefined;
}

export function encodeEncryptedObject({ data, keyId, encryptedSource, annotations, source }: EncryptedObject): Uint8Array {
  const writer = Writer.create().uint32(10).bytes(data).uint32(18).string(keyId).uint32(26).bytes(encryptedSource);
  for (const key of Object.keys(annotations).sort()) writer.uint32(34).fork().uint32(10).string(key).uint32(18).bytes(annotations[key]!).ldelim();
  const kind = sources.indexOf(source);
  if (kind > 0) writer.uint32(40).int32(kind);
  return writer.finish();
}

/** Throws an Error when it is none. */
export function decodeEncryptedObject(bytes: Uint8Array): EncryptedObject {
  const reader = Reader.create(bytes);
  let data = new Uint8Array();
  let keyId = '';
  let encryptedSource = new Uint8Array();
  const annotations: Record<string, Uint8Array> = {};
  let kind = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    switch (tag >>> 3) {
      case 1: data = reader.bytes() as Uint8Array<ArrayBuffer>; break;
      case 2: keyId = reader.string(); break;
      case 3: encryptedSource = reader.bytes() as Uint8Array<ArrayBuffer>; break;
      case 4: {
        const end = reader.uint32() + reader.pos;
        let key = '';
        let value = new Uint8Array();
        while (reader.pos < end) {
          const inner = reader.uint32();
          if (inner >>> 3 === 1) key = reader.string();
          else if (inner >>> 3 === 2) value = reader.bytes() as Uint8Array<ArrayBuffer>;
          else reader.skipType(inner & 7);
        }
        annotations[key] = value;
        break;
      }
      case 5: kind = reader.int32(); break;
      default: reader.skipType(tag & 7);
    }
  }
  const source = sources[kind];
  if (source === undefined) throw new Error(`unknown encryptedDEKSourceType: ${kind}`);
  if (data.length === 0) throw new Error('encrypted data is empty');
  const object = { data, keyId, encryptedSource, annotations, source };
  const problem = encryptedObjectProblem(object);
  if (problem !== undefined) throw new Error(problem);
  return object;
}
