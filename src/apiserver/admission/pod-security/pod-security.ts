import type { Policy } from '../../../api/pod-security/policy.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { formatFieldError } from '../../../api/field-error.ts';
import type { Violation } from '../../../api/pod-security/check.ts';
import { describeViolations, evaluatePod } from '../../../api/pod-security/evaluate.ts';
import { formatLevelVersion, isFullyPrivileged, labelPrefix, policyFromLabels } from '../../../api/pod-security/policy.ts';
import type { LevelVersion } from '../../../api/pod-security/policy.ts';
import { namespaces, pods } from '../../../api/resources.ts';
import { forbiddenError, internalError } from '../../../api/status.ts';
import type { Namespace, Pod, PodSpec } from '../../../api/types/core/v1.ts';
import type { ObjectMeta } from '../../../api/types/meta/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { aggregated, concernedBy } from '../refuse.ts';
import type { PodSecuritySettings } from './configuration.ts';
import { checkNamespace } from './namespaces.ts';
import { podMakers, podTemplateOf } from './pod-spec-of.ts';
import { isSignificantUpdate } from './significant-update.ts';

/** Subresources of pods that leave the spec alone; any other is looked into. */
const harmless: ReadonlySet<string> = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);

/** Labels and what they ask for. */
type NamespacePolicy = ReturnType<typeof policyFromLabels>;

const note = (attributes: AdmissionAttributes, key: string, value: string): void => attributes.annotate?.(labelPrefix + key, value);

/** Holds pods to the Pod Security Standard of their namespace (KEP-2579). */
export function podSecurity(options: { readonly reader: ObjectReader; readonly clock: Clock; readonly settings: PodSecuritySettings }): AdmissionPlugin {
  const { reader, settings } = options;
  /** By the namespace object itself, which is frozen: labels are read once. */
  const policies = new WeakMap<Namespace, NamespacePolicy>();
  const policyOf = (namespace: Namespace): NamespacePolicy => {
    let found = policies.get(namespace);
    if (found === undefined) policies.set(namespace, (found = policyFromLabels(namespace.metadata.labels, settings.defaults)));
    return found;
  };

  const exempt = (attributes: AdmissionAttributes): boolean => {
    const reason = settings.exemptNamespaces.has(attributes.namespace) ? 'namespace' : settings.exemptUsers.has(attributes.user.name) ? 'user' : undefined;
    if (reason !== undefined) note(attributes, 'exempt', reason);
    return reason !== undefined;
  };

  const validatePod = (attributes: AdmissionAttributes): void => {
    if (exempt(attributes)) return;
    const namespace = reader.get(namespaces, '', attributes.namespace);
    if (namespace === undefined) throw internalError(new Error(`failed to lookup namespace ${JSON.stringify(attributes.namespace)}`));
    const { policy, errors } = policyOf(namespace);
    if (errors.length === 0 && isFullyPrivileged(policy)) return note(attributes, 'enforce-policy', 'privileged:latest');
    const pod = attributes.object as Pod;
    if (pod.spec === undefined || (attributes.operation === 'UPDATE' && !isSignificantUpdate(pod, attributes.oldObject as Pod))) return;
    evaluate(settings, attributes, { policy, errors, metadata: pod.metadata, spec: pod.spec, enforce: true });
  };

  const validateMaker = (attributes: AdmissionAttributes): void => {
    if (exempt(attributes)) return;
    const namespace = reader.get(namespaces, '', attributes.namespace);
    if (namespace === undefined) return note(attributes, 'error', `failed to lookup namespace ${JSON.stringify(attributes.namespace)}: namespace ${JSON.stringify(attributes.namespace)} not found`);
    const { policy, errors } = policyOf(namespace);
    if (errors.length === 0 && policy.warn.level === 'privileged' && policy.audit.level === 'privileged') return;
    const template = podTemplateOf(attributes.object!);
    if (template?.spec !== undefined) evaluate(settings, attributes, { policy, errors, metadata: template.metadata ?? {}, spec: template.spec, enforce: false });
  };

  const concernsMakers = concernedBy(['CREATE', 'UPDATE'], ...podMakers);
  const concernsNamespaces = concernedBy(['CREATE', 'UPDATE'], namespaces);
  return {
    name: 'PodSecurity',
    handles: (scope) => concernsMakers(scope) || concernsNamespaces(scope)
      || ((scope.operation === 'CREATE' || scope.operation === 'UPDATE') && scope.group === '' && scope.resource === 'pods' && !harmless.has(scope.subresource)),
    validate(attributes) {
      if (attributes.resource === pods.resource) return validatePod(attributes);
      if (attributes.resource === namespaces.resource) return checkNamespace(options, attributes);
      return validateMaker(attributes);
    },
  };
}

interface Subject {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  /** False: whatever is found is only told. */
  readonly enforce: boolean;
}

/** Throws Forbidden where the enforced level forbids the pod; notes and warns by the others. */
function evaluate(settings: PodSecuritySettings, attributes: AdmissionAttributes, { policy, errors, metadata, spec, enforce }: Subject): void {
  if (settings.exemptRuntimeClasses.has(spec.runtimeClassName ?? '')) return note(attributes, 'exempt', 'runtimeClass');
  if (errors.length > 0) note(attributes, 'error', `Failed to parse policy: ${aggregated(errors.map(formatFieldError))}`);
  const results = new Map<string, readonly Violation[]>();
  const check = (level: LevelVersion): readonly Violation[] => {
    const key = formatLevelVersion(level);
    let found = results.get(key);
    if (found === undefined) results.set(key, (found = evaluatePod(level, metadata, spec)));
    return found;
  };
  const violates = (level: LevelVersion): string | undefined => {
    const violations = check(level);
    return violations.length === 0 ? undefined : `violate PodSecurity ${JSON.stringify(formatLevelVersion(level))}: ${describeViolations(violations)}`;
  };
  if (enforce) note(attributes, 'enforce-policy', formatLevelVersion(policy.enforce));
  const refused = enforce ? check(policy.enforce) : [];
  const audited = violates(policy.audit);
  if (audited !== undefined) note(attributes, 'audit-violations', `would ${audited}`);
  if (refused.length > 0) throw forbiddenError(attributes, attributes.name, `violates PodSecurity ${JSON.stringify(formatLevelVersion(policy.enforce))}: ${describeViolations(refused)}`);
  const warned = violates(policy.warn);
  if (warned !== undefined) attributes.warn(`would ${warned}`);
}
