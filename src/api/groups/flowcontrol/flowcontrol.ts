/** The kinds of flowcontrol.apiserver.k8s.io. */
export { flowSchemaDefinition } from './flow-schema.ts';
export { priorityLevelConfigurationDefinition } from './priority-level.ts';
