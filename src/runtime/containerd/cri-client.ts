import { RuntimeError } from '../runtime.ts';
import type { RuntimeErrorCode } from '../runtime.ts';
import type { Methods } from './generated/cri.ts';
import { methods } from './generated/cri.ts';
import type { CallOptions, GrpcChannel, GrpcCode } from '../grpc/channel.ts';
import { GrpcError } from '../grpc/channel.ts';
import type { Partly } from '../grpc/calls.ts';
import type { Wire } from '../grpc/wire.ts';

/** What upstream's kubelet waits for a call that has no time-out of its own. */
export const defaultTimeoutMs = 120_000;

const codes: Partial<Record<GrpcCode, RuntimeErrorCode>> = {
  NotFound: 'not-found',
  AlreadyExists: 'already-exists',
  InvalidArgument: 'invalid-argument',
  DeadlineExceeded: 'deadline-exceeded',
  Unavailable: 'unavailable',
};

/** containerd before 2.0 has no code for a time-out of its own, and none for asking it while it starts. */
function withoutCode({ code, description }: GrpcError): RuntimeErrorCode {
  if (code !== 'Unknown') return 'unknown';
  if (description.includes('context deadline exceeded')) return 'deadline-exceeded';
  return description.includes('server is not initialized yet') ? 'unavailable' : 'unknown';
}

/** Anything that a call threw, as the Runtime contract promises it. */
export function runtimeError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (!(error instanceof GrpcError)) return new RuntimeError('unknown', error instanceof Error ? error.message : String(error), { cause: error });
  return new RuntimeError(codes[error.code] ?? withoutCode(error), error.message, { cause: error });
}

/** The messages of CRI, when they are needed. */
export const criWire = async (): Promise<Wire> => (await import('./wire.ts')).wire;

/** The calls of CRI v1, typed; they reject with RuntimeError. */
export class CriClient {
  readonly #channel: GrpcChannel;

  constructor(channel: GrpcChannel) {
    this.#channel = channel;
  }

  async call<Name extends keyof Methods>(name: Name, request: Partly<Methods[Name]['request']>, options: CallOptions = {}): Promise<Methods[Name]['response']> {
    try {
      return await this.#channel.unary(methods[name], request, { timeoutMs: defaultTimeoutMs, ...options }) as Methods[Name]['response'];
    } catch (error) {
      throw runtimeError(error);
    }
  }
}
