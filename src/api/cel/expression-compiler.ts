import { AuthorizerValue, authorizationTypes, PendingDecision, ResourceCheckValue } from './library/authorization.ts';
import { baseFunctions, baseTypes } from './library/base.ts';
import { jsonPatch } from './library/json-patch.ts';
import { isPatchObject, NAMESPACE, OBJECT, patchType, REQUEST } from './admission-types.ts';
import type { CompiledExpression, Evaluation, ExpressionAuthorizer, ExpressionCompiler, ExpressionInputs, ExpressionProgram, ExpressionReturnType, ExpressionVariables } from './expression.ts';
import { checkExpression, makeProgram, perCallLimit, type Program } from './language/compile.ts';
import { functionsOf, type Functions } from './language/declarations.ts';
import { environment, type Environment, type FieldTypes } from './language/environment.ts';
import { DYN, object, type CelType } from './language/types.ts';
import { CelFailure } from './runtime/failure.ts';
import { fromJson, toJson } from './runtime/json.ts';
import type { CelValue } from './runtime/values.ts';
import { misplacedTypes, StructValue } from './struct-value.ts';
import { VariablesValue } from './variables-value.ts';

const patchFunctions: Functions = functionsOf(Object.fromEntries(baseFunctions), jsonPatch);
const anyField: FieldTypes = { get: () => DYN };

interface Variable {
  readonly program: Program | undefined;
  readonly error: string;
}

/** Compiles the expressions of one policy, or of one webhook's match conditions: see `expression.ts`. */
export function expressionCompiler(declared: ExpressionVariables): ExpressionCompiler {
  const variables = new Map<string, Variable>();
  const variableTypes = new Map<string, CelType>();
  const env = admissionEnvironment(declared, variableTypes);
  const compile = (expression: string, returnTypes: readonly ExpressionReturnType[]): CompiledExpression & { readonly type?: CelType; readonly raw?: Program } => {
    const checked = checkExpression(expression, env);
    if ('error' in checked) return { error: `compilation failed: ${checked.error}` };
    const wrong = wrongType(checked.type, returnTypes);
    if (wrong !== undefined) return { error: wrong };
    try {
      const raw = makeProgram(checked, env, (name, fields) => new StructValue(name, fields));
      return { program: new AdmissionProgram(expression, checked.type, raw, variables), type: checked.type, raw };
    } catch (error) {
      if (!(error instanceof CelFailure)) throw error;
      return { error: `program instantiation failed: ${error.message}` };
    }
  };
  return {
    compile: ({ expression, returnTypes }) => compile(expression, returnTypes),
    variable({ name, expression }) {
      const compiled = compile(expression, ['any']);
      variables.set(name, { program: compiled.raw, error: compiled.error ?? '' });
      variableTypes.set(name, compiled.type ?? DYN);
      return compiled;
    },
  };
}

function admissionEnvironment(declared: ExpressionVariables, variableTypes: ReadonlyMap<string, CelType>): Environment {
  const [authorizer, , , requestResource] = authorizationTypes;
  const types = new Map<string, CelType>([['object', DYN], ['oldObject', DYN], ['request', REQUEST], ['variables', object('kubernetes.variables', variableTypes)]]);
  if (declared.namespaceObject === true) types.set('namespaceObject', NAMESPACE);
  if (declared.params === true) types.set('params', DYN);
  if (declared.authorizer === true) types.set('authorizer', authorizer).set('authorizer.requestResource', requestResource);
  if (declared.patchTypes !== true) return environment(baseFunctions, baseTypes, types);
  return environment(patchFunctions, { get: (name) => patchType(name) ?? baseTypes.get(name) }, types, { fieldsOf: (type) => (isPatchObject(type) ? anyField : type.fields) });
}

const typeNames: Readonly<Record<Exclude<ExpressionReturnType, 'any'>, string>> = { bool: 'bool', string: 'string', null: 'null_type', Object: 'Object', 'list<JSONPatch>': 'list(JSONPatch)' };

/** As Go prints types, which is not always as the checker's errors do. */
function typeName(type: CelType): string {
  const name = type.kind === 'null' ? 'null_type' : type.name;
  return type.params.length === 0 ? name : `${name}(${type.params.map(typeName).join(', ')})`;
}

