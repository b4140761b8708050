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
/** None has more parameters. */
type Call = (a?: unknown, b?: unknown, c?: unknown) => Promise<unknown>;

/** The runtime, whose calls are counted and timed. Whoever owns the runtime ends it, not this. */
export function measuredRuntime(runtime: Runtime, metrics: MetricsSink, clock: Clock): Runtime {
  const calls = runtime as unknown as Readonly<Record<string, Call>>;
  const measure = ([method, operation]: [string, string]): [string, Call] => {
    const started = metrics.counter('kubelet_runtime_operations_total', operation);
    const took = metrics.observer('kubelet_runtime_operations_duration_seconds', operation);
    return [method, (a, b, c) => {
      const startMs = clock.monotonicMs();
      started();
      const answer = calls[method]?.(a, b, c) ?? Promise.resolve();
      const end = (): void => took((clock.monotonicMs() - startMs) / 1000);
      // The caller has the answer itself: a promise of our own for each call would cost more than most calls.
      answer.then(end, () => {
        metrics.count('kubelet_runtime_operations_errors_total', operation);
        end();
      });
      return answer;
    }];
  };
  const measured = Object.fromEntries(Object.entries(operations).map(measure)) as unknown as Pick<Runtime, Measured>;
  return {
    ...measured,
    readLog: (containerId, options) => runtime.readLog(containerId, options),
    onEvent: (listener) => runtime.onEvent(listener),
    get tellsEvents() { return runtime.tellsEvents ?? true; },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
