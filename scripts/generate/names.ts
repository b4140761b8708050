/**
 * What discovery says of a resource and upstream's OpenAPI document does not: short names, categories, and the order
 * of the groups. Upstream's words, kept by hand because they live in Go code (each registry's ShortNames and
 * Categories, and the order in which the API groups are installed).
 */

/** Short names by `resource` or, where two groups share the plural, `resource.group`. */
export const shortNames: Record<string, readonly string[]> = {
  componentstatuses: ['cs'],
  configmaps: ['cm'],
  endpoints: ['ep'],
  events: ['ev'],
  limitranges: ['limits'],
  namespaces: ['ns'],
  nodes: ['no'],
  persistentvolumeclaims: ['pvc'],
  persistentvolumes: ['pv'],
  pods: ['po'],
  replicationcontrollers: ['rc'],
  resourcequotas: ['quota'],
  serviceaccounts: ['sa'],
  services: ['svc'],
  customresourcedefinitions: ['crd', 'crds'],
  daemonsets: ['ds'],
  deployments: ['deploy'],
  replicasets: ['rs'],
  statefulsets: ['sts'],
  horizontalpodautoscalers: ['hpa'],
  cronjobs: ['cj'],
  certificatesigningrequests: ['csr'],
  ingresses: ['ing'],
  ipaddresses: ['ip'],
  networkpolicies: ['netpol'],
  poddisruptionbudgets: ['pdb'],
  priorityclasses: ['pc'],
  storageclasses: ['sc'],
  volumeattributesclasses: ['vac'],
  podsecuritypolicies: ['psp'],
};

export const categories: Record<string, readonly string[]> = {
  pods: ['all'],
  replicationcontrollers: ['all'],
  services: ['all'],
  daemonsets: ['all'],
  deployments: ['all'],
  replicasets: ['all'],
  statefulsets: ['all'],
  horizontalpodautoscalers: ['all'],
  cronjobs: ['all'],
  jobs: ['all'],
  apiservices: ['api-extensions'],
  customresourcedefinitions: ['api-extensions'],
  mutatingadmissionpolicies: ['api-extensions'],
  mutatingadmissionpolicybindings: ['api-extensions'],
  mutatingwebhookconfigurations: ['api-extensions'],
  validatingadmissionpolicies: ['api-extensions'],
  validatingadmissionpolicybindings: ['api-extensions'],
  validatingwebhookconfigurations: ['api-extensions'],
};

/** The order in which /apis lists the groups. */
export const groupOrder: readonly string[] = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'resource.k8s.io',
  'storagemigration.k8s.io',
];

/** Fields whose protobuf name is not the JSON name: protobuf names are made from the Go name where there was no tag. */
export const protobufToJson: Record<string, string> = {
  uID: 'uid',
  aPIGroup: 'apiGroup',
  Webhooks: 'webhooks',
  Expression: 'expression',
  Name: 'name',
  xKubernetesEmbeddedResource: 'x-kubernetes-embedded-resource',
  xKubernetesIntOrString: 'x-kubernetes-int-or-string',
  xKubernetesListMapKeys: 'x-kubernetes-list-map-keys',
  xKubernetesListType: 'x-kubernetes-list-type',
  xKubernetesMapType: 'x-kubernetes-map-type',
  xKubernetesPreserveUnknownFields: 'x-kubernetes-preserve-unknown-fields',
  xKubernetesValidations: 'x-kubernetes-validations',
};

/** Go structs that JSON inlines and protobuf nests, by the name of the protobuf field. */
export const inlined: ReadonlySet<string> = new Set([
  'ruleWithOperations', 'rule', 'localObjectReference', 'ephemeralContainerCommon', 'persistentVolumeSource', 'handler', 'volumeSource', 'ingressRuleValue', 'deviceConfiguration',
]);

/** Groups whose types the OpenAPI document lacks (webhook payloads, discovery, removed versions), by Go package. */
export const packageGroups: Record<string, string> = {
  admission: 'admission.k8s.io',
  apidiscovery: 'apidiscovery.k8s.io',
  extensions: 'extensions',
  imagepolicy: 'imagepolicy.k8s.io',
  apiextensions: 'apiextensions.k8s.io',
  apiregistration: 'apiregistration.k8s.io',
};

/** Kinds that carry neither ObjectMeta nor ListMeta, and so cannot be told from the shape of their message. */
export const bareKinds: ReadonlySet<string> = new Set([
  'AdmissionReview', 'ConversionReview', 'DeploymentRollback', 'SerializedReference',
  'NodeProxyOptions', 'PodAttachOptions', 'PodExecOptions', 'PodLogOptions', 'PodPortForwardOptions', 'PodProxyOptions', 'ServiceProxyOptions',
  'ApplyOptions', 'CreateOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'TableOptions', 'UpdateOptions',
]);
