/** The kinds of scheduling.k8s.io. */
export { podGroupDefinition } from './pod-group.ts';
export { priorityClassDefinition } from './priority-class.ts';
export { workloadDefinition } from './workload.ts';
