import { exemptName, mandatoryLevelSpecs, mandatorySchemaSpecs } from '../../api/groups/flowcontrol/mandatory.ts';
import type { FlowSchema, FlowSchemaSpec, PolicyRulesWithSubjects, PriorityLevelConfiguration, PriorityLevelConfigurationSpec, ResourcePolicyRule, Subject } from '../../api/types/flowcontrol/v1.ts';

/** Says whether the server keeps an object's spec as it ships it. */
export const autoUpdateAnnotation = 'apf.kubernetes.io/autoupdate-spec';

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const authenticated = 'system:authenticated';
const unauthenticated = 'system:unauthenticated';

const level = (name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration =>
  ({ apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name, annotations: { [autoUpdateAnnotation]: 'true' } }, spec });

const schemaOf = (name: string, spec: FlowSchemaSpec): FlowSchema =>
  ({ apiVersion, kind: 'FlowSchema', metadata: { name, annotations: { [autoUpdateAnnotation]: 'true' } }, spec });

function queuing(name: string, shares: number, lendablePercent: number, [queues, handSize]: readonly [number, number]): PriorityLevelConfiguration {
  return level(name, {
    type: 'Limited',
    limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } } },
  });
}

interface SchemaPlan {
  readonly precedence: number;
  readonly distinguish?: 'ByUser' | 'ByNamespace';
  readonly subjects: Subject[];
  readonly resourceRules?: ResourcePolicyRule[];
  readonly nonResourceRules?: PolicyRulesWithSubjects['nonResourceRules'];
}

function schema(name: string, priorityLevel: string, { precedence, distinguish, subjects, resourceRules, nonResourceRules }: SchemaPlan): FlowSchema {
  return schemaOf(name, {
    priorityLevelConfiguration: { name: priorityLevel },
    matchingPrecedence: precedence,
    ...(distinguish !== undefined && { distinguisherMethod: { type: distinguish } }),
    rules: [{ subjects, ...(resourceRules !== undefined && { resourceRules }), ...(nonResourceRules !== undefined && { nonResourceRules }) }],
  });
}

const groups = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'User', user: { name } }));
const kubeSystemAccounts = (): Subject[] => [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } }];

const resources = (verbs: string[], apiGroups: string[], names: string[], clusterScope: boolean): ResourcePolicyRule =>
  ({ verbs, apiGroups, resources: names, namespaces: ['*'], ...(clusterScope && { clusterScope }) });
const everything = (): Pick<SchemaPlan, 'resourceRules' | 'nonResourceRules'> =>
  ({ resourceRules: [resources(['*'], ['*'], ['*'], true)], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] });

/** Without these the server could not tell where a request belongs: what others make of them is undone. */
export const mandatoryLevels: readonly PriorityLevelConfiguration[] = Object.entries(mandatoryLevelSpecs).map(([name, spec]) => level(name, spec));
export const mandatorySchemas: readonly FlowSchema[] = Object.entries(mandatorySchemaSpecs).map(([name, spec]) => schemaOf(name, spec));

/** What a cluster starts with; administrators may change or, by the annotation, keep their own. */
export const suggestedLevels: readonly PriorityLevelConfiguration[] = [
  queuing('system', 30, 33, [64, 6]),
  queuing('node-high', 40, 25, [64, 6]),
  queuing('leader-election', 10, 0, [16, 4]),
  queuing('workload-high', 40, 50, [128, 6]),
  queuing('workload-low', 100, 90, [128, 6]),
  queuing('global-default', 20, 50, [128, 6]),
];

export const suggestedSchemas: readonly FlowSchema[] = [
  schema('system-nodes', 'system', { precedence: 500, distinguish: 'ByUser', subjects: groups('system:nodes'), ...everything() }),
  schema('system-node-high', 'node-high', {
    precedence: 400, distinguish: 'ByUser', subjects: groups('system:nodes'),
    resourceRules: [resources(['*'], [''], ['nodes', 'nodes/status'], true), resources(['*'], ['coordination.k8s.io'], ['leases'], false)],
  }),
  schema('probes', exemptName, { precedence: 2, subjects: groups(unauthenticated, authenticated), nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] }),
  schema('system-leader-election', 'leader-election', {
    precedence: 100, distinguish: 'ByUser', subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler'), ...kubeSystemAccounts()],
    resourceRules: [resources(['get', 'create', 'update'], ['coordination.k8s.io'], ['leases'], false)],
  }),
  schema('kube-controller-manager', 'workload-high', { precedence: 800, distinguish: 'ByNamespace', subjects: users('system:kube-controller-manager'), ...everything() }),
  schema('kube-scheduler', 'workload-high', { precedence: 800, distinguish: 'ByNamespace', subjects: users('system:kube-scheduler'), ...everything() }),
  schema('kube-system-service-accounts', 'workload-high', { precedence: 900, distinguish: 'ByNamespace', subjects: kubeSystemAccounts(), ...everything() }),
  schema('service-accounts', 'workload-low', { precedence: 9000, distinguish: 'ByUser', subjects: groups('system:serviceaccounts'), ...everything() }),
  schema('global-default', 'global-default', { precedence: 9900, distinguish: 'ByUser', subjects: groups(unauthenticated, authenticated), ...everything() }),
];