function wrongType(type: CelType, allowed: readonly ExpressionReturnType[]): string | undefined {
  const names = allowed.map((one) => (one === 'any' ? 'any' : typeNames[one]));
  const found = typeName(type);
  if (names.includes('any') || names.includes(found)) return undefined;
  return `must evaluate to ${names.length === 1 ? (names[0] ?? '') : `one of [${names.join(' ')}]`} but got ${found}`;
}

class AdmissionProgram implements ExpressionProgram {
  readonly expression: string;
  readonly outputType: string;
  readonly #program: Program;
  readonly #variables: ReadonlyMap<string, Variable>;

  constructor(expression: string, type: CelType, program: Program, variables: ReadonlyMap<string, Variable>) {
    this.expression = expression;
    this.outputType = typeName(type);
    this.#program = program;
    this.#variables = variables;
  }

  evaluate(inputs: ExpressionInputs, budget = perCallLimit): Evaluation {
    const activation = new Activation(inputs, this.#variables);
    try {
      const { value, error, exceeded = false, cost } = this.#program.run(activation.read, Math.min(budget, perCallLimit));
      const total = cost + activation.cost;
      activation.keep();
      if (error !== undefined) return { kind: 'error', message: error, exceeded, cost: total };
      return this.#result(value ?? null, total);
    } catch (error) {
      if (error instanceof PendingDecision) return { kind: 'pending', check: error.check, cost: activation.cost };
      throw error;
    }
  }

  #result(value: CelValue, cost: number): Evaluation {
    if (this.outputType === OBJECT.name) {
      const misplaced = misplacedTypes(value, OBJECT.name);
      if (misplaced.length > 0) return { kind: 'error', message: `type mismatch: ${misplaced.join('\n')}`, exceeded: false, cost };
    }
    try {
      return { kind: 'value', value: toJson(value), cost };
    } catch (error) {
      if (error instanceof CelFailure) return { kind: 'error', message: error.message, exceeded: false, cost };
      throw error;
    }
  }
}

/** The variables of one evaluation; `variables.x` is computed when it is first asked for, and paid for then. */
class Activation {
  /** Of the variables that were computed. */
  cost = 0;
  readonly #inputs: ExpressionInputs;
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #computed = new Map<string, CelValue | CelFailure>();
  readonly #values = new VariablesValue((name) => this.#variable(name));

  constructor(inputs: ExpressionInputs, variables: ReadonlyMap<string, Variable>) {
    this.#inputs = inputs;
    this.#variables = variables;
  }

  /** Lets the other expressions have what was computed: not while a decision is pending, for then it is computed and paid for again. */
  keep(): void {
    const kept = this.#inputs.variables?.values;
    if (kept !== undefined) for (const [name, value] of this.#computed) kept.set(name, value);
  }

  readonly read = (name: string): CelValue | undefined => {
    const { object: self, oldObject, request, params, namespaceObject, authorizer } = this.#inputs;
    switch (name) {
      case 'object':
        return fromJson(self);
      case 'oldObject':
        return fromJson(oldObject);
      case 'request':
        return fromJson(request);
      case 'params':
        return fromJson(params);
      case 'namespaceObject':
        return fromJson(namespaceObject);
      case 'variables':
        return this.#values;
      case 'authorizer':
        return authorizer === undefined ? undefined : new AuthorizerValue(authorizer);
      case 'authorizer.requestResource':
        return authorizer === undefined ? undefined : requestResource(authorizer);
      default:
        return undefined;
    }
  };

  #variable(name: string): CelValue | undefined {
    const known = this.#computed.get(name) ?? (this.#inputs.variables?.values.get(name) as CelValue | CelFailure | undefined);
    const value = known ?? this.#compute(name);
    if (value instanceof CelFailure) throw value;
    return value;
  }

  #compute(name: string): CelValue | CelFailure | undefined {
    const variable = this.#variables.get(name);
    if (variable === undefined) return undefined;
    const value = this.#run(name, variable);
    this.#computed.set(name, value);
    return value;
  }

  #run(name: string, { program, error }: Variable): CelValue | CelFailure {
    if (program === undefined) return new CelFailure(`composited variable ${JSON.stringify(name)} fails to compile: ${error}`);
    const outcome = program.run(this.read);
    this.cost += outcome.cost;
    if (outcome.error !== undefined) return new CelFailure(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`);
    return outcome.value ?? null;
  }
}

function requestResource(authorizer: ExpressionAuthorizer): ResourceCheckValue | undefined {
  const { requestResource: resource } = authorizer;
  return resource === undefined ? undefined : new ResourceCheckValue(authorizer, { apiVersion: '*', ...resource });
}
