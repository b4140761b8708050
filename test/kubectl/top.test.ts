import { describeSame } from './compare.ts';

/** The metrics API as custom resources: what metrics-server would say. */
const definition = (kind: string, plural: string, scope: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${plural}.metrics.k8s.io, annotations: {api-approved.kubernetes.io: "unapproved, a test"}}
spec:
  group: metrics.k8s.io
  scope: ${scope}
  names: {kind: ${kind}, listKind: ${kind}List, plural: ${plural}, singular: ${kind.toLowerCase()}}
  versions: [{name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`;

const metrics = `
apiVersion: metrics.k8s.io/v1beta1
kind: NodeMetrics
metadata: {name: node-1, labels: {a: b}}
usage: {cpu: 250m, memory: 1000Mi, swap: 5Mi}
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {name: web, namespace: default, labels: {app: web}}
containers: [{name: b, usage: {cpu: 1500u, memory: 64Mi}}, {name: a, usage: {cpu: "1", memory: 5000Ki}}]
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {name: api, namespace: default}
containers: [{name: api, usage: {cpu: 10m, memory: 2Gi, swap: 1Mi}}]
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {name: dns, namespace: kube-system}
containers: [{name: dns, usage: {cpu: 12345678n, memory: 70Mi}}]
`;

describeSame('kubectl top where nobody measures, beside upstream\'s', { name: 'top-none', lines: ['top node', 'top pod', 'top nodes x y', 'top pod --sort-by=x', 'top pod a -l b=c', 'top node a -l b=c', 'top nope', 'top node --nope'] });

describeSame('kubectl top, beside upstream\'s', {
  name: 'top',
  lines: [
    'top node', 'top nodes', 'top no node-1', 'top node nope', 'top node --no-headers', 'top node --show-capacity', 'top node --show-swap', 'top node -l a=b', 'top node --sort-by=cpu', 'top node --sort-by=memory', 'top node --use-protocol-buffers=false',
    'top pod', 'top po web', 'top pods nope', 'top pod -A', 'top pod -A --no-headers', 'top pod -A --sum', 'top pod --sum', 'top pod --sum --containers', 'top pod -A --sum --containers', 'top pod --sum --no-headers', 'top pod --containers', 'top pod web --containers', 'top pod --containers --sort-by=memory', 'top pod --sort-by=cpu', 'top pod --sort-by=memory -A', 'top pod -l app=web', 'top pod --field-selector=metadata.name=api', 'top pod --show-swap', 'top pod -n kube-public', 'top pod -A -l none=such', 'top pod -l bad=,=',
  ],
  async setUp(comparison) {
    await comparison.prepare('apply -f -', `${definition('NodeMetrics', 'nodes', 'Cluster')}---${definition('PodMetrics', 'pods', 'Namespaced')}`);
    await comparison.prepare('wait --for=condition=Established crd/nodes.metrics.k8s.io crd/pods.metrics.k8s.io --timeout=30s');
    await comparison.prepare('apply -f -', metrics);
  },
});
