import type { FieldSpec } from './field-spec.ts';
import type { KindPattern } from './resource.ts';

/** Fields that hold names of objects of a kind. */
export interface NameReference extends KindPattern { readonly fieldSpecs: readonly FieldSpec[] }

/** Which fields the transformers write, for all kinds together; a kustomization may name files with more. */
export interface FieldConfiguration {
  readonly namePrefix: readonly FieldSpec[];
  readonly nameSuffix: readonly FieldSpec[];
  readonly namespace: readonly FieldSpec[];
  readonly commonLabels: readonly FieldSpec[];
  readonly labels: readonly FieldSpec[];
  readonly templateLabels: readonly FieldSpec[];
  readonly commonAnnotations: readonly FieldSpec[];
  readonly nameReference: readonly NameReference[];
  readonly varReference: readonly FieldSpec[];
  readonly images: readonly FieldSpec[];
  readonly replicas: readonly FieldSpec[];
}

const template = 'spec/template/';
const jobTemplate = 'spec/jobTemplate/spec/template/';
const create = true;

const terms = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [`affinity/${kind}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`, `affinity/${kind}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`]);
const spread = (kind: string): FieldSpec[] => [...terms, 'topologySpreadConstraints/labelSelector/matchLabels'].map((path) => ({ group: 'apps', kind, path: `${template}spec/${path}`, create: false }));

const templateLabels: readonly FieldSpec[] = [
  { path: 'metadata/labels', create },
  { version: 'v1', kind: 'ReplicationController', path: `${template}metadata/labels`, create },
  ...['Deployment', 'ReplicaSet', 'DaemonSet'].map((kind) => ({ kind, path: `${template}metadata/labels`, create })),
  { group: 'apps', kind: 'StatefulSet', path: `${template}metadata/labels`, create },
  { group: 'apps', kind: 'StatefulSet', path: 'spec/volumeClaimTemplates[]/metadata/labels', create },
  { group: 'batch', kind: 'Job', path: `${template}metadata/labels`, create },
  { group: 'batch', kind: 'CronJob', path: 'spec/jobTemplate/metadata/labels', create },
  { group: 'batch', kind: 'CronJob', path: `${jobTemplate}metadata/labels`, create },
];

const commonLabels: readonly FieldSpec[] = [
  { version: 'v1', kind: 'Service', path: 'spec/selector', create },
  { version: 'v1', kind: 'ReplicationController', path: 'spec/selector', create },
  { kind: 'Deployment', path: 'spec/selector/matchLabels', create },
  ...spread('Deployment'),
  { kind: 'ReplicaSet', path: 'spec/selector/matchLabels', create },
  { kind: 'DaemonSet', path: 'spec/selector/matchLabels', create },
  { group: 'apps', kind: 'StatefulSet', path: 'spec/selector/matchLabels', create },
  ...spread('StatefulSet'),
  { group: 'batch', kind: 'Job', path: 'spec/selector/matchLabels' },
  { group: 'batch', kind: 'CronJob', path: 'spec/jobTemplate/spec/selector/matchLabels' },
  { group: 'policy', kind: 'PodDisruptionBudget', path: 'spec/selector/matchLabels' },
  ...['spec/podSelector/matchLabels', 'spec/ingress/from/podSelector/matchLabels', 'spec/egress/to/podSelector/matchLabels'].map((path) => ({ group: 'networking.k8s.io', kind: 'NetworkPolicy', path })),
  ...templateLabels,
];

const commonAnnotations: readonly FieldSpec[] = [
  { path: 'metadata/annotations', create },
  { version: 'v1', kind: 'ReplicationController', path: `${template}metadata/annotations`, create },
  ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map((kind) => ({ kind, path: `${template}metadata/annotations`, create })),
  { group: 'batch', kind: 'Job', path: `${template}metadata/annotations`, create },
  { group: 'batch', kind: 'CronJob', path: 'spec/jobTemplate/metadata/annotations', create },
  { group: 'batch', kind: 'CronJob', path: `${jobTemplate}metadata/annotations`, create },
];

const namespace: readonly FieldSpec[] = [
  { kind: 'Namespace', path: 'metadata/name', create },
  { group: 'apiregistration.k8s.io', kind: 'APIService', path: 'spec/service/namespace', create },
  { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', path: 'spec/conversion/webhook/clientConfig/service/namespace' },
];

const images: readonly FieldSpec[] = ['', template].flatMap((prefix) => ['containers[]/image', 'initContainers[]/image', 'volumes[]/image/reference'].map((path) => ({ path: `${prefix === '' ? '' : template}spec/${path}`, create })));
const replicas: readonly FieldSpec[] = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({ kind, path: 'spec/replicas', create }));

