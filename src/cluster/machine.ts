import type { HostCapabilities } from '../host/capabilities.ts';
import { hostCapabilities } from '../host/capabilities.ts';
import { holdNetwork } from '../host/held-network.ts';
import type { NodeRuntime } from '../host/node-runtime.ts';
import { startNodeRuntime } from '../host/node-runtime.ts';
import { installObstacle, installPackages, missingPackages } from '../host/packages.ts';
import type { StartOptions } from './start-options.ts';

/** What the machine gives the first node: real containers, or none. */
export type Machine =
  | { readonly kind: 'real'; readonly capabilities: HostCapabilities; readonly runtime: NodeRuntime }
  | { readonly kind: 'simulated' }
  | { readonly kind: 'none' };

export type MachineOptions = Pick<StartOptions, 'dataDir' | 'runtime' | 'install' | 'clusterCidr' | 'network' | 'clock' | 'logger' | 'progress'>;

/**
 * Finds out what the machine can do, installs what is missing where that is allowed, and starts the container runtime.
 * With `auto`, whatever stands in the way of real containers is said and a simulated node takes their place.
 */
export async function prepareMachine(options: MachineOptions): Promise<Machine> {
  const { runtime, progress, clock, logger } = options;
  if (runtime === 'none') return { kind: 'none' };
  if (runtime === 'simulated') return { kind: 'simulated' };
  let capabilities = await hostCapabilities();
  if (capabilities.obstacle !== undefined && capabilities.linux && capabilities.root && missingPackages().length > 0) {
    const obstacle = options.install ? installObstacle() : '--no-install was given';
    if (obstacle === undefined) {
      progress.doing(`missing on this machine: ${missingPackages().join(', ')}; installing with apt-get`);
      await installPackages({ log: (line) => progress.doing(line) });
      progress.done('packages installed');
      capabilities = await hostCapabilities();
    } else if (runtime === 'containerd') throw new Error(`missing on this machine: ${missingPackages().join(', ')}; not installed: ${obstacle}`);
    else progress.note(`not installed: ${missingPackages().join(', ')} (${obstacle})`);
  }
  if (capabilities.obstacle !== undefined) {
    if (runtime === 'containerd') throw new Error(`no real containers here: ${capabilities.obstacle}`);
    progress.note(`no real containers here: ${capabilities.obstacle}. The node is simulated: the API behaves as usual, pods become Running, but nothing is executed`);
    return { kind: 'simulated' };
  }
  using held = new DisposableStack();
  held.use(await holdNetwork(options.dataDir, clock));
  const node = await startNodeRuntime({ dataDir: options.dataDir, capabilities, clock, logger, clusterCidr: options.clusterCidr, network: options.network ?? 'bridge' });
  progress.ready(node.containerd.adopted ? 'containerd (running already)' : 'containerd');
  const network = held.move();
  const dispose = async (): Promise<void> => {
    await node[Symbol.asyncDispose]();
    network.dispose();
  };
  return { kind: 'real', capabilities, runtime: { ...node, [Symbol.asyncDispose]: dispose } };
}
