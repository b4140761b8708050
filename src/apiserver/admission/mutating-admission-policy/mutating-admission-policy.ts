import { mutatingadmissionpolicies, mutatingadmissionpolicybindings } from '../../../api/resources.ts';
import { loadExpressionEngine } from '../../../api/groups/admissionregistration/expression-checks.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { StatusReason } from '../../../api/status.ts';
import { ApiError } from '../../../api/status.ts';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '../../../api/types/admissionregistration/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { AdmissionMetrics } from '../../metrics/admission.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { AdmissionAttributes, AdmissionPlugin, AdmittedRequest, Reinvocation } from '../admission.ts';
import type { Expression, ExpressionScope } from '../common/expressions.ts';
import { evaluate, OutOfBudget, policyBudget, RequestAuthorizer } from '../common/expressions.ts';
import { judgeConditions } from '../common/match-conditions.ts';
import type { MatchParts } from '../common/match.ts';
import { matchRequest } from '../common/match.ts';
import { ConfigurationError, paramResource, paramsOf } from '../common/params.ts';
import type { BoundPolicy } from '../common/policy-list.ts';
import { PolicyList } from '../common/policy-list.ts';
import { namespaceObjectOf, policyScope } from '../common/policy-scope.ts';
import { reinvocablesOf } from '../common/reinvocables.ts';
import type { Target } from '../common/target.ts';
import { namespaceOf } from '../common/target.ts';
import { inVersion, replaceObject } from '../common/versioned.ts';
import { refusal } from '../refuse.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { compilePolicy } from './compiled-policy.ts';
import { applyConfiguration, applyPatchList, MutationError } from './mutations.ts';

export interface PolicyPluginParts extends MatchParts {
  readonly clock: Clock;
  readonly admissionMetrics: AdmissionMetrics;
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

type Bound = BoundPolicy<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;

/** One policy with one binding and one parameter that a request concerns. */
interface Invocation { readonly bound: Bound; readonly binding: string; readonly target: Target; readonly params: KubeObject | undefined; readonly key: string }

interface Failure { readonly message: string; readonly reason: StatusReason | '' }

const name = 'MutatingAdmissionPolicy';
const compiledOf = new WeakMap<MutatingAdmissionPolicy, Promise<CompiledPolicy>>();

function compiled(policy: MutatingAdmissionPolicy): Promise<CompiledPolicy> {
  let known = compiledOf.get(policy);
  if (known === undefined) compiledOf.set(policy, (known = loadExpressionEngine().then((engine) => compilePolicy(policy, engine))));
  return known;
}

/** Changes objects by the expressions of MutatingAdmissionPolicies, one after the other in the order of their names. */
export function mutatingAdmissionPolicy(parts: PolicyPluginParts): AdmissionPlugin {
  const policies = new PolicyList({ reader: parts.reader, policies: mutatingadmissionpolicies, bindings: mutatingadmissionpolicybindings });
  return {
    name,
    ...policies.concerns,
    handles: (scope) => scope.operation !== 'DELETE' && policies.concerns.handles!(scope),
    admit: (attributes) => (attributes.request === undefined ? undefined : new Dispatch(parts, attributes, attributes.request).run(policies.current)),
  };
}

/** What all policies together do to one request. */
class Dispatch {
  readonly #parts: PolicyPluginParts;
  readonly #attributes: AdmissionAttributes;
  readonly #request: AdmittedRequest;
  readonly #reinvocation: Reinvocation;
  readonly #authorizer: RequestAuthorizer;
  readonly #failures: Failure[] = [];

  constructor(parts: PolicyPluginParts, attributes: AdmissionAttributes, request: AdmittedRequest) {
    this.#parts = parts;
    this.#attributes = attributes;
    this.#request = request;
    this.#reinvocation = attributes.reinvocation ?? { active: false, wanted: false, memory: new Map() };
    this.#authorizer = new RequestAuthorizer((question) => parts.authorize(question), attributes, request);
  }

  async run(policies: readonly Bound[]): Promise<void> {
    const invocations = await this.#invocations(policies);
    if (invocations.length > 0) await this.#invoke(invocations);
    if (this.#failures.length > 0) throw this.#refusal();
  }

  async #invocations(policies: readonly Bound[]): Promise<readonly Invocation[]> {
    const found: Invocation[] = [];
    for (const bound of policies) await this.#configured(bound, undefined, async () => {
      const target = matchRequest(this.#parts, bound.criteria, this.#attributes, this.#request);
      if (target === undefined) return;
      const paramKind = bound.policy.spec?.paramKind;
      const resource = paramKind && paramResource(this.#parts.resources, paramKind);
      for (const { binding, name: bindingName, criteria } of bound.bindings) await this.#configured(bound, bindingName, async () => {
        if (criteria !== undefined && matchRequest(this.#parts, criteria, this.#attributes, this.#request) === undefined) return;
        for (const params of await paramsOf(resource, binding.spec?.paramRef, namespaceOf(this.#attributes))) {
          found.push({ bound, binding: bindingName, target, params, key: JSON.stringify([bound.name, bindingName, params?.metadata.namespace, params?.metadata.name]) });
        }
      });
    });
    return found;
  }

  /** What is wrong with the policy or binding itself refuses, too, unless failures are ignored. */
  async #configured(bound: Bound, binding: string | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ConfigurationError) && !(error instanceof ApiError)) throw error;
      this.#fail(bound, binding, `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${error.message}`);
    }
  }

