import { events, services } from '../../src/api/resources.ts';
import type { Service, ServiceSpec } from '../../src/api/types/core/v1.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { LineLogger, silentLogger } from '../../src/base/logger.ts';
import type { CloudOptions } from '../../src/cluster/cloud.ts';
import { cloudAccess, startCloudControllers } from '../../src/cluster/cloud.ts';
import { drive } from '../../src/testing/drive.ts';
import type { WorldOptions } from '../conformance/world.ts';
import { World } from '../conformance/world.ts';

/** A cluster on virtual time with the controllers of a cloud. */
export class CloudWorld implements AsyncDisposable {
  readonly world: World;
  #cloud: AsyncDisposable | undefined;
  readonly #options: Partial<CloudOptions>;

  private constructor(world: World, options: Partial<CloudOptions>) {
    this.world = world;
    this.#options = options;
  }

  static async start(options: Partial<CloudOptions> & { readonly world?: WorldOptions } = {}): Promise<CloudWorld> {
    const cloud = new CloudWorld(await World.start({ nodes: 1, ...options.world }), options);
    await cloud.world.plane.server.ensure(cloudAccess);
    await cloud.restart();
    return cloud;
  }

  /** Ends the controllers of the cloud, if they run, and starts others, who remember nothing. */
  async restart(): Promise<void> {
    const { world: { clock, plane } } = this;
    await this.#cloud?.[Symbol.asyncDispose]();
    const logger = process.env['COXSWAIN_TEST_LOG'] === undefined ? silentLogger : new LineLogger({ clock, write: (line) => console.error(line), level: 'debug' });
    const cloud = await startCloudControllers({ clients: plane.clients, clock, random: new SeededRandom(3), logger, clusterCidr: '10.244.0.0/16', loadBalancerPools: ['192.0.2.0/30'], ...this.#options });
    this.#cloud = cloud;
    await drive(clock, cloud.ready);
  }

  /** Makes a Service of type LoadBalancer with one port. */
  balanced(name: string, spec: Partial<ServiceSpec> = {}): Promise<Service> {
    return this.world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec: { type: 'LoadBalancer', selector: { app: name }, ports: [{ port: 80, protocol: 'TCP' }], ...spec } });
  }

  get(name: string): Promise<Service> {
    return this.world.client.get(services, { namespace: 'default', name });
  }

  /** What a Service is reached by from outside, now. */
  async addresses(name: string): Promise<readonly (string | undefined)[]> {
    return ((await this.get(name)).status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  }

  /** Resolves with a Service's addresses when it has some. */
  addressed(name: string, withinMs?: number): Promise<readonly (string | undefined)[]> {
    return this.world.until(`addresses of ${name}`, async () => {
      const got = await this.addresses(name);
      return got.length > 0 && got;
    }, withinMs);
  }

  /** `REASON MESSAGE` of what was said of an object, in the order in which it was said first. */
  async said(name: string): Promise<readonly string[]> {
    await this.world.clock.advance(100);
    const all = (await this.world.client.list(events)).items.filter(({ involvedObject }) => involvedObject.name === name && involvedObject.kind !== 'Pod');
    return all.toSorted((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1)).map(({ reason, message }) => `${reason} ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cloud?.[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}
