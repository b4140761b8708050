import type { CallOptions, GrpcChannel, GrpcMethod } from './channel.ts';

/** A request leaves out what has its default. */
export type Partly<T> = T extends Uint8Array ? T
  : T extends readonly (infer Item)[] ? readonly Partly<Item>[]
    : T extends object ? { readonly [Key in keyof T]?: Partly<T[Key]> | undefined } : T;

/** The calls of an interface, typed as its generated description has them. They reject with GrpcError. */
export class GrpcCalls<Methods extends { readonly [Name in keyof Methods]: { readonly request: object; readonly response: object } }> {
  readonly #channel: GrpcChannel;
  readonly #methods: Readonly<Record<keyof Methods, GrpcMethod>>;

  constructor(channel: GrpcChannel, methods: Readonly<Record<keyof Methods, GrpcMethod>>) {
    this.#channel = channel;
    this.#methods = methods;
  }

  call<Name extends keyof Methods>(name: Name, request: Partly<Methods[Name]['request']>, options: CallOptions = {}): Promise<Methods[Name]['response']> {
    return this.#channel.unary(this.#methods[name], request as object, options) as Promise<Methods[Name]['response']>;
  }

  /** As GrpcChannel's `stream`. */
  stream<Name extends keyof Methods>(name: Name, request: Partly<Methods[Name]['request']>, onMessage: (message: Methods[Name]['response']) => void, options: CallOptions = {}): Promise<void> {
    return this.#channel.stream(this.#methods[name], request as object, (message) => onMessage(message as Methods[Name]['response']), options);
  }

  close(): void {
    this.#channel.close();
  }
}
