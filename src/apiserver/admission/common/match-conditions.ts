import type { ExpressionCompiler } from '../../../api/cel/expression.ts';
import { forbiddenError } from '../../../api/status.ts';
import { loadExpressionEngine } from '../../../api/groups/admissionregistration/expression-checks.ts';
import type { MatchCondition } from '../../../api/types/admissionregistration/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { AdmissionMetrics, AdmissionPhase } from '../../metrics/admission.ts';
import type { AdmissionAttributes, AdmissionOperation, AdmittedRequest } from '../admission.ts';
import { aggregated } from '../refuse.ts';
import { admissionRequest } from './admission-review.ts';
import type { Expression, ExpressionScope } from './expressions.ts';
import { evaluate, matchConditionsBudget, OutOfBudget, RequestAuthorizer } from './expressions.ts';
import type { Target } from './target.ts';
import { requestedTarget } from './target.ts';
import { inVersion } from './versioned.ts';
import type { WebhookPluginParts } from './webhook-plugin-parts.ts';
import type { CompiledWebhook } from './webhook.ts';

export type ConditionVerdict = { readonly matches: boolean; readonly error?: never } | { readonly error: string; readonly matches?: never };

/** The conditions of a webhook or policy, compiled. */
export function compileConditions(compiler: ExpressionCompiler, conditions: readonly MatchCondition[]): readonly Expression[] {
  return conditions.map(({ expression }) => ({ text: expression, compiled: compiler.compile({ expression, returnTypes: ['bool'] }) }));
}

/** Whose conditions are judged, and where that is counted. */
export interface ConditionsOf {
  readonly name: string;
  readonly kind: 'webhook' | 'policy';
  readonly type: AdmissionPhase;
  readonly operation: AdmissionOperation;
  readonly failOpen: boolean;
  readonly metrics: AdmissionMetrics;
  readonly clock: Clock;
}

/** One that is false decides; else what could not be judged is an error, or, where failures are ignored, no match. */
export async function judgeConditions(conditions: readonly Expression[], scope: ExpressionScope, of: ConditionsOf): Promise<ConditionVerdict> {
  const startedMs = of.clock.monotonicMs();
  const { verdict, errors } = await verdictOn(conditions, scope, of.failOpen);
  of.metrics.conditions(of, { errors, excluded: verdict.matches === false, durationMs: of.clock.monotonicMs() - startedMs });
  return verdict;
}

async function verdictOn(conditions: readonly Expression[], scope: ExpressionScope, failOpen: boolean): Promise<{ readonly verdict: ConditionVerdict; readonly errors: number }> {
  const budget = { left: matchConditionsBudget };
  const errors: string[] = [];
  try {
    for (const condition of conditions) {
      const { value, error } = await evaluate(condition, scope, budget);
      if (error !== undefined) errors.push(error);
      else if (value === false) return { verdict: { matches: false }, errors: errors.length };
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.splice(0, errors.length, error.message);
  }
  if (errors.length === 0) return { verdict: { matches: true }, errors: 0 };
  return { verdict: failOpen ? { matches: false } : { error: aggregated(errors) }, errors: errors.length };
}

const compiledOf = new WeakMap<CompiledWebhook, Promise<readonly Expression[]>>();

/** Whether a webhook's match conditions hold. Throws Forbidden where that cannot be told and failures are not ignored. */
export async function webhookConditionsMatch(parts: WebhookPluginParts, webhook: CompiledWebhook, { attributes, request, target, phase }: { readonly attributes: AdmissionAttributes; readonly request: AdmittedRequest; readonly target: Target; readonly phase: AdmissionPhase }): Promise<boolean> {
  let compiled = compiledOf.get(webhook);
  if (compiled === undefined) compiledOf.set(webhook, (compiled = loadExpressionEngine().then((engine) => compileConditions(engine.compiler({ authorizer: true, namespaceObject: true }), webhook.matchConditions))));
  const { object, oldObject } = await inVersion(attributes, target);
  const scope: ExpressionScope = {
    inputs: { object, oldObject, request: admissionRequest(attributes, request, target) },
    authorizer: new RequestAuthorizer((question) => parts.authorize(question), attributes, request),
  };
  const verdict = await judgeConditions(await compiled, scope, { name: webhook.name, kind: 'webhook', type: phase, operation: attributes.operation, failOpen: webhook.failOpen, metrics: parts.admissionMetrics, clock: parts.clock });
  if (verdict.error !== undefined) throw forbiddenError(requestedTarget(attributes, request).resource, attributes.name, verdict.error);
  return verdict.matches;
}
