import { nameOf, namespaceOf, uidOf } from '../api/meta/object.ts';
import { configmaps, csidrivers, nodes, persistentvolumeclaims, persistentvolumes, runtimeclasses, secrets, volumeattachments } from '../api/resources.ts';
import type { Node, Pod } from '../api/types/core/v1.ts';
import { formatTime } from '../base/clock.ts';
import type { EventRecorder } from '../client/event-recorder/event-recorder.ts';
import { admitPod } from './admission/registry.ts';
import type { Refusal } from './admission/verdict.ts';
import { BackOff } from './back-off.ts';
import type { CsiDrivers } from './csi/csi-drivers.ts';
import type { DynamicResources } from './dynamic-resources/dynamic-resources.ts';
import { ImageManager } from './images/image-manager.ts';
import type { IdRange } from './host.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { defaultMaxPods } from './kubelet-options.ts';
import type { KubeletOptions, ServiceSource } from './kubelet-options.ts';
import { noMetrics } from './metrics/kubelet-metrics.ts';
import type { MetricsSink } from './metrics/kubelet-metrics.ts';
import { measuredRuntime } from './metrics/measured-runtime.ts';
import type { NodeReporter } from './node/node-reporter.ts';
import { PodDirectories } from './pod-directories.ts';
import { PodEvents } from './pod-events.ts';
import { specOf } from './pods/pod-spec.ts';
import type { PodWorkers } from './pods/pod-workers.ts';
import { ProbeManager } from './probes/probe-manager.ts';
import type { ReferencedObjects } from './referenced-objects.ts';
import type { ResourceManagers } from './resource-managers/resource-managers.ts';
import { QosCgroups } from './resources/qos-cgroups.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { isStatic } from './static-pods/annotations.ts';
import { StatusManager } from './status/status-manager.ts';
import { UserNamespaces } from './user-namespaces/user-namespaces.ts';
import { trustBundlesOf } from './volumes/projected/trust-bundles.ts';
import { VolumeManager } from './volumes/volume-manager.ts';

/** What a context is made of beside the kubelet's options. */
export interface ContextParts {
  readonly machine: KubeletContext['machine'];
  readonly runtimeName: string;
  readonly addresses: readonly string[];
  readonly metrics: MetricsSink;
  readonly recorder: EventRecorder;
  readonly reporter: NodeReporter;
  readonly workers: PodWorkers;
  readonly references: ReferencedObjects;
  readonly resourceManagers: ResourceManagers;
  readonly services: ServiceSource;
  /** What the machine sets aside for pods' users; undefined where it says nothing. */
  readonly userRange: IdRange | undefined;
  /** Undefined where none can register. */
  readonly csiDrivers: CsiDrivers | undefined;
  /** Undefined where no driver of dynamic resources can register. */
  readonly dynamicResources: DynamicResources | undefined;
  readonly devicesOfContainers: KubeletContext['devicesOfContainers'];
  /** Where the API has a static pod's status; undefined while it has none. */
  readonly mirrorOf: (pod: Pod) => Pod | undefined;
  /** Why no pod, or not this one, may start now. */
  readonly refusal: (pod: Pod) => Refusal | undefined;
  readonly observeNode: (node: Node) => void;
}

