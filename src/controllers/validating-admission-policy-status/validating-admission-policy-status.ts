import { customresourcedefinitions, validatingadmissionpolicies } from '../../api/resources.ts';
import { nameOf } from '../../api/meta/object.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';

const identity = 'validatingadmissionpolicy-status-controller';

/** Checks the types of ValidatingAdmissionPolicies' expressions against the resources that they match, and tells in their status what it found. */
export async function startValidatingAdmissionPolicyStatusController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const policies = informers.informer(validatingadmissionpolicies);
  const definitions = informers.informer(customresourcedefinitions);
  const queue = new WorkQueue({ clock });
  policies.addHandler({ add: (policy) => queue.add(nameOf(policy)), update: (_, policy) => queue.add(nameOf(policy)) });

  const reconcile = async (name: string): Promise<void> => {
    const policy = policies.lister.get('', name);
    const { generation = 0 } = policy?.metadata ?? {};
    if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return;
    // The compiler of expressions is loaded by the first policy.
    const { expressionWarnings } = await import('./type-checker.ts');
    const warnings = expressionWarnings(policy, definitions.lister.list());
    const value = {
      apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name },
      status: { observedGeneration: generation, typeChecking: warnings.length > 0 ? { expressionWarnings: warnings } : {} },
    };
    await client.patch(validatingadmissionpolicies, { name }, { type: 'apply', value }, { fieldManager: identity, force: true, subresource: 'status' });
  };
  runController({ name: identity, clock, logger, signal, informers: [policies, definitions], queue, reconcile });
}
