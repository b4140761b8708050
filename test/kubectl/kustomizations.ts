/** Kustomizations on one another: a base, overlays of it, a component. */
export const kustomizations: Readonly<Record<string, string>> = {
  'base/dep.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: nginx:1.0
        env: [{name: A, value: b}, {name: K, valueFrom: {configMapKeyRef: {name: conf, key: a}}}]
        envFrom: [{secretRef: {name: sec}}]
        ports: [{containerPort: 80}]
      volumes: [{name: v, configMap: {name: conf}}]
`.slice(1),
  'base/f.txt': `
hi
`.slice(1),
  'base/kustomization.yaml': `
resources: [dep.yaml, svc.yaml]
configMapGenerator:
- name: conf
  literals: [b=2, a=1]
  files: [f.txt]
secretGenerator:
- name: sec
  literals: [x=y]
`.slice(1),
  'base/svc.yaml': `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: default}, {kind: ServiceAccount, name: sa, namespace: x}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
rules: []
`.slice(1),
  'over/kustomization.yaml': `
namespace: prod
namePrefix: p-
nameSuffix: -s
resources: [../base]
commonLabels: {team: x}
commonAnnotations: {note: hello}
images: [{name: nginx, newTag: "2.0"}]
replicas: [{name: web, count: 3}]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
          - name: extra
            image: nginx
          - name: c
            env: [{name: NEW, value: z}, {name: A, value: changed}]
            ports: [{containerPort: 81}]
- target: {kind: Service}
  patch: '[{"op":"add","path":"/spec/type","value":"NodePort"}]'
configMapGenerator:
- name: conf
  behavior: merge
  literals: [a=9]
`.slice(1),
  'more/del.yaml': `
apiVersion: v1
kind: Namespace
metadata: {name: team}
$patch: delete
`.slice(1),
  'more/extra.yaml': `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: t}
spec: {image: nginx, list: [1]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: nginx:1}]}}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {serviceName: web, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "reg:5/nginx:1"}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {}}]}
`.slice(1),
  'more/kustomization.yaml': `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base, extra.yaml]
components: [../comp]
labels:
- pairs: {env: prod}
  includeSelectors: true
generatorOptions: {labels: {gen: "1"}, annotations: {g: x}}
configMapGenerator:
- name: plain
  envs: [v.env]
  options: {disableNameSuffixHash: true, immutable: true}
images:
- name: nginx
  newName: registry:5000/nginx
  digest: sha256:abc
patches:
- path: del.yaml
- target: {kind: Deployment}
  patch: |-
    kind: Deployment
    metadata: {name: ignored}
    spec: {template: {spec: {containers: [{name: c, resources: {limits: {cpu: "1"}}}, {name: last, image: busybox}]}}}
replacements:
- source: {kind: Service, name: web, fieldPath: "spec.ports.0.port"}
  targets:
  - select: {kind: Deployment, name: web}
    fieldPaths: ["spec.template.spec.containers.[name=c].ports.0.containerPort"]
- source: {kind: Deployment, name: web}
  targets:
  - select: {kind: Ingress}
    fieldPaths: ["metadata.annotations.owner"]
    options: {create: true}
`.slice(1),
  'more/v.env': `
A=1
B=two words
`.slice(1),
  'comp/kustomization.yaml': `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- target: {kind: Deployment, name: w.*}
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 7
labels:
- pairs: {comp: "yes"}
  includeTemplates: true
`.slice(1),
  'pre/kustomization.yaml': `
resources: [../more]
namePrefix: z-
namespace: q
`.slice(1),
  'bad/kustomization.yaml': `
nope: 1
`.slice(1),
};
