import type { KubeObject } from '../../api/meta/object.ts';
import type { AdmissionAttributes, Reinvocation } from '../admission/admission.ts';
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
  /** Where it is not the resource's own kind; its version is the object's. */
  readonly kind?: string;
}

function attributesOf(admittee: Admittee, context: WriteContext, reinvocation?: Reinvocation): AdmissionAttributes {
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
    annotate: context.annotate,
    request: context.request,
    reinvocation,
  };
}

/**
 * Runs the mutating plug-ins that the request concerns, in order, and all of them once more when one of them asks for
 * that. Undefined when none of them had to wait.
 */
export function admit(core: Core, admittee: Admittee, context: WriteContext): Promise<void> | undefined {
  const selection = core.admission.select(admittee.schema, admittee.operation, admittee.subresource);
  if (selection.admit.length === 0) return undefined;
  const reinvocation: Reinvocation = { active: false, wanted: false, memory: new Map() };
  const attributes = attributesOf(admittee, context, reinvocation);
  // Only those who have to wait ask for a second time.
  return core.admission.run(selection, 'admit', attributes)?.then(() => {
    if (!reinvocation.wanted) return undefined;
    reinvocation.active = true;
    return core.admission.run(selection, 'admit', attributes);
  });
}

/** Runs the validating plug-ins that the request concerns, in order. Undefined when none of them had to wait. */
export function validateAdmission(core: Core, admittee: Admittee, context: WriteContext): Promise<void> | undefined {
  const selection = core.admission.select(admittee.schema, admittee.operation, admittee.subresource);
  return selection.validate.length === 0 ? undefined : core.admission.run(selection, 'validate', attributesOf(admittee, context));
}