/** Where pods' fields are, by the kinds that hold them. */
const withData: readonly FieldSpec[] = [{ version: 'v1', kind: 'Pod', path: 'spec/' }, { kind: 'PodTemplate', path: 'template/spec/' }, ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job'].map((kind) => ({ kind, path: `${template}spec/` })), { kind: 'CronJob', path: `${jobTemplate}spec/` }];
const withNames: readonly FieldSpec[] = [{ kind: 'Pod', path: 'spec/' }, ...['StatefulSet', 'Deployment', 'ReplicationController', 'Job', 'DaemonSet'].map((kind) => ({ kind, path: `${template}spec/` })), { kind: 'CronJob', path: `${jobTemplate}spec/` }];
const inPods = (holders: readonly FieldSpec[], paths: readonly string[]): FieldSpec[] => holders.flatMap((holder) => paths.map((path) => ({ ...holder, path: holder.path + path })));
const inContainers = (path: string): string[] => ['containers', 'initContainers'].map((list) => `${list}/${path}`);
const of = (kind: string, ...paths: readonly string[]): FieldSpec[] => paths.map((path) => ({ kind, path }));
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';
const annotated = (name: string): FieldSpec => ({ kind: 'Ingress', path: `metadata/annotations/${name}` });

const nameReference: readonly NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({ kind, fieldSpecs: of('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name') })),
  {
    kind: 'ConfigMap', version: 'v1', fieldSpecs: [
      ...inPods(withData, ['volumes/configMap/name', ...inContainers('env/valueFrom/configMapKeyRef/name'), ...inContainers('envFrom/configMapRef/name'), 'volumes/projected/sources/configMap/name']),
      ...of('Node', 'spec/configSource/configMap'), ...of('Role', 'rules/resourceNames'), ...of('ClusterRole', 'rules/resourceNames'), annotated('nginx.ingress.kubernetes.io\\/fastcgi-params-configmap'),
    ],
  },
  {
    kind: 'Secret', version: 'v1', fieldSpecs: [
      ...inPods(withData, ['volumes/secret/secretName', ...inContainers('env/valueFrom/secretKeyRef/name'), ...inContainers('envFrom/secretRef/name'), 'imagePullSecrets/name', 'volumes/projected/sources/secret/name']),
      ...of('Ingress', 'spec/tls/secretName'), annotated('ingress.kubernetes.io\\/auth-secret'), annotated('nginx.ingress.kubernetes.io\\/auth-secret'), annotated('nginx.ingress.kubernetes.io\\/auth-tls-secret'),
      ...of('ServiceAccount', 'imagePullSecrets/name'), ...of('StorageClass', 'parameters/secretName', 'parameters/adminSecretName', 'parameters/userSecretName', 'parameters/secretRef'),
      ...of('Role', 'rules/resourceNames'), ...of('ClusterRole', 'rules/resourceNames'),
      { group: 'serving.knative.dev', version: 'v1', kind: 'Service', path: `${template}spec/containers/env/valueFrom/secretKeyRef/name` }, ...of('PersistentVolume', 'spec/azureFile/secretName'),
    ],
  },
  {
    kind: 'Service', version: 'v1', fieldSpecs: [
      { group: 'apps', kind: 'StatefulSet', path: 'spec/serviceName' },
      ...of('Ingress', 'spec/rules/http/paths/backend/serviceName', 'spec/backend/serviceName', 'spec/rules/http/paths/backend/service/name', 'spec/defaultBackend/service/name'),
      { group: 'apiregistration.k8s.io', kind: 'APIService', path: 'spec/service/name' },
      ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map((kind) => ({ group: admission, kind, path: 'webhooks/clientConfig/service' })),
    ],
  },
  { group: rbac, kind: 'Role', fieldSpecs: [{ group: rbac, kind: 'RoleBinding', path: 'roleRef/name' }] },
  { group: rbac, kind: 'ClusterRole', fieldSpecs: ['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ group: rbac, kind, path: 'roleRef/name' })) },
  { kind: 'ServiceAccount', version: 'v1', fieldSpecs: [...['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ group: rbac, kind, path: 'subjects' })), ...inPods(withNames, ['serviceAccountName'])] },
  { kind: 'PersistentVolumeClaim', version: 'v1', fieldSpecs: inPods(withNames, ['volumes/persistentVolumeClaim/claimName']) },
  { kind: 'PersistentVolume', version: 'v1', fieldSpecs: [...of('PersistentVolumeClaim', 'spec/volumeName'), ...of('ClusterRole', 'rules/resourceNames')] },
  { group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass', fieldSpecs: [...of('PersistentVolume', 'spec/storageClassName'), ...of('PersistentVolumeClaim', 'spec/storageClassName'), ...of('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName')] },
  { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', fieldSpecs: inPods(withNames, ['priorityClassName']) },
  // Upstream's group has a version in it, so that no class is ever meant.
  { group: 'networking.k8s.io/v1', version: 'v1', kind: 'IngressClass', fieldSpecs: of('Ingress', 'spec/ingressClassName') },
  { group: admission, kind: 'ValidatingAdmissionPolicy', fieldSpecs: [{ group: admission, kind: 'ValidatingAdmissionPolicyBinding', path: 'spec/policyName' }] },
];

const mayHoldVariables = ['containers', 'initContainers'].flatMap((list) => ['args', 'command', 'env/value', 'volumeMounts/mountPath'].map((path) => `${list}/${path}`));
const varReference: readonly FieldSpec[] = [
  ...of('CronJob', ...mayHoldVariables.map((path) => `${jobTemplate}spec/${path}`), `${jobTemplate}volumes/nfs/server`),
  ...['DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'StatefulSet'].flatMap((kind) => of(kind, ...mayHoldVariables.map((path) => `${template}spec/${path}`), kind === 'StatefulSet' ? 'spec/volumeClaimTemplates/spec/nfs/server' : `${template}spec/volumes/nfs/server`)),
  ...of('Deployment', `${template}metadata/annotations`), ...of('Ingress', 'spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'),
  ...of('Pod', ...mayHoldVariables.map((path) => `spec/${path}`), 'spec/volumes/nfs/server'), ...of('Service', 'spec/ports/port', 'spec/ports/targetPort'), ...of('PersistentVolume', 'spec/nfs/server'),
  { path: 'metadata/labels' }, { path: 'metadata/annotations' },
];

/** The fields of the kinds that kustomize knows, as upstream's defaults have them. */
export const defaultFields: FieldConfiguration = { namePrefix: [{ path: 'metadata/name' }], nameSuffix: [{ path: 'metadata/name' }], namespace, commonLabels, labels: [], templateLabels, commonAnnotations, nameReference, varReference, images, replicas };
