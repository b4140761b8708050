import { exponentialBounds, exponentialBoundsBetween } from '../../base/metrics.ts';

/** What a counter counts, and by which labels its series differ. */
export interface CounterFamily { readonly help: string; readonly labels: readonly string[]; /** Series that are there from the start. */ readonly always?: readonly (readonly string[])[] }

/** What a histogram measures; its bounds are in its own unit. */
export interface HistogramFamily extends CounterFamily { readonly bounds: readonly number[] }

/** Prometheus' usual bounds, in seconds. */
const usual = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const podStart = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600];
const imagePull = [1, 5, 10, 20, 30, 60, 180, 300, 600, 900, 1200, 1800, 2700, 3600];
const draBounds = exponentialBoundsBetween(0.1, 40, 15);
const one: readonly (readonly string[])[] = [[]];

const counter = (help: string, labels: readonly string[] = [], always?: readonly (readonly string[])[]): CounterFamily => ({ help, labels, ...(always !== undefined && { always }) });
const histogram = (help: string, labels: readonly string[] = [], bounds: readonly number[] = usual): HistogramFamily => ({ help, labels, bounds });

/** Upstream's counters that this kubelet has something to say of. */
export const counters = {
  kubelet_runtime_operations_total: counter('Calls of the runtime, by operation.', ['operation_type']),
  kubelet_runtime_operations_errors_total: counter('Calls of the runtime that failed, by operation.', ['operation_type']),
  kubelet_run_podsandbox_errors_total: counter('Sandboxes that could not be made, by runtime handler.', ['runtime_handler']),
  kubelet_started_pods_total: counter('Pods that were started.', [], one),
  kubelet_started_pods_errors_total: counter('Pods that could not be started.', [], one),
  kubelet_started_user_namespaced_pods_total: counter('Pods with users of their own that were started.', [], one),
  kubelet_started_user_namespaced_pods_errors_total: counter('Pods with users of their own that could not be started.', [], one),
  kubelet_started_containers_total: counter('Containers that were started.', ['container_type']),
  kubelet_started_containers_errors_total: counter('Containers that could not be started, by reason.', ['container_type', 'code']),
  kubelet_evictions: counter('Pods that were evicted, by what the node lacked.', ['eviction_signal']),
  kubelet_admission_rejections_total: counter('Pods that were rejected, by reason.', ['reason']),
  kubelet_image_garbage_collected_total: counter('Images that were removed, by reason.', ['reason']),
  kubelet_pleg_discard_events: counter('Changes of containers that were not looked at.', [], one),
  kubelet_http_requests_total: counter('Requests to the kubelet.', ['method', 'path', 'server_type', 'long_running']),
  kubelet_cpu_manager_pinning_requests_total: counter('Containers that were to get processors of their own.', [], one),
  kubelet_cpu_manager_pinning_errors_total: counter('Containers that could not get processors of their own.', [], one),
  kubelet_memory_manager_pinning_requests_total: counter('Containers that were to get memory of their own.', [], one),
  kubelet_memory_manager_pinning_errors_total: counter('Containers that could not get memory of their own.', [], one),
  kubelet_topology_manager_admission_requests_total: counter('Pods whose parts of the machine were to be aligned.', [], one),
  kubelet_topology_manager_admission_errors_total: counter('Pods whose parts of the machine could not be aligned.', [], one),
  kubelet_container_aligned_compute_resources_count: counter('Grants that are aligned, by what for and to which boundary.', ['scope', 'boundary'], [['container', 'numa_node'], ['pod', 'numa_node'], ['container', 'physical_cpu']]),
  kubelet_container_aligned_compute_resources_failure_count: counter('Grants that could not be aligned, by what for and to which boundary.', ['scope', 'boundary'], [['container', 'numa_node'], ['pod', 'numa_node'], ['container', 'physical_cpu']]),
  kubelet_device_plugin_registration_total: counter('Registrations of device plugins, by resource.', ['resource_name']),
  kubelet_image_volume_requested_total: counter('[BETA] Images that containers were to have as volumes.', [], one),
  kubelet_image_volume_mounted_succeed_total: counter('[BETA] Images that containers got as volumes.', [], one),
  kubelet_image_volume_mounted_errors_total: counter('[BETA] Images that containers could not get as volumes.', [], one),
  prober_probe_total: counter('[BETA] Probes by what came of them.', ['probe_type', 'result', 'container', 'pod', 'namespace', 'pod_uid']),
} satisfies Record<string, CounterFamily>;

/** Upstream's histograms that this kubelet has something to say of. */
export const histograms = {
  kubelet_runtime_operations_duration_seconds: histogram('How long calls of the runtime took, by operation.', ['operation_type'], exponentialBounds(0.005, 2.5, 14)),
  kubelet_run_podsandbox_duration_seconds: histogram('How long making a sandbox took, by runtime handler.', ['runtime_handler']),
  kubelet_pod_worker_duration_seconds: histogram('How long one look after a pod took.', ['operation_type']),
  kubelet_pod_worker_start_duration_seconds: histogram('From when a pod was heard of until it was looked after.'),
  kubelet_pod_start_duration_seconds: histogram('From when a pod was heard of until it ran.', [], podStart),
  kubelet_pod_start_sli_duration_seconds: histogram('From a pod\'s creation until it ran, without pulling images; of pods without init containers.', [], podStart),
  kubelet_pod_start_total_duration_seconds: histogram('From a pod\'s creation until it ran.', [], podStart),
  kubelet_pod_status_sync_duration_seconds: histogram('From a change of a pod\'s status until the API had it.', [], [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60]),
  kubelet_pleg_relist_duration_seconds: histogram('How long listing the runtime took.'),
  kubelet_pleg_relist_interval_seconds: histogram('Time between lists of the runtime.'),
  kubelet_cgroup_manager_duration_seconds: histogram('How long making and removing pods\' cgroups took.', ['operation_type']),
  kubelet_image_pull_duration_seconds: histogram('How long pulling an image took, by its size.', ['image_size_in_bytes'], imagePull),
  kubelet_device_plugin_alloc_duration_seconds: histogram('How long device plugins took to answer Allocate.', ['resource_name']),
  kubelet_topology_manager_admission_duration_ms: histogram('How long admitting a pod took, in milliseconds.', [], exponentialBounds(0.05, 2, 15)),
  kubelet_http_requests_duration_seconds: histogram('How long answering requests to the kubelet took.', ['method', 'path', 'server_type', 'long_running']),
  storage_operation_duration_seconds: histogram('How long setting volumes up took.', ['volume_plugin', 'operation_name', 'status', 'migrated'], [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600]),
  dra_operations_duration_seconds: histogram('How long preparing a pod\'s claims, or taking that back, took.', ['operation_name', 'is_error'], draBounds),
  dra_grpc_operations_duration_seconds: histogram('How long drivers of dynamic resources took to answer.', ['driver_name', 'method_name', 'grpc_status_code'], draBounds),
  prober_probe_duration_seconds: histogram('How long probes took.', ['probe_type', 'container', 'pod', 'namespace']),
} satisfies Record<string, HistogramFamily>;

export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
