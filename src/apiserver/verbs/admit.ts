import type { KubeObject } from '../../api/meta/object.ts';
import type { AdmissionAttributes } from '../admission/admission.ts';
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
  };
}

/** Runs all mutating plug-ins in order. Undefined when none of them had to wait. */
export function admit(core: Core, admittee: Admittee, context: WriteContext): Promise<void> | undefined {
  return runChain(core, attributesOf(admittee, context), 'admit');
}

/** Runs all validating plug-ins in order. Undefined when none of them had to wait. */
export function validateAdmission(core: Core, admittee: Admittee, context: WriteContext): Promise<void> | undefined {
  return runChain(core, attributesOf(admittee, context), 'validate');
}

function runChain(core: Core, attributes: AdmissionAttributes, phase: 'admit' | 'validate', from = 0): Promise<void> | undefined {
  const plugins = core.admission;
  for (let i = from; i < plugins.length; i++) {
    const outcome = plugins[i]![phase]?.(attributes);
    if (outcome !== undefined) return outcome.then(() => runChain(core, attributes, phase, i + 1));
  }
  return undefined;
}
