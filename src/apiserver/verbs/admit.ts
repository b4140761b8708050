import type { KubeObject } from '../../api/meta/object.ts';
import type { AdmissionAttributes } from '../admission/admission.ts';
import { runPlugins } from '../admission/chain.ts';
import type { Core, WriteContext } from '../core.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';

/** What is about to happen, as plug-ins see it. */
export interface Admittee {
  readonly operation: AdmissionAttributes['operation'];
  readonly schema: ResourceSchema;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  /** Where it is not the resource's own kind. */
  readonly kind?: string;
}

function attributesOf(admittee: Admittee, context: WriteContext): AdmissionAttributes {
  const { schema } = admittee;
  return {
    operation: admittee.operation,
    group: schema.group,
    version: schema.version,
    resource: schema.resource,
    subresource: admittee.subresource,
    kind: admittee.kind ?? schema.kind,
    namespace: admittee.namespace,
    name: admittee.name,
    object: admittee.object,
    oldObject: admittee.oldObject,
    user: context.user,
    dryRun: context.dryRun,
    warn: (message) => context.warn(message),
    ...(context.annotate !== undefined && { annotate: (key, value) => context.annotate?.(key, value) }),
  };
}

/** Runs the mutating plug-ins that the request concerns, in order. Undefined when none of them had to wait. */
export function admit(core: Core, admittee: Admittee, context: WriteContext): Promise<void> | undefined {
  const { admit: plugins } = core.admission.select(admittee.schema, admittee.operation, admittee.subresource);
  return plugins.length === 0 ? undefined : runPlugins(plugins, 'admit', attributesOf(admittee, context));
}

/** Runs the validating plug-ins that the request concerns, in order. Undefined when none of them had to wait. */
export function validateAdmission(core: Core, admittee: Admittee, context: WriteContext): Promise<void> | undefined {
  const { validate: plugins } = core.admission.select(admittee.schema, admittee.operation, admittee.subresource);
  return plugins.length === 0 ? undefined : runPlugins(plugins, 'validate', attributesOf(admittee, context));
}
