/** Definitions in the manner of well-known projects': each has the features that its project's are known for, and none of their text. */
import type { CustomResourceColumnDefinition, CustomResourceConversion, CustomResourceDefinition, CustomResourceSubresources, JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts';
import { certificateSchema, conditions, largeSchema, list, mapOf, monitorSchema, object, quantity, routeSchema, text, workflowSchema } from '../../../api/custom-resources/testing/operator-schemas.ts';

const integer = (more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'integer', format: 'int32', ...more });
const flag = (more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'boolean', ...more });
const anything: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const intOrString: JSONSchemaProps = { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
const keyed = (...keys: string[]): JSONSchemaProps => ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
const root = (spec: JSONSchemaProps, status: JSONSchemaProps = object({ conditions })): JSONSchemaProps => object({ apiVersion: text(), kind: text(), metadata: { type: 'object' }, spec, status });
const column = (name: string, jsonPath: string, more: Partial<CustomResourceColumnDefinition> = {}): CustomResourceColumnDefinition => ({ name, jsonPath, type: 'string', ...more });
const ready = column('Ready', '.status.conditions[?(@.type=="Ready")].status');

const probe = object({ httpGet: object({ path: text(), port: intOrString, scheme: text() }, { required: ['port'] }), tcpSocket: object({ port: intOrString }, { required: ['port'] }), periodSeconds: integer() });
const containers = list(object({
  name: text(), image: text(), command: list(text(), { 'x-kubernetes-list-type': 'atomic' }),
  ports: list(object({ name: text(), containerPort: integer(), protocol: text({ default: 'TCP' }) }, { required: ['containerPort'] }), keyed('containerPort', 'protocol')),
  env: list(object({ name: text(), value: text(), valueFrom: object({ secretKeyRef: object({ name: text({ default: '' }), key: text(), optional: flag() }, { required: ['key'], 'x-kubernetes-map-type': 'atomic' }) }) }, { required: ['name'] }), keyed('name')),
  resources: object({ limits: mapOf(quantity), requests: mapOf(quantity) }), livenessProbe: probe, readinessProbe: probe, startupProbe: probe,
}, { required: ['name'] }), keyed('name'));

/** A PodTemplateSpec as generators embed it. */
const podTemplate = object({ metadata: { type: 'object' }, spec: object({
  containers, initContainers: containers, serviceAccountName: text(), nodeSelector: { ...mapOf(text()), 'x-kubernetes-map-type': 'atomic' },
  tolerations: list(object({ key: text(), operator: text(), effect: text(), tolerationSeconds: integer({ format: 'int64' }) }), { 'x-kubernetes-list-type': 'atomic' }),
  volumes: list(object({ name: text(), emptyDir: object({ sizeLimit: quantity }), configMap: object({ name: text({ default: '' }) }) }, { required: ['name'] }), keyed('name')),
}, { required: ['containers'] }) });

/** One of them, with what is done to its instances. */
export interface Project {
  readonly definition: CustomResourceDefinition;
  readonly spec: object;
  /** What defaults make of the spec, where it is another. */
  readonly made?: object;
  readonly status?: object;
  /** Applied anew by the same manager: what it no longer has goes. */
  readonly changed: object;
  /** What its table shows of the changed one, its age left out. */
  readonly cells: readonly unknown[];
  /** A spec that is refused, and why. */
  readonly bad?: readonly [spec: object, error: string | RegExp];
}

interface Shape {
  readonly versions: readonly string[];
  readonly schema: JSONSchemaProps;
  readonly columns?: readonly CustomResourceColumnDefinition[];
  readonly subresources?: CustomResourceSubresources;
  readonly scope?: string;
  readonly shortNames?: string[];
  readonly conversion?: CustomResourceConversion;
}

/** `Kind.group`: the last version is stored, those before it are deprecated. */
function definitionOf(name: string, { versions, schema, columns = [], subresources = { status: {} }, scope = 'Namespaced', shortNames = [], conversion }: Shape): CustomResourceDefinition {
  const [kind = '', ...rest] = name.split('.');
  const group = rest.join('.');
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}`, annotations: { 'controller-gen.kubebuilder.io/version': 'v0.17.0' }, labels: { 'app.kubernetes.io/part-of': group } },
    spec: {
      group, scope, names: { plural, singular, kind, listKind: `${kind}List`, ...(shortNames.length > 0 && { shortNames, categories: ['projects'] }) }, ...(conversion !== undefined && { conversion }),
      versions: versions.map((version, index) => ({ name: version, served: true, storage: index === versions.length - 1, ...(index < versions.length - 1 && { deprecated: true }), schema: { openAPIV3Schema: schema }, subresources, ...(columns.length > 0 && { additionalPrinterColumns: [...columns] }) })),
    },
  };
}

const condition = (type: string): object => ({ type, status: 'True', reason: 'Done', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' });
const isReady = { conditions: [condition('Ready')] };

const parentRef = object({ group: text({ default: 'gateway.networking.k8s.io', maxLength: 253 }), kind: text({ default: 'Gateway', minLength: 1, maxLength: 63 }), name: text({ minLength: 1, maxLength: 253 }), sectionName: text({ maxLength: 253 }), port: integer({ minimum: 1, maximum: 65535 }) }, { required: ['name'] });
const routeRule = object({
  matches: list(object({
    path: object({ type: text({ enum: ['Exact', 'PathPrefix', 'RegularExpression'], default: 'PathPrefix' }), value: text({ maxLength: 1024, default: '/' }) }, {
      default: { type: 'PathPrefix', value: '/' },
      'x-kubernetes-validations': [
        { rule: "(self.type in ['Exact','PathPrefix']) ? self.value.startsWith('/') : true", message: 'value must be an absolute path and start with \'/\' when type one of [\'Exact\', \'PathPrefix\']' },
        { rule: "(self.type in ['Exact','PathPrefix']) ? self.value.matches(r\"\"\"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$\"\"\") : true", message: 'must only contain valid characters' },
      ],
    }),
    method: text({ enum: ['GET', 'POST'] }),
  }), { maxItems: 64, default: [{ path: { type: 'PathPrefix', value: '/' } }], 'x-kubernetes-list-type': 'atomic' }),
  backendRefs: list(object({ group: text({ default: '' }), kind: text({ default: 'Service' }), name: text({ minLength: 1 }), port: integer({ minimum: 1 }), weight: integer({ default: 1, minimum: 0, maximum: 1_000_000 }) }, { required: ['name'], 'x-kubernetes-validations': [{ rule: "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true", message: 'Must have port for Service reference' }] }), { maxItems: 16 }),
  timeouts: object({ request: text({ pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' }), backendRequest: text({ pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' }) }, { 'x-kubernetes-validations': [{ rule: "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))", message: 'backendRequest timeout cannot be longer than request timeout' }] }),
});
const selfRule = (rule: string, message: string): JSONSchemaProps => ({ 'x-kubernetes-validations': [{ rule, message }] });

/** `conversion`: what asks a webhook that only renames versions. */
export function projects(conversion: CustomResourceConversion): Readonly<Record<string, Project>> {
  return {
    'cert-manager': {
      definition: definitionOf('Certificate.cert-manager.example.io', { versions: ['v1'], schema: certificateSchema(), shortNames: ['cert'], columns: [ready, column('Secret', '.spec.secretName'), column('Issuer', '.spec.issuerRef.name', { priority: 1 }), column('Age', '.metadata.creationTimestamp', { type: 'date' })] }),
      spec: { secretName: 's', issuerRef: { name: 'ca' }, dnsNames: ['a.b'] }, made: { secretName: 's', issuerRef: { name: 'ca', kind: 'Issuer', group: 'certs.example.com' }, privateKey: { algorithm: 'RSA' }, dnsNames: ['a.b'] }, status: isReady,
      changed: { secretName: 't', issuerRef: { name: 'ca' } }, cells: ['it', 'True', 't', 'ca'], bad: [{ issuerRef: { name: 'ca' } }, 'spec.secretName: Required value'],
    },
    'Argo CD': {
      definition: definitionOf('Application.argoproj.example.io', { versions: ['v1alpha1'], subresources: {}, shortNames: ['app', 'apps'], columns: [column('Sync Status', '.status.sync.status'), column('Health Status', '.status.health.status')], schema: root(object({ project: text(), destination: object({ server: text(), namespace: text() }), source: object({ repoURL: text(), helm: object({ valuesObject: anything, parameters: list(object({ name: text(), value: text(), forceString: flag() })) }), plugin: object({ parameters: list(object({ array: list(text()), map: mapOf(text()) })) }) }, { required: ['repoURL'] }), syncPolicy: object({ automated: object({ prune: flag() }), retry: object({ limit: integer({ format: 'int64' }) }) }) }, { required: ['destination', 'project'] }), object({ sync: object({ status: text() }), health: object({ status: text() }) })) }),
      spec: { project: 'p', destination: { server: 'https://x' }, source: { repoURL: 'r', helm: { valuesObject: { any: [{ thing: 1.5 }], x: null } } } }, changed: { project: 'q', destination: { server: 'https://x' }, source: { repoURL: 'r', helm: { valuesObject: { other: true } } } }, cells: ['it', null, null], bad: [{ project: 'p' }, 'spec.destination: Required value'],
    },
    'Argo Workflows': {
      definition: definitionOf('Workflow.workflows.example.io', { versions: ['v1alpha1'], subresources: {}, schema: workflowSchema(), columns: [column('Status', '.status.phase'), column('Age', '.status.startedAt', { type: 'date' })] }),
      spec: { templates: [{ name: 'a', container: { image: 'i', env: [{ name: 'E' }] }, manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { any: 1 } } }] }, changed: { templates: [{ name: 'b', steps: [[{ name: 's', template: 'x' }]] }] }, cells: ['it', null], bad: [{ templates: [{}] }, 'spec.templates[0].name: Required value'],
    },
    Flux: {
      definition: definitionOf('HelmRelease.toolkit.example.io', { versions: ['v2beta1', 'v2beta2', 'v2'], shortNames: ['hr'], columns: [column('Age', '.metadata.creationTimestamp', { type: 'date' }), ready], schema: root(object({ interval: text({ pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' }), chart: object({ spec: object({ chart: text(), version: text({ default: '*' }), reconcileStrategy: text({ enum: ['ChartVersion', 'Revision'], default: 'ChartVersion' }) }, { required: ['chart'] }) }), chartRef: object({ kind: text({ enum: ['OCIRepository', 'HelmChart'] }), name: text() }), values: { 'x-kubernetes-preserve-unknown-fields': true } }, { required: ['interval'], ...selfRule('(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))', 'either chart or chartRef must be set') })) }),
      spec: { interval: '1m30s', chart: { spec: { chart: 'c' } }, values: { a: { b: ['c'] } } }, made: { interval: '1m30s', chart: { spec: { chart: 'c', version: '*', reconcileStrategy: 'ChartVersion' } }, values: { a: { b: ['c'] } } }, status: isReady,
      changed: { interval: '5m', chartRef: { kind: 'HelmChart', name: 'c' } }, cells: ['it', 'True'], bad: [{ interval: '1m' }, 'spec: Invalid value: either chart or chartRef must be set'],
    },
    'Prometheus operator': {
      definition: definitionOf('Prometheus.monitoring.example.com', { versions: ['v1'], schema: monitorSchema(), shortNames: ['prom'], subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } }, columns: [column('Desired', '.spec.replicas', { type: 'integer' }), column('Paused', '.status.paused', { type: 'boolean', priority: 1 })] }),
      spec: { resources: { limits: { cpu: 1, memory: '2Gi' } }, endpoints: [{ targetPort: 8080 }, { targetPort: 'web' }] }, made: { replicas: 1, resources: { limits: { cpu: 1, memory: '2Gi' } }, endpoints: [{ targetPort: 8080, scheme: 'http' }, { targetPort: 'web', scheme: 'http' }] }, status: { replicas: 1, paused: false },
      changed: { replicas: 3 }, cells: ['it', 3, false], bad: [{ resources: { limits: { memory: '1 GB' } } }, /spec\.resources\.limits\.memory in body should match/],
    },
    MetalLB: {
      definition: definitionOf('BGPPeer.metallb.example.io', { versions: ['v1beta1', 'v1beta2'], conversion, columns: [column('Address', '.spec.peerAddress'), column('ASN', '.spec.peerASN', { type: 'integer' })], schema: root(object({ myASN: integer({ minimum: 0, maximum: 2_147_483_647 }), peerASN: integer(), peerAddress: text(), peerPort: integer({ default: 179, minimum: 1, maximum: 16384 }), nodeSelectors: list(object({ matchLabels: mapOf(text()) }, { 'x-kubernetes-map-type': 'atomic' })), holdTime: text() }, { required: ['myASN', 'peerAddress'], ...selfRule('!has(self.peerASN) || self.peerASN != 0', 'an ASN is not 0') })) }),
      spec: { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.1' }, made: { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.1', peerPort: 179 }, changed: { myASN: 64500, peerASN: 64502, peerAddress: '10.0.0.2', peerPort: 1790 }, cells: ['it', '10.0.0.2', 64502], bad: [{ myASN: 1, peerASN: 0, peerAddress: 'x' }, 'spec: Invalid value: an ASN is not 0'],
    },
    Tekton: {
      definition: definitionOf('Task.tekton.example.dev', { versions: ['v1beta1', 'v1'], conversion, schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, shortNames: ['tkn'], columns: [column('Steps', '.spec.steps[*].name')] }),
      spec: { steps: [{ name: 'a', image: 'i', script: '#!' }], params: [{ name: 'p', type: 'array' }] }, status: { anything: ['goes'] }, changed: { steps: [{ name: 'b' }] }, cells: ['it', 'b'],
    },
    Istio: {
      definition: definitionOf('VirtualService.istio.example.io', { versions: ['v1alpha3', 'v1beta1', 'v1'], schema: routeSchema(), shortNames: ['vs'], columns: [column('Hosts', '.spec.hosts')] }),
      spec: { hosts: ['a'], http: [{ match: { prefix: '/' }, weight: 100 }] }, changed: { hosts: ['a', 'b'] }, cells: ['it', '["a","b"]'], bad: [{ hosts: ['a'], http: [{ match: { exact: 'a', prefix: 'b' } }] }, 'must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    },
    'Gateway API': {
      definition: definitionOf('HTTPRoute.gateway.example.io', { versions: ['v1beta1', 'v1'], columns: [column('Hostnames', '.spec.hostnames')], schema: root(object({
        parentRefs: list(parentRef, { maxItems: 32, 'x-kubernetes-list-type': 'atomic', ...selfRule("self.all(p1, self.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && (has(p1.sectionName) ? p1.sectionName : '') == (has(p2.sectionName) ? p2.sectionName : '')))", 'sectionName must be unique when parentRefs includes 2 or more references to the same parent') }),
        hostnames: list(text({ minLength: 1, maxLength: 253, pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' }), { maxItems: 16 }),
        rules: list(routeRule, { maxItems: 16, default: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }] }),
      })) }),
      spec: { parentRefs: [{ name: 'g' }], rules: [{ backendRefs: [{ name: 's', port: 80 }] }] }, made: { parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g' }], rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ group: '', kind: 'Service', name: 's', port: 80, weight: 1 }] }] },
      changed: { hostnames: ['*.a.b'] }, cells: ['it', '["*.a.b"]'], bad: [{ rules: [{ matches: [{ path: { value: 'x y' } }], backendRefs: [{ name: 's' }], timeouts: { request: '1s', backendRequest: '2s' } }] }, /value must be an absolute path.*must only contain valid characters.*Must have port for Service reference.*backendRequest timeout cannot be longer/],
    },
    KEDA: {
      definition: definitionOf('ScaledObject.keda.example.sh', { versions: ['v1alpha1'], shortNames: ['so'], columns: [column('Min', '.spec.minReplicaCount', { type: 'integer' }), column('Triggers', '.spec.triggers[*].type')], schema: root(object({ scaleTargetRef: object({ name: text(), kind: text() }, { required: ['name'] }), minReplicaCount: integer(), triggers: list(object({ type: text(), metadata: mapOf(text()), authenticationRef: object({ name: text() }, { required: ['name'] }), useCachedMetrics: flag() }, { required: ['type', 'metadata'] })), advanced: object({ horizontalPodAutoscalerConfig: object({ behavior: object({ scaleDown: object({ tolerance: quantity, policies: list(object({ type: text(), value: integer() }), { 'x-kubernetes-list-type': 'atomic' }) }) }) }) }) }, { required: ['scaleTargetRef', 'triggers'] }), object({ health: mapOf(object({ numberOfFailures: integer(), status: text() })), hpaName: text() })) }),
      spec: { scaleTargetRef: { name: 'd' }, minReplicaCount: 0, triggers: [{ type: 'cron', metadata: { start: '1' } }], advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { tolerance: '0.1', policies: [{ type: 'Pods', value: 1 }] } } } } }, status: { health: { s0: { numberOfFailures: 0, status: 'Happy' } } }, changed: { scaleTargetRef: { name: 'd' }, minReplicaCount: 2, triggers: [{ type: 'cpu', metadata: {} }, { type: 'cron', metadata: {} }] }, cells: ['it', 2, 'cpu'], bad: [{ scaleTargetRef: { name: 'd' }, triggers: [{ type: 'x', metadata: { a: 1 } }] }, 'spec.triggers[0].metadata.a in body must be of type string: "integer"'],
    },
    Crossplane: {
      definition: definitionOf('Composition.crossplane.example.io', { versions: ['v1'], scope: 'Cluster', shortNames: ['comp'], columns: [column('XR-Kind', '.spec.compositeTypeRef.kind')], schema: root(object({ compositeTypeRef: object({ apiVersion: text(), kind: text() }, { required: ['apiVersion', 'kind'], ...selfRule('self == oldSelf', 'Value is immutable') }), mode: text({ enum: ['Pipeline'], default: 'Pipeline' }), resources: list(object({ name: text(), base: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } })), pipeline: list(object({ step: text(), functionRef: object({ name: text() }, { required: ['name'] }), input: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } }, { required: ['step', 'functionRef'] }), keyed('step')) }, { required: ['compositeTypeRef'] })) }),
      spec: { compositeTypeRef: { apiVersion: 'a/v1', kind: 'X' }, pipeline: [{ step: 'a', functionRef: { name: 'f' }, input: { apiVersion: 'f/v1', kind: 'In', deep: { x: 1 } } }] }, made: { compositeTypeRef: { apiVersion: 'a/v1', kind: 'X' }, mode: 'Pipeline', pipeline: [{ step: 'a', functionRef: { name: 'f' }, input: { apiVersion: 'f/v1', kind: 'In', deep: { x: 1 } } }] },
      changed: { compositeTypeRef: { apiVersion: 'a/v1', kind: 'X' }, pipeline: [{ step: 'b', functionRef: { name: 'g' } }] }, cells: ['it', 'X'], bad: [{ compositeTypeRef: { apiVersion: 'a/v1', kind: 'X' }, pipeline: [{ step: 'a', functionRef: { name: 'f' } }, { step: 'a', functionRef: { name: 'f' } }] }, 'spec.pipeline[1]: Duplicate value: {"step":"a"}'],
    },
    Longhorn: {
      definition: definitionOf('Volume.longhorn.example.io', { versions: ['v1beta1', 'v1beta2'], shortNames: ['lhv'], columns: [column('State', '.status.state'), column('Size', '.spec.size'), column('Scheduled', '.status.conditions[?(@.type==\'Scheduled\')].status')], schema: root(object({ size: text({ format: 'int64' }), numberOfReplicas: { type: 'integer' }, frontend: text({ enum: ['blockdev', 'iscsi', ''] }), diskSelector: list(text()), encrypted: flag(), backupCompressionMethod: text({ enum: ['none', 'lz4'] }) }), object({ state: text(), conditions: list(object({ type: text(), status: text(), lastProbeTime: text() }), { nullable: true }), kubernetesStatus: object({ workloadsStatus: list(object({ podName: text() }), { nullable: true }) }) })) }),
      spec: { size: '1073741824', numberOfReplicas: 3, frontend: '' }, status: { state: 'attached', conditions: [{ type: 'Scheduled', status: 'True' }], kubernetesStatus: { workloadsStatus: [] } }, changed: { size: '2147483648', numberOfReplicas: 2 }, cells: ['it', 'attached', '2147483648', 'True'], bad: [{ frontend: 'nope' }, 'spec.frontend: Unsupported value: "nope": supported values: "blockdev", "iscsi", ""'],
    },
    Strimzi: {
      definition: definitionOf('KafkaConnect.strimzi.example.io', { versions: ['v1beta2', 'v1'], shortNames: ['kc'], subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.labelSelector' } }, columns: [column('Desired replicas', '.spec.replicas', { type: 'integer' }), ready], schema: root(object({ replicas: { type: 'integer', minimum: 0 }, config: anything, template: object({ pod: podTemplate, connectContainer: object({ env: list(object({ name: text(), value: text() })) }) }), authentication: object({ type: text({ enum: ['tls', 'scram-sha-512'] }), certificateAndKey: object({ certificate: text(), key: text() }, { required: ['certificate', 'key'] }) }, { required: ['type'] }) }), object({ replicas: { type: 'integer' }, labelSelector: text(), conditions })) }),
      spec: { replicas: 2, config: { 'a.b': 1, c: true }, template: { pod: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: 'web' } } }] } } } }, made: { replicas: 2, config: { 'a.b': 1, c: true }, template: { pod: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, protocol: 'TCP' }], livenessProbe: { httpGet: { port: 'web' } } }] } } } },
      status: { ...isReady, replicas: 2, labelSelector: 'a=b' }, changed: { replicas: 4 }, cells: ['it', 4, 'True'], bad: [{ replicas: -1, template: { pod: { spec: { containers: [{ name: 'c' }, { name: 'c' }] } } } }, /spec\.replicas in body should be greater than or equal to 0.*spec\.template\.pod\.spec\.containers\[1\]: Duplicate value: \{\\?"name\\?":\\?"c\\?"\}/],
    },
    'an operator of a megabyte': {
      definition: definitionOf('Everything.huge.example.com', { versions: ['v1'], schema: largeSchema(1_000_000) }),
      spec: { group2: { field1: 'a' } }, made: { group2: { field1: 'a', field2: 4, field5: 7, field8: 10, field11: 13, field14: 16, field17: 19 } }, status: { free: 'form' }, changed: { group2: { field1: 'b' } }, cells: ['it'], bad: [{ group2: { field2: 'x' } }, 'spec.group2.field2 in body must be of type integer: "string"'],
    },
  };
}
