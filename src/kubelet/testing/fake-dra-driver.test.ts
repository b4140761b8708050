import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcMethod } from '../../runtime/grpc/channel.ts';
import { serveGrpc } from '../../runtime/grpc/server.ts';
import type { Wire } from '../../runtime/grpc/wire.ts';
import type { DraService } from '../plugins/connect.ts';
import { draMethods } from '../plugins/connect.ts';
import type { HealthStatus } from '../plugins/generated/dra-health.ts';
import { methods as health } from '../plugins/generated/dra-health.ts';
import type { Claim, NodePrepareResourcesRequest } from '../plugins/generated/dra-plugin.ts';
import { methods as registration } from '../plugins/generated/plugin-registration.ts';
import { draHealthWire, draWire, registrationWire } from '../plugins/wires.ts';

/** What the kubelet of a node is to be told of a claim: devices by request. */
type Prepared = (claim: Claim) => readonly { readonly request: string; readonly device: string; readonly cdiId: string }[];

const methodOf = (wire: Wire, [path, requestType, responseType]: GrpcMethod, responseStream = false) => ({
  path, requestStream: false, responseStream, requestSerialize: wire.encoder(requestType), requestDeserialize: wire.decoder(requestType), responseSerialize: wire.encoder(responseType), responseDeserialize: wire.decoder(responseType),
});

/** A driver of dynamic resources as vendors write them, with its registrar: a gRPC server at sockets in `folder`. */
export class FakeDraDriver implements AsyncDisposable {
  readonly calls: string[] = [];
  /** What the kubelet said of its registration. */
  registered: unknown;
  /** The next claims that it is asked for are refused with it. */
  refusal = '';
  readonly #name: string;
  readonly #folder: string;
  readonly #registry: string;
  readonly #prepared: Prepared;
  readonly #streams = new Set<ServerWritableStream<object, object>>();
  #server: Server | undefined;
  #registrar: AsyncDisposable | undefined;

  /** `registry`: the kubelet's folder for plugins. */
  constructor({ name, folder, registry, prepared }: { readonly name: string; readonly folder: string; readonly registry: string; readonly prepared: Prepared }) {
    this.#name = name;
    this.#folder = folder;
    this.#registry = join(registry, `${name}-reg.sock`);
    this.#prepared = prepared;
  }

  /** `said`: what the registrar says that the driver serves. */
  async start({ service = 'v1.DRAPlugin', said = [service] }: { readonly service?: DraService; readonly said?: readonly string[] } = {}): Promise<void> {
    const endpoint = join(this.#folder, 'dra.sock');
    const { NodePrepareResources, NodeUnprepareResources } = draMethods[service];
    const answering = (verb: string, answer: (claim: Claim) => object) => ({ request: { claims } }: ServerUnaryCall<NodePrepareResourcesRequest, object>, done: sendUnaryData<object>): void => {
      this.calls.push(`${verb} ${claims.map(({ name }) => name).join()}`);
      done(null, { claims: Object.fromEntries(claims.map((claim) => [claim.uid, answer(claim)])) });
    };
    const server = this.#server = new Server();
    server.addService({ prepare: methodOf(draWire(), NodePrepareResources), unprepare: methodOf(draWire(), NodeUnprepareResources), watch: methodOf(draHealthWire(), health.NodeWatchResources, true) }, {
      prepare: answering('prepare', (claim) => {
        const { refusal } = this;
        this.refusal = '';
        if (refusal !== '') return { error: refusal };
        return { devices: this.#prepared(claim).map(({ request, device, cdiId }) => ({ requestNames: [request], poolName: 'node-1', deviceName: device, cdiDeviceIds: [cdiId] })) };
      }),
      unprepare: answering('unprepare', () => ({})),
      watch: (call: ServerWritableStream<object, object>) => void this.#streams.add(call),
    });
    await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${endpoint}`, ServerCredentials.createInsecure(), (error) => { if (error) reject(error); else resolve(); }));
    this.#registrar = await serveGrpc(this.#registry, {
      wire: registrationWire(),
      methods: [
        { method: registration.GetInfo, handle: async () => ({ type: 'DRAPlugin', name: this.#name, endpoint, supportedVersions: said }) },
        { method: registration.NotifyRegistrationStatus, handle: async (status: object) => { this.registered = status; return {}; } },
      ],
    });
  }

  /** Does anybody listen to what it says of its devices' health? */
  get isHeard(): boolean {
    return this.#streams.size > 0;
  }

  say(device: string, status: HealthStatus, message: string): void {
    for (const stream of this.#streams) stream.write({ devices: [{ device: { poolName: 'node-1', deviceName: device }, health: status, message }] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.forceShutdown();
    await this.#registrar?.[Symbol.asyncDispose]();
    rmSync(this.#registry, { force: true });
    rmSync(join(this.#folder, 'dra.sock'), { force: true });
  }
}
