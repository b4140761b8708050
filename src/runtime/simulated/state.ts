import type { Timer } from '../../base/clock.ts';
import type { ContainerConfig, ContainerState, Image, LinuxResources, PodSandboxConfig } from '../runtime.ts';
import type { Behaviour, Usage } from './behaviour.ts';
import type { IpPool } from './ip-pool.ts';
import type { LogBuffer } from './log-buffer.ts';

/** A sandbox as the runtime keeps it. */
export interface SimulatedSandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly createdAtMs: number;
  /** One for each range of the node; none in the host's network. */
  readonly ips: readonly string[];
  ready: boolean;
}

/** A container as the runtime keeps it. */
export interface SimulatedContainer {
  readonly id: string;
  readonly sandbox: SimulatedSandbox;
  readonly config: ContainerConfig;
  readonly behaviour: Behaviour;
  readonly createdAtMs: number;
  readonly log: LogBuffer;
  resources: LinuxResources;
  usage: Usage;
  /** What it had used when that was last counted, and when that was. */
  cpuNanoseconds: number;
  countedToMs: number;
  state: ContainerState;
  startedAtMs: number;
  finishedAtMs: number;
  exitCode: number;
  reason: string;
  timer: Timer | undefined;
  readonly exited: PromiseWithResolvers<void>;
}

/** What a simulated runtime holds at one moment: another can go on from there. Opaque; nobody changes it. */
export interface SimulatedRuntimeState {
  readonly sandboxes: ReadonlyMap<string, SimulatedSandbox>;
  readonly containers: ReadonlyMap<string, SimulatedContainer>;
  readonly images: ReadonlyMap<string, Image>;
  readonly pools: readonly IpPool[];
  readonly podCidr: string;
}

/** A copy that shares nothing that changes: its containers have no timers yet. */
export function copyState({ sandboxes, containers, images, pools, podCidr }: SimulatedRuntimeState): SimulatedRuntimeState & { readonly sandboxes: Map<string, SimulatedSandbox>; readonly containers: Map<string, SimulatedContainer>; readonly images: Map<string, Image> } {
  const copies = new Map([...sandboxes].map(([id, sandbox]) => [id, { ...sandbox }]));
  const copyOf = (container: SimulatedContainer): SimulatedContainer => ({
    ...container,
    sandbox: copies.get(container.sandbox.id) ?? { ...container.sandbox },
    log: container.log.copy(),
    timer: undefined,
    exited: Promise.withResolvers<void>(),
  });
  return { sandboxes: copies, containers: new Map([...containers].map(([id, container]) => [id, copyOf(container)])), images: new Map(images), pools: pools.map((pool) => pool.copy()), podCidr };
}

/** What is on the machine's disk when it is switched on again: its images, and which addresses it gave away last. */
export function afterPowerLoss({ images, pools, podCidr }: SimulatedRuntimeState): SimulatedRuntimeState {
  return { sandboxes: new Map(), containers: new Map(), images, pools: pools.map((pool) => pool.emptied()), podCidr };
}
