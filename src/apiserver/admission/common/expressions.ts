/** Expressions of policies and match conditions: one after the other, out of one budget, with the authorizer's answers. */
import type { AuthorizationCheck, AuthorizationDecision, CompiledExpression, ExpressionInputs } from '../../../api/cel/expression.ts';
import { evaluateAsking } from '../../../api/cel/expression.ts';
import { parseFieldSelector } from '../../../api/meta/fields.ts';
import { parseLabelSelector } from '../../../api/meta/label-selector-parser.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { AdmissionAttributes, AdmittedRequest } from '../admission.ts';
import { namespaceOf, requestedTarget } from './target.ts';

/** Upstream's limits: of all expressions of a policy and binding together, and of match conditions. */
export const policyBudget = 10_000_000;
export const matchConditionsBudget = 2_500_000;
const perCallLimit = 1_000_000;

/** One expression with what it was compiled to. */
export interface Expression {
  readonly text: string;
  readonly compiled: CompiledExpression;
}

/** What expressions about one request are evaluated with. */
export interface ExpressionScope {
  readonly inputs: Omit<ExpressionInputs, 'authorizer'>;
  readonly authorizer: RequestAuthorizer;
}

/** What is left to spend. */
export interface Budget { left: number }

/** The cost of all expressions together ran out. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run');
  }
}

export type Outcome = { readonly value: unknown; readonly error?: never } | { readonly error: string; readonly value?: never };

/** Evaluates one expression; what is wrong with it is in upstream's words. Throws OutOfBudget. */
export async function evaluate({ text, compiled }: Expression, { inputs, authorizer }: ExpressionScope, budget: Budget): Promise<Outcome> {
  if (compiled.program === undefined) return { error: `compilation error: ${compiled.error}` };
  const result = await evaluateAsking(compiled.program, { ...inputs, authorizer: { ...authorizer.facts, decide: () => undefined } }, (check) => authorizer.decide(check), { budget: budget.left });
  const ranOut = result.kind === 'error' && result.exceeded && budget.left < perCallLimit;
  if (ranOut || result.cost > budget.left) throw new OutOfBudget();
  budget.left -= result.cost;
  return result.kind === 'error' ? { error: `expression '${text}' resulted in error: ${result.message}` } : { value: result.value };
}

/** The variable `authorizer` of one request: every question is put to the authorizers once. */
export class RequestAuthorizer {
  readonly facts: { readonly user: { readonly name: string; readonly groups: readonly string[]; readonly uid?: string; readonly extra?: Readonly<Record<string, readonly string[]>> }; readonly requestResource: Omit<AuthorizationCheck, 'user' | 'verb' | 'path'> };
  readonly #authorize: (attributes: Attributes) => Decision | Promise<Decision>;
  readonly #known = new Map<string, Promise<AuthorizationDecision>>();

  constructor(authorize: (attributes: Attributes) => Decision | Promise<Decision>, attributes: AdmissionAttributes, request: AdmittedRequest) {
    this.#authorize = authorize;
    const { user, subresource, name } = attributes;
    const { resource } = requestedTarget(attributes, request);
    const { uid, extra } = user;
    this.facts = {
      user: { name: user.name, groups: user.groups, ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }) },
      requestResource: { apiGroup: resource.group, apiVersion: '*', resource: resource.resource, subresource, namespace: namespaceOf(attributes), name },
    };
  }

  decide(check: AuthorizationCheck): Promise<AuthorizationDecision> {
    const key = JSON.stringify(check);
    let decision = this.#known.get(key);
    if (decision === undefined) this.#known.set(key, (decision = this.#ask(check)));
    return decision;
  }

  async #ask(check: AuthorizationCheck): Promise<AuthorizationDecision> {
    const { verdict, reason, error } = await this.#authorize(attributesOf(check));
    return { allowed: verdict === 'allow', reason, ...(error !== undefined && { error }) };
  }
}

function attributesOf(check: AuthorizationCheck): Attributes {
  const { user, verb, path } = check;
  if (path !== undefined) return { isResourceRequest: false, user, verb, path };
  const { apiGroup = '', apiVersion = '*', resource = '', subresource = '', namespace = '', name = '', fieldSelector = '', labelSelector = '' } = check;
  const selectors = fieldSelector === '' && labelSelector === '' ? undefined : { fields: parseFieldSelector(fieldSelector).requirements, labels: parseLabelSelector(labelSelector).requirements };
  return { isResourceRequest: true, user, verb, apiGroup, apiVersion, resource, subresource, namespace, name, ...(selectors !== undefined && { selectors }) };
}