/** Makes what the parts of one kubelet share. Throws an Error for what the machine cannot have. */
export function createContext(options: KubeletOptions, parts: ContextParts): KubeletContext {
  const { client, host, clock, random, nodeName, rootDir, maxRestartDelayMs = 300_000 } = options;
  const { metrics } = parts;
  const runtime = metrics === noMetrics ? options.runtime : measuredRuntime(options.runtime, metrics, clock);
  const { machine, reporter, workers, references, addresses } = parts;
  const logger = options.logger.named('kubelet');
  const cgroupRoot = options.cgroupRoot ?? '';
  const events = new PodEvents(parts.recorder);
  const directories = new PodDirectories(rootDir, options.podLogsDir ?? `${rootDir}/pod-logs`);
  const tokens = new ServiceAccountTokens({ client, clock, random });
  const facts = (podIps: readonly string[]): ReturnType<KubeletContext['facts']> => ({ podIps, hostIps: addresses, allocatable: reporter.allocatable });
  const objects = {
    configMap: (pod: Pod, name: string) => references.get(uidOf(pod), configmaps, namespaceOf(pod), name),
    secret: (pod: Pod, name: string) => references.get(uidOf(pod), secrets, namespaceOf(pod), name),
  };
  const context: KubeletContext = {
    nodeName, client, runtime, host, machine, resourceManagers: parts.resourceManagers, dynamicResources: parts.dynamicResources, devicesOfContainers: parts.devicesOfContainers, clock, random, logger, events, metrics, directories, facts, ...objects,
    runtimeName: parts.runtimeName,
    dns: { clusterDns: options.clusterDns ?? [], clusterDomain: options.clusterDomain ?? 'cluster.local' },
    cgroupRoot,
    qosCgroups: new QosCgroups(host.cgroups, cgroupRoot, () => [...workers].filter(({ isAdmitted }) => isAdmitted).map(({ allocated }) => allocated)),
    podPidsLimit: options.podPidsLimit,
    systemLogs: options.systemLogs ?? true,
    seccompDefault: options.seccompDefault ?? false,
    images: new ImageManager({ runtime, clock, events, metrics, ...(options.maxParallelImagePulls !== undefined && { maxParallelPulls: options.maxParallelImagePulls }) }),
    volumes: new VolumeManager({
      host, directories, tokens, facts: () => facts([]), ...objects,
      persistentVolumeClaim: (pod, name) => references.read(persistentvolumeclaims, { namespace: namespaceOf(pod), name }),
      persistentVolume: (name) => references.read(persistentvolumes, { name }),
      claims: {
        updateStatus: (claim) => client.update(persistentvolumeclaims, claim, { subresource: 'status' }),
        announce: ({ pod, claim }, type, reason, message) => {
          if (type === 'Normal') events.normal(pod, reason, message);
          else events.warning(pod, reason, message);
          parts.recorder.event({ kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: namespaceOf(claim), name: nameOf(claim), uid: uidOf(claim) }, type, reason, message);
        },
        announceToPod: (pod, reason, message) => events.normal(pod, reason, message),
        now: () => formatTime(clock.now()),
      },
      trustBundles: (pod, request) => trustBundlesOf(references, uidOf(pod), request),
    }, clock, {
      nodeName,
      driver: (name) => parts.csiDrivers?.get(name),
      driverObject: (name) => references.read(csidrivers, { name }),
      attachment: (name) => references.read(volumeattachments, { name }),
      secret: (namespace, name) => references.read(secrets, { namespace, name }),
      onInUse: (volumes) => reporter.useVolumes(volumes),
    }, metrics),
    probes: new ProbeManager({ host, runtime, clock, events, metrics, onVerdict: (podUid) => workers.wake(podUid) }),
    statuses: new StatusManager({ client, clock, logger, metrics, inApi: (pod) => (isStatic(pod) ? parts.mirrorOf(pod) : pod) }),
    crashBackOff: new BackOff(clock, { initialMs: Math.min(10_000, maxRestartDelayMs), maxMs: maxRestartDelayMs }),
    hostIps: () => addresses,
    services: (namespace) => parts.services.list(namespace),
    servicesSynced: () => parts.services.synced(),
    networkProblem: () => reporter.networkProblem,
    users: new UserNamespaces({ files: host.files, directories, maxPods: options.maxPods ?? defaultMaxPods, ...(options.userIdsPerPod !== undefined && { idsPerPod: options.userIdsPerPod }), ...(parts.userRange !== undefined && { range: parts.userRange }) }),
    runtimeHandlers: () => reporter.runtimeStatus?.handlers ?? [],
    mountsRecursively: () => reporter.runtimeStatus?.handlers.some(({ name, recursiveReadOnlyMounts }) => name === '' && recursiveReadOnlyMounts) === true,
    admit: (pod) => admitPod(pod, {
      node: reporter.node,
      allocatable: reporter.allocatable,
      others: workers,
      runtime: reporter.runtimeStatus,
      kernelVersion: host.virtual ? '999' : machine.kernelVersion,
      allowedUnsafeSysctls: options.allowedUnsafeSysctls ?? [],
      appArmor: machine.appArmor,
      refusal: parts.refusal,
    }),
    refreshNode: async () => {
      const node = await client.get(nodes, { name: nodeName }).catch(() => undefined);
      if (node !== undefined) parts.observeNode(node);
    },
    runtimeHandler: async (pod) => {
      const { runtimeClassName: name } = specOf(pod);
      if (name === undefined || name === '') return '';
      const runtimeClass = await references.read(runtimeclasses, { name });
      if (runtimeClass === undefined) throw new Error(`runtimeclass.node.k8s.io ${JSON.stringify(name)} not found`);
      return runtimeClass.handler;
    },
    release: (podUid) => {
      references.release(podUid);
      tokens.forget(podUid);
      context.images.forget(podUid);
      context.probes.remove(podUid);
      context.statuses.forget(podUid);
      metrics.forget(podUid);
      context.crashBackOff.forget(`${podUid}_`);
    },
  };
  return context;
}
