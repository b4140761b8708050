import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import protobuf from 'protobufjs/light.js';
import type { Clock } from '../../../base/clock.ts';
import type { KmsService } from './kms-service.ts';

/** The messages of k8s.io/kms v2, by field number. */
const descriptor = {
  nested: {
    StatusRequest: { fields: {} },
    StatusResponse: { fields: { version: { type: 'string', id: 1 }, healthz: { type: 'string', id: 2 }, keyId: { type: 'string', id: 3 } } },
    DecryptRequest: { fields: { ciphertext: { type: 'bytes', id: 1 }, uid: { type: 'string', id: 2 }, keyId: { type: 'string', id: 3 }, annotations: { keyType: 'string', type: 'bytes', id: 4 } } },
    DecryptResponse: { fields: { plaintext: { type: 'bytes', id: 1 } } },
    EncryptRequest: { fields: { plaintext: { type: 'bytes', id: 1 }, uid: { type: 'string', id: 2 } } },
    EncryptResponse: { fields: { ciphertext: { type: 'bytes', id: 1 }, keyId: { type: 'string', id: 2 }, annotations: { keyType: 'string', type: 'bytes', id: 3 } } },
  },
};
const { nested } = protobuf.Root.fromJSON(descriptor);

function method(name: string): Parameters<typeof makeGenericClientConstructor>[0][string] {
  const request = nested![`${name}Request`] as protobuf.Type;
  const response = nested![`${name}Response`] as protobuf.Type;
  return {
    path: `/v2.KeyManagementService/${name}`, requestStream: false, responseStream: false,
    requestSerialize: (value: object) => Buffer.from(request.encode(request.create(value)).finish()),
    requestDeserialize: (bytes: Buffer) => request.toObject(request.decode(bytes), { defaults: true }),
    responseSerialize: (value: object) => Buffer.from(response.encode(response.create(value)).finish()),
    responseDeserialize: (bytes: Buffer) => response.toObject(response.decode(bytes), { defaults: true }),
  };
}

/** The methods of the service, for a client, and for a test's plugin. */
export const kmsServiceDefinition = { Status: method('Status'), Decrypt: method('Decrypt'), Encrypt: method('Encrypt') };

const KmsClient = makeGenericClientConstructor(kmsServiceDefinition, 'KeyManagementService');

type Call = (request: object, options: { deadline: number }, callback: (error: Error | null, response: unknown) => void) => void;

/** A plugin behind a socket, `unix:///path`. Every call ends after `timeoutMs`. */
export function connectKms(endpoint: string, options: { readonly timeoutMs: number; readonly clock: Clock }): KmsService {
  const client = new KmsClient(endpoint, credentials.createInsecure());
  const call = <T>(name: string, request: object): Promise<T> => new Promise((resolve, reject) => {
    (client[name] as Call).call(client, request, { deadline: options.clock.now() + options.timeoutMs }, (error, response) => (error === null ? resolve(response as T) : reject(error)));
  });
  return {
    status: () => call('Status', {}),
    encrypt: (uid, plaintext) => call('Encrypt', { uid, plaintext }),
    decrypt: async (uid, request) => (await call<{ plaintext: Uint8Array }>('Decrypt', { uid, ...request })).plaintext,
    close: () => client.close(),
  };
}
