import type { ExpressionCompiler } from '../../../api/cel/expression.ts';
import { forbiddenError } from '../../../api/status.ts';
import type { MatchCondition } from '../../../api/types/admissionregistration/v1.ts';
import type { AdmissionAttributes, AdmittedRequest } from '../admission.ts';
import { aggregated } from '../refuse.ts';
import { admissionRequest } from './admission-review.ts';
import { expressionEngine } from './engine.ts';
import type { Expression, ExpressionScope } from './expressions.ts';
import { evaluate, matchConditionsBudget, OutOfBudget, RequestAuthorizer } from './expressions.ts';
import type { Target } from './target.ts';
import { requestedTarget } from './target.ts';
import { inVersion } from './versioned.ts';
import type { WebhookPluginParts } from './webhook-plugin.ts';
import type { CompiledWebhook } from './webhook.ts';

export type ConditionVerdict = { readonly matches: boolean; readonly error?: never } | { readonly error: string; readonly matches?: never };

/** The conditions of a webhook or policy, compiled. */
export function compileConditions(compiler: ExpressionCompiler, conditions: readonly MatchCondition[]): readonly Expression[] {
  return conditions.map(({ expression }) => ({ text: expression, compiled: compiler.compile({ expression, returnTypes: ['bool'] }) }));
}

/** One that is false decides; else what could not be judged is an error, or, where failures are ignored, no match. */
export async function judgeConditions(conditions: readonly Expression[], scope: ExpressionScope, failOpen: boolean): Promise<ConditionVerdict> {
  const budget = { left: matchConditionsBudget };
  const errors: string[] = [];
  try {
    for (const condition of conditions) {
      const { value, error } = await evaluate(condition, scope, budget);
      if (error !== undefined) errors.push(error);
      else if (value === false) return { matches: false };
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.splice(0, errors.length, error.message);
  }
  if (errors.length === 0) return { matches: true };
  return failOpen ? { matches: false } : { error: aggregated(errors) };
}

const compiledOf = new WeakMap<CompiledWebhook, Promise<readonly Expression[]>>();

/** Whether a webhook's match conditions hold. Throws Forbidden where that cannot be told and failures are not ignored. */
export async function webhookConditionsMatch(parts: WebhookPluginParts, webhook: CompiledWebhook, { attributes, request, target }: { readonly attributes: AdmissionAttributes; readonly request: AdmittedRequest; readonly target: Target }): Promise<boolean> {
  let compiled = compiledOf.get(webhook);
  if (compiled === undefined) compiledOf.set(webhook, (compiled = expressionEngine().then((engine) => compileConditions(engine.compiler({ authorizer: true }), webhook.matchConditions))));
  const { object, oldObject } = await inVersion(attributes, target);
  const scope: ExpressionScope = {
    inputs: { object, oldObject, request: admissionRequest(attributes, request, target) },
    authorizer: new RequestAuthorizer((question) => parts.authorize(question), attributes, request),
  };
  const verdict = await judgeConditions(await compiled, scope, webhook.failOpen);
  if (verdict.error !== undefined) throw forbiddenError(requestedTarget(attributes, request).resource, attributes.name, verdict.error);
  return verdict.matches;
}
