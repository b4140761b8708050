/**
 * What others see of CEL, outside of the rules of schemas: how an expression is compiled once and asked many times. The
 * engine behind it, expression-compiler.ts, is loaded when the first expression shows up, never at start.
 */

/** The variables an admission expression may name, as upstream's `plugin/cel` declares them. */
export interface ExpressionVariables {
  /** `params` is declared: the policy has a paramKind. */
  readonly params?: boolean;
  /** `authorizer` and `authorizer.requestResource` are declared. */
  readonly authorizer?: boolean;
  /** `namespaceObject` is declared: policies have it, webhooks' match conditions do not. */
  readonly namespaceObject?: boolean;
  /** `Object{…}`, `Object.spec{…}`, `JSONPatch{…}` and `jsonpatch.escapeKey` are declared: a mutating policy. */
  readonly patchTypes?: boolean;
}

/** What an expression must evaluate to: anything else is a compile error, and upstream's list of them is named in it. */
export type ExpressionReturnType = 'bool' | 'string' | 'null' | 'any' | 'Object' | 'list<JSONPatch>';

/**
 * Compiles expressions that share variables. `variable` adds `variables.<name>` for what is compiled after it, in the
 * order of a policy's `spec.variables`; its type is that of its expression, and it is evaluated when first used.
 */
export interface ExpressionCompiler {
  compile(options: { readonly expression: string; readonly returnTypes: readonly ExpressionReturnType[] }): CompiledExpression;
  variable(options: { readonly name: string; readonly expression: string }): CompiledExpression;
}

/** A program, or what is wrong with the expression: upstream's detail (`compilation failed: ERROR: <input>:1:1: …`). */
export type CompiledExpression = { readonly program: ExpressionProgram; readonly error?: never } | { readonly error: string; readonly program?: never };

export interface ExpressionProgram {
  readonly expression: string;
  /** CEL's name of the type it evaluates to: `bool`, `string`, `list(string)`, `dyn`. */
  readonly outputType: string;
  /** Never throws. Stops at upstream's cost limit of one call (1,000,000) or at `budget`, whatever is less. */
  evaluate(inputs: ExpressionInputs, budget?: number): Evaluation;
}

/** JSON values (numbers that are integers are CEL's `int`), never changed. What is undefined is null. */
export interface ExpressionInputs {
  readonly object?: unknown;
  readonly oldObject?: unknown;
  /** The AdmissionRequest, without its objects. */
  readonly request?: unknown;
  readonly params?: unknown;
  readonly namespaceObject?: unknown;
  readonly authorizer?: ExpressionAuthorizer;
  /**
   * Shared by expressions of one policy that are asked about one request, so that `variables.x` is evaluated once:
   * made by `newVariableValues` and never shared between requests.
   */
  readonly variables?: VariableValues;
}

/** Holds the values of a policy's variables while one request is judged. Opaque. */
export interface VariableValues {
  readonly values: Map<string, unknown>;
}

/** `value` is JSON: an `Object{…}` is an object, a `JSONPatch{…}` is `{op, path, from?, value?}`, an int is a number. */
export type Evaluation =
  | { readonly kind: 'value'; readonly value: unknown; readonly cost: number }
  /** Something went wrong in the expression (`no such key: foo`), or, when `exceeded`, the cost ran out. */
  | { readonly kind: 'error'; readonly message: string; readonly exceeded: boolean; readonly cost: number }
  /** The expression asks for a decision that is not known yet: learn it and evaluate again. See `evaluateAsking`. */
  | { readonly kind: 'pending'; readonly check: AuthorizationCheck; readonly cost: number };

/** What `authorizer…check('verb')` asks about. */
export interface AuthorizationCheck {
  readonly user: AuthorizationUser;
  readonly verb: string;
  /** Set for `authorizer.path('/x')`; then nothing below is. */
  readonly path?: string;
  readonly apiGroup?: string;
  /** `*`, as upstream asks when the expression does not know it. */
  readonly apiVersion?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizationUser {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason: string;
  /** What went wrong while deciding: `.errored()`, `.error()`. */
  readonly error?: string;
}

/**
 * The variable `authorizer`. CEL cannot wait, so `decide` answers undefined for what it does not know yet; an expression
 * can afford two checks at upstream's price, so asking again is bounded.
 */
export interface ExpressionAuthorizer {
  readonly user: AuthorizationUser;
  /** `authorizer.requestResource`. */
  readonly requestResource?: Omit<AuthorizationCheck, 'user' | 'verb' | 'path'>;
  decide(check: AuthorizationCheck): AuthorizationDecision | undefined;
}

/** Asks somebody who can only answer later, and evaluates again until nothing is left to ask. */
export async function evaluateAsking(
  program: ExpressionProgram,
  inputs: Omit<ExpressionInputs, 'authorizer'> & { readonly authorizer: Omit<ExpressionAuthorizer, 'decide'> & Partial<Pick<ExpressionAuthorizer, 'decide'>> },
  authorize: (check: AuthorizationCheck) => Promise<AuthorizationDecision>,
  options: { readonly budget?: number } = {},
): Promise<Exclude<Evaluation, { kind: 'pending' }>> {
  const known = new Map<string, AuthorizationDecision>();
  const asking = { ...inputs, authorizer: { ...inputs.authorizer, decide: (check: AuthorizationCheck) => known.get(JSON.stringify(check)) } };
  for (;;) {
    const result = program.evaluate(asking, options.budget);
    if (result.kind !== 'pending') return result;
    known.set(JSON.stringify(result.check), await authorize(result.check));
  }
}

/** Room for the variables of one policy and one request. */
export function newVariableValues(): VariableValues {
  return { values: new Map() };
}
