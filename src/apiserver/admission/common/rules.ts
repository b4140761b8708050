import type { RuleWithOperations } from '../../../api/types/admissionregistration/v1.ts';
import type { AdmissionOperation, AdmissionScope } from '../admission.ts';

/** A resource in one version, as rules look at it. */
export interface RuleTarget {
  readonly operation: AdmissionOperation;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty for cluster-scoped objects; namespaces are their own. */
  readonly namespace: string;
}

const listed = (items: readonly string[] | undefined, wanted: string): boolean => (items ?? []).some((item) => item === '*' || item === wanted);

function coversResource(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  return (resources ?? []).some((pattern) => {
    const slash = pattern.indexOf('/');
    const [name, sub] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
    return (name === '*' || name === resource) && (sub === '*' || sub === subresource);
  });
}

/** Whether a rule of a webhook or policy is about such a request. */
export function ruleMatches(rule: RuleWithOperations, target: RuleTarget): boolean {
  const { scope = '*' } = rule;
  const cluster = target.namespace === '' || (target.group === '' && target.version === 'v1' && target.resource === 'namespaces');
  if (scope === 'Namespaced' ? cluster : scope === 'Cluster' ? !cluster : scope !== '*') return false;
  return listed(rule.operations, target.operation) && listed(rule.apiGroups, target.group) && listed(rule.apiVersions, target.version) && coversResource(rule.resources, target.resource, target.subresource);
}

/** Whether a rule could be about a request for such a resource under any of its names and versions. */
export function ruleMayMatch(rule: RuleWithOperations, { operation, resource, subresource }: AdmissionScope): boolean {
  return listed(rule.operations, operation) && coversResource(rule.resources, resource, subresource);
}

const configuring: ReadonlySet<string> = new Set(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']);

/** What configures dynamic admission is never judged by it: a mistake could not be undone otherwise. */
export const isConfiguration = ({ group, resource }: { readonly group: string; readonly resource: string }): boolean => group === 'admissionregistration.k8s.io' && configuring.has(resource);
