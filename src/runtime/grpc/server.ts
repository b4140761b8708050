import type * as Grpc from '@grpc/grpc-js';
import type { GrpcMethod } from './channel.ts';
import { GrpcError, codeNumber } from './channel.ts';
import type { Wire } from './wire.ts';

/** Answers one unary call; a GrpcError is told with its code, any other as Unknown. */
export type UnaryHandler = (request: never) => Promise<object>;

/** One call that a server answers. */
export interface ServedMethod { readonly method: GrpcMethod; readonly handle: UnaryHandler }

/** A gRPC server on a Unix socket whose file must not exist. Rejects when it cannot be had. */
export async function serveGrpc(socketPath: string, { wire, methods }: { readonly wire: Wire; readonly methods: readonly ServedMethod[] }): Promise<AsyncDisposable> {
  const { default: grpc } = await import('@grpc/grpc-js');
  const server = new grpc.Server();
  const definition: Record<string, Grpc.MethodDefinition<object, object>> = {};
  const implementation: Record<string, Grpc.handleUnaryCall<never, object>> = {};
  for (const { method: [path, requestType, responseType], handle } of methods) {
    definition[path] = {
      path, requestStream: false, responseStream: false,
      requestSerialize: wire.encoder(requestType), requestDeserialize: wire.decoder(requestType) as (bytes: Buffer) => object,
      responseSerialize: wire.encoder(responseType), responseDeserialize: wire.decoder(responseType) as (bytes: Buffer) => object,
    };
    implementation[path] = (call, answer) => {
      handle(call.request).then((response) => answer(null, response), (error: unknown) => answer(error instanceof GrpcError ? { code: codeNumber(error.code), details: error.description } : { code: codeNumber('Unknown'), details: (error as Error).message }));
    };
  }
  server.addService(definition, implementation as Grpc.UntypedServiceImplementation);
  await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${socketPath}`, grpc.ServerCredentials.createInsecure(), (error) => { if (error) reject(error); else resolve(); }));
  return {
    [Symbol.asyncDispose]() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}
