/** One policy's judgement of one request with one parameter: upstream's validator. */
import { byteLength } from '../../../api/meta/validation.ts';
import type { ExpressionScope, Outcome } from '../common/expressions.ts';
import { evaluate, OutOfBudget, policyBudget } from '../common/expressions.ts';
import type { ConditionsOf } from '../common/match-conditions.ts';
import { judgeConditions } from '../common/match-conditions.ts';
import type { CompiledPolicy, CompiledValidation } from './compiled-policy.ts';

/** Upstream's limit of what a message expression may say. */
const maxMessageBytes = 5 * 1024;

export interface PolicyDecision {
  readonly action: 'admit' | 'deny';
  /** How it came about, for metrics. */
  readonly evaluation: 'admit' | 'deny' | 'error';
  readonly message: string;
  /** Empty: Invalid. */
  readonly reason: string;
}

export type AnnotationResult = { readonly key: string; readonly value: string; readonly error?: never } | { readonly key: string; readonly error: string; readonly value?: never };

export interface Judgement {
  readonly decisions: readonly PolicyDecision[];
  readonly annotations: readonly AnnotationResult[];
}

const admitted: PolicyDecision = { action: 'admit', evaluation: 'admit', message: '', reason: '' };

/** `of`: the policy; where failures are ignored, what cannot be judged is let through. */
export async function judge(policy: CompiledPolicy, scope: ExpressionScope, of: ConditionsOf): Promise<Judgement> {
  const { failOpen } = of;
  const failed = (message: string): PolicyDecision => ({ action: failOpen ? 'admit' : 'deny', evaluation: 'error', message, reason: '' });
  if (policy.conditions.length > 0) {
    const verdict = await judgeConditions(policy.conditions, scope, of);
    if (verdict.error !== undefined) return { decisions: [failed(verdict.error)], annotations: [] };
    if (!verdict.matches) return { decisions: [], annotations: [] };
  }
  try {
    const budget = { left: policyBudget };
    const outcomes: Outcome[] = [];
    for (const { expression } of policy.validations) outcomes.push(await evaluate(expression, scope, budget));
    const refused = outcomes.some(({ value, error }) => error === undefined && value !== true);
    const messages = refused ? await messagesOf(policy.validations, scope, budget) : [];
    const decisions = outcomes.map(({ value, error }, i): PolicyDecision => {
      if (error !== undefined) return failed(error);
      if (typeof messages === 'string') return failed(`failed messageExpression: ${messages}`);
      if (value === true) return admitted;
      const { stated } = policy.validations[i]!;
      return { action: 'deny', evaluation: 'deny', message: messageOf(stated, messages[i]), reason: stated.reason ?? 'Invalid' };
    });
    return { decisions, annotations: await annotationsOf(policy, scope, failOpen) };
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return { decisions: [failed(error.message)], annotations: [] };
  }
}

/** What the message expressions say; the reason as a text where their cost ran out. They are only asked where one is needed. */
async function messagesOf(validations: readonly CompiledValidation[], scope: ExpressionScope, budget: { left: number }): Promise<string | readonly (Outcome | undefined)[]> {
  try {
    const messages: (Outcome | undefined)[] = [];
    for (const { message } of validations) messages.push(message && (await evaluate(message, scope, budget)));
    return messages;
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return error.message;
  }
}

function messageOf({ expression, message = '' }: CompiledValidation['stated'], told: Outcome | undefined): string {
  const text = typeof told?.value === 'string' ? told.value.trim() : '';
  if (text !== '' && byteLength(text) <= maxMessageBytes && !text.includes('\n')) return text;
  return message.trim() === '' ? `failed expression: ${expression.trim()}` : message.trim();
}

async function annotationsOf({ annotations }: CompiledPolicy, scope: ExpressionScope, failOpen: boolean): Promise<readonly AnnotationResult[]> {
  const budget = { left: policyBudget };
  const results: AnnotationResult[] = [];
  for (const { stated: { key, valueExpression }, expression } of annotations) {
    const { value, error } = await evaluate(expression, scope, budget);
    if (error !== undefined) {
      if (!failOpen) results.push({ key, error });
    } else if (typeof value === 'string') {
      if (value.trim() !== '') results.push({ key, value: value.trim() });
    } else if (value !== null) {
      results.push({ key, error: `valueExpression '${valueExpression}' resulted in unsupported return type: ${typeof value}. Return type must be either string or null.` });
    }
  }
  return results;
}
