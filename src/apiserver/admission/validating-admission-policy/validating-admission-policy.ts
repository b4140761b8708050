import { validatingadmissionpolicies, validatingadmissionpolicybindings } from '../../../api/resources.ts';
import { loadExpressionEngine } from '../../../api/groups/admissionregistration/expression-checks.ts';
import { ApiError } from '../../../api/status.ts';
import type { StatusReason } from '../../../api/status.ts';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../../api/types/admissionregistration/v1.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { Clock } from '../../../base/clock.ts';
import type { AdmissionMetrics } from '../../metrics/admission.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { AdmissionAttributes, AdmissionPlugin, AdmittedRequest } from '../admission.ts';
import { refusal } from '../refuse.ts';
import { RequestAuthorizer } from '../common/expressions.ts';
import type { MatchParts } from '../common/match.ts';
import { matchRequest } from '../common/match.ts';
import { ConfigurationError, paramResource, paramsOf } from '../common/params.ts';
import type { BoundPolicy } from '../common/policy-list.ts';
import { PolicyList } from '../common/policy-list.ts';
import { namespaceObjectOf, policyScope } from '../common/policy-scope.ts';
import type { Target } from '../common/target.ts';
import { namespaceOf } from '../common/target.ts';
import { inVersion } from '../common/versioned.ts';
import { AnnotationCollector } from './annotation-collector.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { compilePolicy } from './compiled-policy.ts';
import type { Judgement, PolicyDecision } from './judge.ts';
import { judge } from './judge.ts';

export interface PolicyPluginParts extends MatchParts {
  readonly clock: Clock;
  readonly admissionMetrics: AdmissionMetrics;
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

type Bound = BoundPolicy<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>;
type Binding = Bound['bindings'][number];

/** A refusal, and who refuses. */
interface Denial { readonly policy: string; readonly binding: string | undefined; readonly message: string; readonly reason: string }

const compiledOf = new WeakMap<ValidatingAdmissionPolicy, Promise<CompiledPolicy>>();

/** Judges requests by the expressions of ValidatingAdmissionPolicies. The first refusal, in the order of their names, counts. */
export function validatingAdmissionPolicy(parts: PolicyPluginParts): AdmissionPlugin {
  const policies = new PolicyList({ reader: parts.reader, policies: validatingadmissionpolicies, bindings: validatingadmissionpolicybindings });
  return {
    name: 'ValidatingAdmissionPolicy',
    ...policies.concerns,
    validate: (attributes) => (attributes.request === undefined ? undefined : new Dispatch(parts, attributes, attributes.request).run(policies.current)),
  };
}

/** What all policies together say of one request. */
class Dispatch {
  readonly #parts: PolicyPluginParts;
  readonly #attributes: AdmissionAttributes;
  readonly #request: AdmittedRequest;
  readonly #authorizer: RequestAuthorizer;
  readonly #denials: Denial[] = [];

  constructor(parts: PolicyPluginParts, attributes: AdmissionAttributes, request: AdmittedRequest) {
    this.#parts = parts;
    this.#attributes = attributes;
    this.#request = request;
    this.#authorizer = new RequestAuthorizer((question) => parts.authorize(question), attributes, request);
  }

  async run(policies: readonly Bound[]): Promise<void> {
    for (const policy of policies) {
      await this.#configured(policy, undefined, async () => {
        const target = matchRequest(this.#parts, policy.criteria, this.#attributes, this.#request);
        if (target !== undefined) await this.#judge(policy, target);
      });
    }
    const [first] = this.#denials;
    if (first !== undefined) throw refuse(this.#attributes, first);
  }

