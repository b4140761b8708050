import type { KubeObject } from '../../../api/meta/object.ts';
import type { ResourceType } from '../../../api/resource-type.ts';
import type { MatchResources, ParamKind, ParamRef } from '../../../api/types/admissionregistration/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin, AdmissionScope } from '../admission.ts';
import { CompiledList } from './compiled-list.ts';
import type { Criteria } from './match.ts';
import { criteriaOf, mayMatch } from './match.ts';

/** What both kinds of policies have. */
export interface PolicyObject extends KubeObject {
  readonly spec?: { readonly matchConstraints?: MatchResources; readonly paramKind?: ParamKind; readonly failurePolicy?: string };
}

/** What both kinds of bindings have. */
export interface BindingObject extends KubeObject {
  readonly spec?: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources };
}

export interface BoundPolicy<P, B> {
  readonly policy: P;
  readonly name: string;
  readonly criteria: Criteria;
  readonly failOpen: boolean;
  readonly bindings: readonly { readonly binding: B; readonly name: string; /** Undefined: whatever the policy matches. */ readonly criteria: Criteria | undefined }[];
}

/** Like webhook configurations, these would be hard to repair if they judged themselves. */
const exempt: ReadonlySet<string> = new Set(['validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']);

function criteriaOfResources({ resourceRules = [], namespaceSelector = {}, objectSelector = {}, ...rest }: MatchResources): Criteria {
  return criteriaOf({ ...rest, namespaceSelector, objectSelector, rules: resourceRules.length === 0 ? undefined : resourceRules });
}

/** The policies that bindings put to use, in the order of their names, kept current. */
export class PolicyList<P extends PolicyObject, B extends BindingObject> {
  readonly #policies: CompiledList<P, Omit<BoundPolicy<P, B>, 'bindings'>>;
  readonly #bindings: CompiledList<B, BoundPolicy<P, B>['bindings'][number]>;
  #current: readonly BoundPolicy<P, B>[] | undefined;
  readonly concerns: Pick<AdmissionPlugin, 'handles' | 'onHandlesChange'>;

  constructor(options: { readonly reader: ObjectReader; readonly policies: ResourceType<P>; readonly bindings: ResourceType<B> }) {
    const { reader, policies, bindings } = options;
    this.#policies = new CompiledList({ reader, type: policies, compile: (policy) => [{ policy, name: policy.metadata.name ?? '', criteria: criteriaOfResources(policy.spec?.matchConstraints ?? {}), failOpen: policy.spec?.failurePolicy === 'Ignore' }] });
    this.#bindings = new CompiledList({ reader, type: bindings, compile: (binding) => [{ binding, name: binding.metadata.name ?? '', criteria: binding.spec?.matchResources && criteriaOfResources(binding.spec.matchResources) }] });
    for (const list of [this.#policies, this.#bindings]) list.onChange(() => { this.#current = undefined; });
    this.concerns = {
      handles: (scope) => this.#concern(scope),
      onHandlesChange: (listener) => {
        this.#policies.onChange(listener);
        this.#bindings.onChange(listener);
      },
    };
  }

  get current(): readonly BoundPolicy<P, B>[] {
    return (this.#current ??= this.#bind());
  }

  #bind(): readonly BoundPolicy<P, B>[] {
    const bindings = Map.groupBy(this.#bindings.current, ({ binding }) => binding.spec?.policyName ?? '');
    return this.#policies.current.flatMap((policy) => {
      const bound = bindings.get(policy.name);
      return bound === undefined ? [] : [{ ...policy, bindings: bound }];
    });
  }

  #concern(scope: AdmissionScope): boolean {
    const { current } = this;
    if (current.length === 0 || (scope.group === 'admissionregistration.k8s.io' && exempt.has(scope.resource))) return false;
    return current.some(({ criteria }) => mayMatch(criteria, scope));
  }
}
