import { exponentialBounds } from '../../src/base/metrics.ts';

/** Where a metric is told. All components of one process tell theirs at the API server's pages, which are named here after the component whose page upstream has them on. */
export type Page = 'API server' | 'health' | 'controller manager' | 'scheduler' | 'scheduler resources' | 'kubelet' | 'kubelet resource' | 'kubelet probes';

/** A metric whose name, type, labels and buckets upstream v1.36 promises (STABLE), or says that it will (BETA). */
export interface PromisedMetric {
  readonly page: Page;
  readonly name: string;
  readonly level: 'STABLE' | 'BETA';
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** In the order of their names. */
  readonly labels: string;
  /** Of histograms. */
  readonly bounds?: readonly number[];
  /** In a small simulated cluster that is well it is there, and may be 0. */
  readonly zero?: true;
  /** Why a small cluster that is well has no series of it, and which test has. */
  readonly unmoved?: string;
  /** Why it is not here at all. */
  readonly absent?: string;
}

/** Prometheus' own, where nobody says otherwise. */
const usual = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Every one that upstream v1.36 lists. */
export const promisedMetrics: readonly PromisedMetric[] = [
  { page: 'API server', name: 'apiserver_admission_controller_admission_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'name operation rejected type', bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5] },
  { page: 'API server', name: 'apiserver_admission_step_admission_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'operation rejected type', bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5] },
  { page: 'API server', name: 'apiserver_admission_webhook_admission_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'name operation rejected type', bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25], unmoved: 'no webhook is called; src/apiserver/admission/webhooks.test.ts' },
  { page: 'API server', name: 'apiserver_authentication_config_controller_automatic_reload_last_timestamp_seconds', level: 'BETA', type: 'gauge', labels: 'apiserver_id_hash status', unmoved: 'no file is read anew; src/cluster/reloaded-file.test.ts' },
  { page: 'API server', name: 'apiserver_authentication_config_controller_automatic_reloads_total', level: 'BETA', type: 'counter', labels: 'apiserver_id_hash status', unmoved: 'no file is read anew; src/cluster/reloaded-file.test.ts' },
  { page: 'API server', name: 'apiserver_authorization_config_controller_automatic_reload_last_timestamp_seconds', level: 'BETA', type: 'gauge', labels: 'apiserver_id_hash status', unmoved: 'no file is read anew; src/cluster/reloaded-file.test.ts' },
  { page: 'API server', name: 'apiserver_authorization_config_controller_automatic_reloads_total', level: 'BETA', type: 'counter', labels: 'apiserver_id_hash status', unmoved: 'no file is read anew; src/cluster/reloaded-file.test.ts' },
  { page: 'API server', name: 'apiserver_cel_compilation_duration_seconds', level: 'BETA', type: 'histogram', labels: '', bounds: usual },
  { page: 'API server', name: 'apiserver_cel_evaluation_duration_seconds', level: 'BETA', type: 'histogram', labels: '', bounds: usual },
  { page: 'API server', name: 'apiserver_current_inflight_requests', level: 'STABLE', type: 'gauge', labels: 'request_kind', zero: true },
  { page: 'API server', name: 'apiserver_flowcontrol_current_executing_requests', level: 'BETA', type: 'gauge', labels: 'flow_schema priority_level', zero: true },
  { page: 'API server', name: 'apiserver_flowcontrol_current_executing_seats', level: 'BETA', type: 'gauge', labels: 'flow_schema priority_level', zero: true },
  { page: 'API server', name: 'apiserver_flowcontrol_current_inqueue_requests', level: 'BETA', type: 'gauge', labels: 'flow_schema priority_level', zero: true },
  { page: 'API server', name: 'apiserver_flowcontrol_dispatched_requests_total', level: 'BETA', type: 'counter', labels: 'flow_schema priority_level' },
  { page: 'API server', name: 'apiserver_flowcontrol_nominal_limit_seats', level: 'BETA', type: 'gauge', labels: 'priority_level' },
  { page: 'API server', name: 'apiserver_flowcontrol_rejected_requests_total', level: 'BETA', type: 'counter', labels: 'flow_schema priority_level reason', unmoved: 'nothing is rejected; test/bad-input/flow-control.test.ts' },
  { page: 'API server', name: 'apiserver_flowcontrol_request_wait_duration_seconds', level: 'BETA', type: 'histogram', labels: 'execute flow_schema priority_level', bounds: [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30] },
  { page: 'API server', name: 'apiserver_longrunning_requests', level: 'STABLE', type: 'gauge', labels: 'component group resource scope subresource verb version' },
  { page: 'API server', name: 'apiserver_request_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'component dry_run group resource scope subresource verb version', bounds: [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60] },
  { page: 'API server', name: 'apiserver_request_total', level: 'STABLE', type: 'counter', labels: 'code component dry_run group resource scope subresource verb version' },
  { page: 'API server', name: 'apiserver_requested_deprecated_apis', level: 'STABLE', type: 'gauge', labels: 'group removed_release resource subresource version' },
  { page: 'API server', name: 'apiserver_response_sizes', level: 'STABLE', type: 'histogram', labels: 'component group resource scope subresource verb version', bounds: exponentialBounds(1000, 10, 7) },
  { page: 'API server', name: 'apiserver_storage_events_received_total', level: 'BETA', type: 'counter', labels: 'group resource' },
  { page: 'API server', name: 'apiserver_storage_objects', level: 'STABLE', type: 'gauge', labels: 'resource' },
  { page: 'API server', name: 'apiserver_storage_size_bytes', level: 'STABLE', type: 'gauge', labels: 'storage_cluster_id' },
  { page: 'API server', name: 'apiserver_validating_admission_policy_check_duration_seconds', level: 'BETA', type: 'histogram', labels: 'enforcement_action error_type policy policy_binding', bounds: [5e-7, 0.001, 0.01, 0.1, 1] },
  { page: 'API server', name: 'apiserver_validating_admission_policy_check_total', level: 'BETA', type: 'counter', labels: 'enforcement_action error_type policy policy_binding' },
  { page: 'API server', name: 'apiserver_validation_declarative_validation_mismatch_total', level: 'BETA', type: 'counter', labels: '', absent: 'validation is written once here: there is no declarative twin that could differ from it or fail' },
  { page: 'API server', name: 'apiserver_validation_declarative_validation_panic_total', level: 'BETA', type: 'counter', labels: '', absent: 'validation is written once here: there is no declarative twin that could differ from it or fail' },
  { page: 'API server', name: 'apiserver_watch_list_duration_seconds', level: 'BETA', type: 'histogram', labels: 'group resource scope version', bounds: [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60] },
  { page: 'API server', name: 'disabled_metrics_total', level: 'BETA', type: 'counter', labels: '', zero: true },
  { page: 'API server', name: 'hidden_metrics_total', level: 'BETA', type: 'counter', labels: '', zero: true },
  { page: 'API server', name: 'kubernetes_build_info', level: 'BETA', type: 'gauge', labels: 'build_date compiler git_commit git_tree_state git_version go_version major minor platform' },
  { page: 'API server', name: 'kubernetes_feature_enabled', level: 'BETA', type: 'gauge', labels: 'name stage', zero: true },
  { page: 'API server', name: 'registered_metrics_total', level: 'BETA', type: 'counter', labels: 'deprecated_version stability_level' },
  { page: 'health', name: 'kubernetes_healthcheck', level: 'STABLE', type: 'gauge', labels: 'name type' },
  { page: 'health', name: 'kubernetes_healthchecks_total', level: 'STABLE', type: 'counter', labels: 'name status type' },
  { page: 'controller manager', name: 'cronjob_controller_job_creation_skew_duration_seconds', level: 'STABLE', type: 'histogram', labels: '', bounds: exponentialBounds(1, 2, 10) },
  { page: 'controller manager', name: 'endpoint_slice_controller_desired_endpoint_slices', level: 'BETA', type: 'gauge', labels: '' },
  { page: 'controller manager', name: 'endpoint_slice_controller_endpoints_added_per_sync', level: 'BETA', type: 'histogram', labels: '', bounds: exponentialBounds(2, 2, 15) },
  { page: 'controller manager', name: 'endpoint_slice_controller_endpoints_desired', level: 'BETA', type: 'gauge', labels: '' },
  { page: 'controller manager', name: 'endpoint_slice_controller_endpoints_removed_per_sync', level: 'BETA', type: 'histogram', labels: '', bounds: exponentialBounds(2, 2, 15) },
  { page: 'controller manager', name: 'endpoint_slice_controller_num_endpoint_slices', level: 'BETA', type: 'gauge', labels: '' },
  { page: 'controller manager', name: 'endpoint_slice_controller_services_count_by_traffic_distribution', level: 'BETA', type: 'gauge', labels: 'traffic_distribution' },
  { page: 'controller manager', name: 'horizontal_pod_autoscaler_controller_metric_computation_duration_seconds', level: 'BETA', type: 'histogram', labels: 'action error metric_type', bounds: exponentialBounds(0.001, 2, 15) },
  { page: 'controller manager', name: 'horizontal_pod_autoscaler_controller_metric_computation_total', level: 'BETA', type: 'counter', labels: 'action error metric_type' },
  { page: 'controller manager', name: 'horizontal_pod_autoscaler_controller_reconciliation_duration_seconds', level: 'BETA', type: 'histogram', labels: 'action error', bounds: exponentialBounds(0.001, 2, 15) },
  { page: 'controller manager', name: 'horizontal_pod_autoscaler_controller_reconciliations_total', level: 'BETA', type: 'counter', labels: 'action error' },
  { page: 'controller manager', name: 'job_controller_job_pods_finished_total', level: 'STABLE', type: 'counter', labels: 'completion_mode result' },
  { page: 'controller manager', name: 'job_controller_job_sync_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'action completion_mode result', bounds: exponentialBounds(0.004, 2, 15) },
  { page: 'controller manager', name: 'job_controller_job_syncs_total', level: 'STABLE', type: 'counter', labels: 'action completion_mode result' },
  { page: 'controller manager', name: 'job_controller_jobs_finished_total', level: 'STABLE', type: 'counter', labels: 'completion_mode reason result' },
  { page: 'controller manager', name: 'job_controller_pod_failures_handled_by_failure_policy_total', level: 'BETA', type: 'counter', labels: 'action' },
  { page: 'controller manager', name: 'job_controller_terminated_pods_tracking_finalizer_total', level: 'BETA', type: 'counter', labels: 'event' },
  { page: 'controller manager', name: 'node_collector_evictions_total', level: 'STABLE', type: 'counter', labels: 'zone', zero: true },
  { page: 'controller manager', name: 'running_managed_controllers', level: 'BETA', type: 'gauge', labels: 'manager name' },
  { page: 'controller manager', name: 'workqueue_adds_total', level: 'BETA', type: 'counter', labels: 'name' },
  { page: 'controller manager', name: 'workqueue_depth', level: 'BETA', type: 'gauge', labels: 'name', zero: true },
  { page: 'controller manager', name: 'workqueue_longest_running_processor_seconds', level: 'BETA', type: 'gauge', labels: 'name', zero: true },
  { page: 'controller manager', name: 'workqueue_queue_duration_seconds', level: 'BETA', type: 'histogram', labels: 'name', bounds: exponentialBounds(1e-8, 10, 10) },
  { page: 'controller manager', name: 'workqueue_retries_total', level: 'BETA', type: 'counter', labels: 'name' },
  { page: 'controller manager', name: 'workqueue_unfinished_work_seconds', level: 'BETA', type: 'gauge', labels: 'name', zero: true },
  { page: 'controller manager', name: 'workqueue_work_duration_seconds', level: 'BETA', type: 'histogram', labels: 'name', bounds: exponentialBounds(1e-8, 10, 10) },
  { page: 'scheduler', name: 'scheduler_framework_extension_point_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'extension_point profile status', bounds: exponentialBounds(0.0001, 2, 12) },
  { page: 'scheduler', name: 'scheduler_goroutines', level: 'BETA', type: 'gauge', labels: 'operation', absent: 'goroutines are of Go: plug-ins run one after the other here' },
  { page: 'scheduler', name: 'scheduler_pending_pods', level: 'STABLE', type: 'gauge', labels: 'queue' },
  { page: 'scheduler', name: 'scheduler_permit_wait_duration_seconds', level: 'BETA', type: 'histogram', labels: 'result', bounds: exponentialBounds(0.001, 2, 15), unmoved: 'no pod waits; test/metrics/scheduler.test.ts' },
  { page: 'scheduler', name: 'scheduler_plugin_evaluation_total', level: 'BETA', type: 'counter', labels: 'extension_point plugin profile' },
  { page: 'scheduler', name: 'scheduler_pod_scheduling_attempts', level: 'STABLE', type: 'histogram', labels: '', bounds: exponentialBounds(1, 2, 5) },
  { page: 'scheduler', name: 'scheduler_pod_scheduling_sli_duration_seconds', level: 'BETA', type: 'histogram', labels: 'attempts', bounds: exponentialBounds(0.01, 2, 20) },
  { page: 'scheduler', name: 'scheduler_preemption_attempts_total', level: 'STABLE', type: 'counter', labels: '' },
  { page: 'scheduler', name: 'scheduler_preemption_victims', level: 'STABLE', type: 'histogram', labels: '', bounds: exponentialBounds(1, 2, 7), zero: true },
  { page: 'scheduler', name: 'scheduler_queue_incoming_pods_total', level: 'STABLE', type: 'counter', labels: 'event queue' },
  { page: 'scheduler', name: 'scheduler_schedule_attempts_total', level: 'STABLE', type: 'counter', labels: 'profile result' },
  { page: 'scheduler', name: 'scheduler_scheduling_attempt_duration_seconds', level: 'STABLE', type: 'histogram', labels: 'profile result', bounds: exponentialBounds(0.001, 2, 15) },
  { page: 'scheduler', name: 'scheduler_unschedulable_pods', level: 'BETA', type: 'gauge', labels: 'plugin profile' },
  { page: 'scheduler resources', name: 'kube_pod_resource_limit', level: 'STABLE', type: 'gauge', labels: 'namespace node pod priority resource scheduler unit' },
  { page: 'scheduler resources', name: 'kube_pod_resource_request', level: 'STABLE', type: 'gauge', labels: 'namespace node pod priority resource scheduler unit' },
  { page: 'kubelet', name: 'kubelet_image_volume_mounted_errors_total', level: 'BETA', type: 'counter', labels: '', zero: true },
  { page: 'kubelet', name: 'kubelet_image_volume_mounted_succeed_total', level: 'BETA', type: 'counter', labels: '' },
  { page: 'kubelet', name: 'kubelet_image_volume_requested_total', level: 'BETA', type: 'counter', labels: '' },
  { page: 'kubelet resource', name: 'container_cpu_usage_seconds_total', level: 'STABLE', type: 'counter', labels: 'container namespace pod' },
  { page: 'kubelet resource', name: 'container_memory_working_set_bytes', level: 'STABLE', type: 'gauge', labels: 'container namespace pod' },
  { page: 'kubelet resource', name: 'container_start_time_seconds', level: 'STABLE', type: 'gauge', labels: 'container namespace pod' },
  { page: 'kubelet resource', name: 'node_cpu_usage_seconds_total', level: 'STABLE', type: 'counter', labels: '', zero: true },
  { page: 'kubelet resource', name: 'node_memory_working_set_bytes', level: 'STABLE', type: 'gauge', labels: '', zero: true },
  { page: 'kubelet resource', name: 'pod_cpu_usage_seconds_total', level: 'STABLE', type: 'counter', labels: 'namespace pod' },
  { page: 'kubelet resource', name: 'pod_memory_working_set_bytes', level: 'STABLE', type: 'gauge', labels: 'namespace pod' },
  { page: 'kubelet resource', name: 'resource_scrape_error', level: 'STABLE', type: 'gauge', labels: '', zero: true },
  { page: 'kubelet probes', name: 'prober_probe_total', level: 'BETA', type: 'counter', labels: 'container namespace pod pod_uid probe_type result' },
];