  /** What is wrong with the policy or binding itself refuses, too, unless failures are ignored. */
  async #configured(policy: Bound, binding: Binding | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ConfigurationError) && !(error instanceof ApiError)) throw error;
      const message = `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${error.message}`;
      if (!policy.failOpen) this.#denials.push({ policy: policy.name, binding: binding?.name, message, reason: '' });
    }
  }

  async #judge(bound: Bound, target: Target): Promise<void> {
    const { policy, bindings } = bound;
    const paramKind = policy.spec?.paramKind;
    const params = paramKind && paramResource(this.#parts.resources, paramKind);
    const annotations = new AnnotationCollector();
    let compiled = compiledOf.get(policy);
    if (compiled === undefined) compiledOf.set(policy, (compiled = loadExpressionEngine().then((engine) => compilePolicy(policy, engine))));
    for (const binding of bindings) {
      await this.#configured(bound, binding, async () => {
        if (binding.criteria !== undefined && matchRequest(this.#parts, binding.criteria, this.#attributes, this.#request) === undefined) return;
        const chosen = await paramsOf(params, binding.binding.spec?.paramRef, namespaceOf(this.#attributes));
        for (const param of chosen) {
          const startedMs = this.#parts.clock.monotonicMs();
          const judgement = await this.#judgement(await compiled, bound, { target, param });
          this.#settle(bound, binding, judgement, annotations);
          this.#count(bound, binding, judgement, this.#parts.clock.monotonicMs() - startedMs);
        }
      });
    }
    annotations.publish(bound.name, this.#attributes);
  }

  async #judgement(compiled: CompiledPolicy, { name, failOpen }: Bound, { target, param }: { readonly target: Target; readonly param: KubeObject | undefined }): Promise<Judgement> {
    const attributes = this.#attributes;
    const scope = policyScope({ attributes, request: this.#request, target, objects: await inVersion(attributes, target), params: param, namespaceObject: namespaceObjectOf(this.#parts.reader, attributes), authorizer: this.#authorizer });
    const { admissionMetrics: metrics, clock } = this.#parts;
    return judge(compiled, scope, { name, kind: 'policy', type: 'validate', operation: attributes.operation, failOpen, metrics, clock });
  }

  #settle(policy: Bound, { name, binding }: Binding, { decisions, annotations }: Judgement, collector: AnnotationCollector): void {
    const actions = binding.spec?.validationActions ?? [];
    for (const [index, decision] of decisions.entries()) {
      if (decision.action !== 'deny') continue;
      const { message, reason } = decision;
      if (actions.includes('Deny')) this.#denials.push({ policy: policy.name, binding: name, message, reason });
      if (actions.includes('Audit')) this.#audit(policy.name, { name, actions }, index, decision);
      if (actions.includes('Warn')) this.#attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${name}': ${message}`);
    }
    for (const { key, value, error } of annotations) {
      if (error === undefined) collector.add(key, value);
      else this.#denials.push({ policy: policy.name, binding: name, message: error, reason: '' });
    }
  }

  /** As upstream: what is let through counts only where an error was ignored. */
  #count(policy: Bound, { name, binding }: Binding, { decisions }: Judgement, durationMs: number): void {
    for (const decision of decisions) {
      if (decision.evaluation === 'admit') continue;
      const actions = decision.action === 'admit' ? ['allow'] : (binding.spec?.validationActions ?? []).map((action) => action.toLowerCase());
      for (const action of actions) this.#parts.admissionMetrics.policy('validating', { policy: policy.name, binding: name, errorType: errorTypeOf(decision), action }, durationMs);
    }
  }

  #audit(policy: string, binding: { readonly name: string; readonly actions: readonly string[] }, expressionIndex: number, { message }: PolicyDecision): void {
    this.#attributes.annotate?.('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([{ message, policy, binding: binding.name, expressionIndex, validationActions: binding.actions }]));
  }
}

function errorTypeOf({ message }: PolicyDecision): string {
  if (message.startsWith('compilation')) return 'compile_error';
  return message.startsWith('validation failed due to running out of cost budget') ? 'out_of_budget' : 'invalid_error';
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

function refuse(attributes: AdmissionAttributes, { policy, binding, message, reason }: Denial): ApiError {
  const text = binding === undefined ? `ValidatingAdmissionPolicy '${policy}' denied request: ${message}` : `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${message}`;
  const { message: full, details } = refusal(attributes, text, [{ message: text }]);
  return new ApiError(reason === '' ? 'Invalid' : (reason as StatusReason), full, { code: codes[reason] ?? 422, ...(details !== undefined && { details }) });
}
