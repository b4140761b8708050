import type { Clock } from '../../base/clock.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { MetricsSink } from './kubelet-metrics.ts';

/** The calls that are measured, with upstream's names for them. */
const operations = {
  version: 'version', status: 'status', updatePodCidr: 'update_runtime_config',
  runPodSandbox: 'run_podsandbox', stopPodSandbox: 'stop_podsandbox', removePodSandbox: 'remove_podsandbox', podSandboxStatus: 'podsandbox_status', listPodSandboxes: 'list_podsandbox',
  createContainer: 'create_container', startContainer: 'start_container', stopContainer: 'stop_container', removeContainer: 'remove_container', updateContainerResources: 'update_container',
  listContainers: 'list_containers', containerStatus: 'container_status', execSync: 'exec_sync', exec: 'exec', attach: 'attach', portForward: 'port_forward', reopenLog: 'reopen_container_log',
  listImages: 'list_images', imageStatus: 'image_status', pullImage: 'pull_image', removeImage: 'remove_image', imageFsInfo: 'image_fs_info', containerStats: 'list_container_stats',
} as const satisfies Partial<Record<keyof Runtime, string>>;

type Measured = keyof typeof operations;
type Call = (...args: unknown[]) => Promise<unknown>;

/** The runtime, whose calls are counted and timed. Whoever owns the runtime ends it, not this. */
export function measuredRuntime(runtime: Runtime, metrics: MetricsSink, clock: Clock): Runtime {
  const measured = Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, async (...args: unknown[]): Promise<unknown> => {
    const startMs = clock.monotonicMs();
    metrics.count('kubelet_runtime_operations_total', operation);
    try {
      return await (runtime[method as Measured] as Call).apply(runtime, args);
    } catch (error) {
      metrics.count('kubelet_runtime_operations_errors_total', operation);
      throw error;
    } finally {
      metrics.observe('kubelet_runtime_operations_duration_seconds', (clock.monotonicMs() - startMs) / 1000, operation);
    }
  }])) as unknown as Pick<Runtime, Measured>;
  return {
    ...measured,
    readLog: (containerId, options) => runtime.readLog(containerId, options),
    onEvent: (listener) => runtime.onEvent(listener),
    get tellsEvents() { return runtime.tellsEvents ?? true; },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