  #fail({ name: policy, failOpen }: Bound, binding: string | undefined, detail: string, reason: Failure['reason'] = ''): void {
    if (failOpen) return;
    this.#failures.push({ message: binding === undefined ? `policy ${JSON.stringify(policy)} denied request: ${detail}` : `policy '${policy}' with binding '${binding}' denied request: ${detail}`, reason });
  }

  async #invoke(invocations: readonly Invocation[]): Promise<void> {
    const attributes = this.#attributes;
    const namespaceObject = namespaceObjectOf(this.#parts.reader, attributes);
    const reinvocation = this.#reinvocation;
    const reinvocables = reinvocablesOf(reinvocation, name);
    reinvocables.begin(reinvocation, attributes.object);
    let applied = false;
    for (const invocation of invocations) {
      const { bound, binding, target, params, key } = invocation;
      const policy = await compiled(bound.policy);
      const scope = async (): Promise<ExpressionScope> => policyScope({ attributes, request: this.#request, target, objects: await inVersion(attributes, target), params, namespaceObject, authorizer: this.#authorizer });
      if (policy.conditions.length > 0) {
        const verdict = await judgeConditions(policy.conditions, await scope(), { name: bound.name, kind: 'policy', type: 'admit', operation: attributes.operation, failOpen: bound.failOpen, metrics: this.#parts.admissionMetrics, clock: this.#parts.clock });
        if (verdict.error !== undefined) this.#fail(bound, binding, verdict.error, 'Invalid');
        if (verdict.matches !== true) continue;
      }
      if (reinvocation.active && !reinvocables.isDue(key)) continue;
      const before = attributes.object === undefined ? undefined : structuredClone(attributes.object);
      for (const mutation of policy.mutations) if (await this.#mutate(invocation, mutation, await scope())) applied = true;
      if (!semanticEqual(before, attributes.object)) reinvocables.requireAll();
      if (bound.policy.spec?.reinvocationPolicy === 'IfNeeded') reinvocables.add(key);
    }
    if (applied) {
      // As upstream: whatever was applied brings a second time, even where it changed nothing.
      reinvocables.requireAll();
      reinvocation.wanted = true;
    }
    reinvocables.end(attributes.object);
  }

  /** Applies one mutation; false where there is no object, or it failed. */
  async #mutate({ bound, binding, target }: Invocation, { kind, expression }: CompiledPolicy['mutations'][number], scope: ExpressionScope): Promise<boolean> {
    const object = scope.inputs.object as KubeObject | undefined;
    if (object === undefined) return false;
    const { clock, admissionMetrics } = this.#parts;
    const startedMs = clock.monotonicMs();
    const count = (errorType: string): void => admissionMetrics.policy('mutating', { policy: bound.name, binding, errorType }, clock.monotonicMs() - startedMs);
    try {
      const value = await valueOf(expression, scope);
      await replaceObject(this.#attributes, target, kind === 'JSONPatch' ? applyPatchList(object, value, target) : applyConfiguration(object, value, target));
      count('no_error');
      return true;
    } catch (error) {
      count('invalid_error');
      if (!(error instanceof MutationError) && !(error instanceof OutOfBudget)) throw error;
      this.#fail(bound, binding, error.message, 'Invalid');
      return false;
    }
  }

  #refusal(): ApiError {
    const [first] = this.#failures;
    const forbidden = refusal(this.#attributes, 'admission request denied by policy', this.#failures.map(({ message }) => ({ message })));
    const { reason = '', message = '' } = first ?? {};
    return new ApiError(reason === '' ? 'Forbidden' : reason, message, { code: forbidden.code, ...(forbidden.details !== undefined && { details: forbidden.details }) });
  }
}

async function valueOf(expression: Expression, scope: ExpressionScope): Promise<unknown> {
  const { compiled: program } = expression;
  if (program.program === undefined) throw new MutationError(program.error);
  const { value, error } = await evaluate(expression, scope, { left: policyBudget });
  if (error !== undefined) throw new MutationError(error);
  return value;
}
