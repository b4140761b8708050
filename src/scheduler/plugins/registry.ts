import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import type { ToldEvent } from '../../client/event-recorder/series-recorder.ts';
import type { Devices } from '../devices/devices.ts';
import type { Listers } from '../framework/listers.ts';
import type { PodGroupStates } from '../cache/pod-group-states.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { ClusterEvent } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { dynamicResources } from './dynamic-resources/dynamic-resources.ts';
import { gangScheduling } from './gang-scheduling/gang-scheduling.ts';
import { imageLocality } from './image-locality/image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity/inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity/node-affinity.ts';
import { nodeName } from './node-name/node-name.ts';
import { nodePorts } from './node-ports/node-ports.ts';
import type { NodeResourcesBalancedAllocationArgs } from './node-resources-balanced-allocation/node-resources-balanced-allocation.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation/node-resources-balanced-allocation.ts';
import type { NodeResourcesFitArgs } from './node-resources-fit/node-resources-fit.ts';
import { nodeResourcesFit } from './node-resources-fit/node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable/node-unschedulable.ts';
import { podTopologySpread } from './pod-topology-spread/pod-topology-spread.ts';
import { schedulingGates } from './scheduling-gates/scheduling-gates.ts';
import { taintToleration } from './taint-toleration/taint-toleration.ts';
import { volumeZone } from './volume-zone/volume-zone.ts';
import { volumeRestrictions } from './volume-restrictions/volume-restrictions.ts';
import { volumeBinding } from './volume-binding/volume-binding.ts';
import { nodeVolumeLimits } from './node-volume-limits/node-volume-limits.ts';
import { nodeDeclaredFeatures } from './node-declared-features/node-declared-features.ts';

/** What plug-ins are made with. */
export interface PluginContext {
  readonly listers: Listers;
  /** What is known of devices, by all profiles together. */
  readonly devices: Devices;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborts when the scheduler stops. */
  readonly signal: AbortSignal;
  /** Wakes the pods that may be helped by what only the plug-in knows. */
  readonly notice: (event: ClusterEvent) => void;
  /** Records an event on the pod. */
  readonly notify: (pod: PodInfo, event: ToldEvent) => void;
  /** Which pods belong to which group. */
  readonly podGroups: PodGroupStates;
  /** Tries pods again at once, wherever they wait. */
  readonly activate: (uids: readonly string[]) => void;
  /** Lets a pod be bound that the plug-in of this name lets wait. */
  readonly allow: (uid: string, plugin: string) => void;
}

/** A plug-in of this scheduler with its arguments, which were checked before. The plug-in's own types stay its own. */
type Factory = (args: never, context: PluginContext) => unknown;

const factories: Readonly<Record<string, Factory>> = {
  SchedulingGates: () => schedulingGates,
  NodeUnschedulable: () => nodeUnschedulable,
  NodeName: () => nodeName,
  TaintToleration: () => taintToleration,
  NodeAffinity: nodeAffinity,
  NodePorts: () => nodePorts,
  NodeResourcesFit: (args: NodeResourcesFitArgs, { devices }) => nodeResourcesFit(args, devices),
  VolumeRestrictions: (_args, { listers }) => volumeRestrictions(listers),
  NodeVolumeLimits: (_args, { listers }) => nodeVolumeLimits(listers),
  VolumeBinding: volumeBinding,
  VolumeZone: (_args, { listers }) => volumeZone(listers),
  PodTopologySpread: (args, { listers }) => podTopologySpread(args, listers),
  InterPodAffinity: interPodAffinity,
  DynamicResources: dynamicResources,
  NodeResourcesBalancedAllocation: (args: NodeResourcesBalancedAllocationArgs, { devices }) => nodeResourcesBalancedAllocation(args, devices),
  ImageLocality: () => imageLocality,
  NodeDeclaredFeatures: () => nodeDeclaredFeatures,
  GangScheduling: (_args, context) => gangScheduling(context),
};

/** The plug-in of this name; undefined for those that are no plug-ins here: the queue's order, preemption, binding. */
export function createPlugin(name: string, args: unknown, context: PluginContext): Plugin | undefined {
  return factories[name]?.((args ?? {}) as never, context) as Plugin | undefined;
}
