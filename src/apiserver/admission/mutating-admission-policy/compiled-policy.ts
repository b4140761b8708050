import type { MutatingAdmissionPolicy } from '../../../api/types/admissionregistration/v1.ts';
import type { ExpressionEngine } from '../../../api/groups/admissionregistration/expression-checks.ts';
import type { Expression } from '../common/expressions.ts';
import { compileConditions } from '../common/match-conditions.ts';

/** A MutatingAdmissionPolicy, ready to change objects. Expressions that do not compile fail when they are asked. */
export interface CompiledPolicy {
  readonly conditions: readonly Expression[];
  readonly mutations: readonly { readonly kind: 'ApplyConfiguration' | 'JSONPatch'; readonly expression: Expression }[];
}

export function compilePolicy({ spec = {} }: MutatingAdmissionPolicy, engine: ExpressionEngine): CompiledPolicy {
  const compiler = engine.compiler({ params: spec.paramKind !== undefined, authorizer: true, namespaceObject: true, patchTypes: true });
  for (const { name, expression } of spec.variables ?? []) compiler.variable({ name, expression });
  return {
    conditions: compileConditions(compiler, spec.matchConditions ?? []),
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => {
      const kind = patchType === 'JSONPatch' ? 'JSONPatch' : 'ApplyConfiguration';
      const text = (kind === 'JSONPatch' ? jsonPatch : applyConfiguration)?.expression ?? '';
      return { kind, expression: { text, compiled: compiler.compile({ expression: text, returnTypes: [kind === 'JSONPatch' ? 'list<JSONPatch>' : 'Object'] }) } };
    }),
  };
}
