import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { GrpcCalls } from '../../runtime/grpc/calls.ts';
import { GrpcError } from '../../runtime/grpc/channel.ts';
import { serveGrpc } from '../../runtime/grpc/server.ts';
import { connectDevicePlugin } from '../plugins/connect.ts';
import type { DevicePluginOptions, Methods, RegisterRequest } from '../plugins/generated/device-plugin.ts';
import { methods } from '../plugins/generated/device-plugin.ts';
import type { Device } from './device-pool.ts';

const version = 'v1beta1';

/** A plugin that has registered, and what it can do. */
export interface DeviceEndpoint { readonly calls: GrpcCalls<Methods>; readonly options: DevicePluginOptions }

export interface DeviceEndpointsOptions {
  /** Where plugins find `kubelet.sock` and put their own sockets. It must exist, and no `kubelet.sock` in it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A plugin has made itself known. */
  readonly onRegistered?: (resource: string) => void;
  /** Each time that a plugin says what there is. */
  readonly onDevices: (resource: string, devices: readonly Device[]) => void;
  /** A plugin's stream has ended: it will register again when it is back. */
  readonly onGone: (resource: string) => void;
}

/** Device plugins as they come and go: serves their registration and follows what each says of its devices. */
export class DeviceEndpoints implements AsyncDisposable {
  readonly #options: DeviceEndpointsOptions;
  readonly #endpoints = new Map<string, DeviceEndpoint>();
  #server: AsyncDisposable | undefined;

  private constructor(options: DeviceEndpointsOptions) {
    this.#options = options;
  }

  /** Resolves when plugins can register. */
  static async start(options: DeviceEndpointsOptions): Promise<DeviceEndpoints> {
    const endpoints = new DeviceEndpoints(options);
    const { deviceWire } = await import('../plugins/wires.ts');
    endpoints.#server = await serveGrpc(`${options.directory}/kubelet.sock`, { wire: deviceWire(), methods: [{ method: methods.Register, handle: (request: RegisterRequest) => endpoints.#register(request) }] });
    return endpoints;
  }

  get(resource: string): DeviceEndpoint | undefined {
    return this.#endpoints.get(resource);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { calls } of this.#endpoints.values()) calls.close();
    this.#endpoints.clear();
    await this.#server?.[Symbol.asyncDispose]();
  }

  async #register({ version: asked, endpoint, resourceName }: RegisterRequest): Promise<object> {
    if (asked !== version) throw new GrpcError('Unknown', `requested API version ${JSON.stringify(asked)} is not supported by kubelet. Supported version is ${JSON.stringify(version)}`);
    if (!/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(resourceName) || resourceName.split('/')[0]!.endsWith('kubernetes.io')) throw new GrpcError('Unknown', `the ResourceName ${JSON.stringify(resourceName)} is invalid`);
    // Answered before the plugin is asked anything: it may answer one call at a time.
    this.#options.onRegistered?.(resourceName);
    void this.#connect(resourceName, endpoint);
    return Promise.resolve({});
  }

  async #connect(resource: string, socket: string): Promise<void> {
    const { directory, clock, logger, onDevices, onGone } = this.#options;
    const calls = connectDevicePlugin({ socketPath: `${directory}/${socket}`, clock });
    let endpoint: DeviceEndpoint | undefined;
    try {
      endpoint = { calls, options: await calls.call('GetDevicePluginOptions', {}) };
      this.#endpoints.get(resource)?.calls.close();
      this.#endpoints.set(resource, endpoint);
      await calls.stream('ListAndWatch', {}, ({ devices }) => onDevices(resource, devices.map(({ ID: id, health, topology }) => ({ id, healthy: health === 'Healthy', numaNodes: (topology?.nodes ?? []).map(({ ID }) => ID) }))));
    } catch (error) {
      logger.warn('a device plugin has ended', { resource, error });
    }
    calls.close();
    // Another may have taken its place.
    if (endpoint === undefined || this.#endpoints.get(resource) !== endpoint) return;
    this.#endpoints.delete(resource);
    onGone(resource);
  }
}
