/** Kustomizations that use what few do, each in a folder of its own; files are told apart by lines with `###` and their path. */
const text = `
### objects/all.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, "n": "1"}, annotations: {tier: "2", port: 80}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: sa
      priorityClassName: high
      imagePullSecrets: [{name: pull}]
      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchLabels: {app: web}}}]}}
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]
      initContainers: [{name: i, image: "reg.io:5000/team/init:1@sha256:abc"}]
      containers:
      - name: c
        image: nginx:1.0
        command: [run, yes, "no"]
        ports: [{containerPort: 80}, {containerPort: 81, protocol: UDP}]
        env: [{name: A, value: "1"}, {name: B, valueFrom: {secretKeyRef: {name: sec, key: k}}}]
        envFrom: [{configMapRef: {name: conf}}]
        volumeMounts: [{name: v, mountPath: /v}]
      - {name: d, image: "busybox@sha256:123"}
      ephemeralContainers: [{name: e, image: nginx}]
      volumes:
      - {name: v, configMap: {name: conf, defaultMode: 0644}}
      - {name: p, projected: {sources: [{secret: {name: sec}}, {configMap: {name: conf}}]}}
      - {name: c, persistentVolumeClaim: {claimName: claim}}
      - {name: o, image: {reference: "nginx:2", pullPolicy: Always}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a.json: '{"a": {"b": 1, "list": [1, 2]}}', b.yaml: "x:\\n  y: 1\\n# c\\n", url: "http://old.example.com:80/path", nested: "k: v"}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
---
apiVersion: v1
kind: Secret
metadata: {name: pull}
type: kubernetes.io/dockerconfigjson
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
imagePullSecrets: [{name: pull}]
secrets: [{name: sec}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {volumeName: vol, storageClassName: fast}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: vol}
spec: {storageClassName: fast, azureFile: {secretName: sec}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
parameters: {adminSecretName: sec}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 10
### objects/more.yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
rules: [{apiGroups: [""], resources: [configmaps, secrets], resourceNames: [conf, sec, other], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules: [{apiGroups: [""], resources: [persistentvolumes], resourceNames: [vol], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: sa}, {kind: ServiceAccount, name: default, namespace: x}, {kind: User, name: default}, {kind: ServiceAccount, name: sa, namespace: other}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: crb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, name: sa, namespace: default}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: a.b.c, clientConfig: {service: {name: web, namespace: default, path: /x}}}, {name: b.b.c, clientConfig: {url: "https://x"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: vap}
spec: {validations: [{expression: "true"}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: vapb}
spec: {policyName: vap}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hpa}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {serviceName: web, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {storageClassName: fast}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in, annotations: {nginx.ingress.kubernetes.io/auth-secret: sec, nginx.ingress.kubernetes.io/auth-tls-secret: sec}}
spec: {ingressClassName: cls, defaultBackend: {service: {name: web}}, tls: [{secretName: sec}], rules: [{http: {paths: [{path: /, backend: {service: {name: web}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: cls}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.x}
spec: {service: {name: web, namespace: y}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: web, namespace: y}}}}, names: {kind: Thing, plural: things}, group: example.com}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: t}
spec: {image: nginx, secretRef: {name: sec}, selector: {app: web}, containers: [{image: nginx:3}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {serviceAccountName: sa, containers: [{name: c, image: nginx, envFrom: [{secretRef: {name: sec}}]}]}}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec: {template: {spec: {volumes: [{name: v, secret: {secretName: sec}}], containers: [{name: c, image: nginx}]}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: pdb}
spec: {selector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {}}]}], egress: [{to: [{podSelector: {}}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pod}
spec: {containers: [{name: c, image: nginx}], volumes: [{name: o, image: {reference: nginx}}, {name: v, configMap: {name: conf}}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec: {selector: {a: b}, template: {metadata: {labels: {a: b}}, spec: {serviceAccountName: sa, volumes: [{name: v, configMap: {name: conf}}], containers: [{name: c, image: nginx}]}}}
### objects/kustomization.yaml
resources: [all.yaml, more.yaml]
### names/kustomization.yaml
resources: [../objects]
namePrefix: p-
nameSuffix: -s
### names-twice/kustomization.yaml
resources: [../names]
namePrefix: q-
namespace: ns
### namespace/kustomization.yaml
resources: [../objects]
namespace: prod
### two-namespaces/kustomization.yaml
resources: [../namespace, ../names]
### labels/kustomization.yaml
resources: [../objects]
labels:
- pairs: {one: "1"}
- pairs: {two: "2"}
  includeTemplates: true
- pairs: {three: "3"}
  includeSelectors: true
- pairs: {four: "4"}
  fields: [{path: spec/selector, kind: Thing, create: true}, {path: spec/made/here, kind: Thing, create: true}, {path: spec/not/there, kind: Thing}]
commonAnnotations: {note: hello, "on": "true"}
### labels-conflict/kustomization.yaml
resources: [../objects]
labels: [{pairs: {a: b}, fields: [{path: metadata/labels}]}]
### common-labels/kustomization.yaml
resources: [../objects]
commonLabels: {team: x}
labels: [{pairs: {team: y}}]
### images/kustomization.yaml
resources: [../objects]
images:
- {name: nginx, newName: my/nginx, newTag: "2"}
- {name: "reg.io:5000/team/init", digest: sha256:def}
- {name: busybox, newTag: "1", digest: sha256:456}
### image-suffix/kustomization.yaml
resources: [../objects]
images: [{name: nginx, tagSuffix: -x}, {name: busybox, tagSuffix: -y}, {name: "ngin.", newName: other}]
imageTags: [{name: other, newTag: old}]
### replicas/kustomization.yaml
resources: [../objects]
replicas: [{name: web, count: 5}, {name: rc, count: 0}, {name: db, count: 1}]
### replicas-none/kustomization.yaml
resources: [../objects]
replicas: [{name: nobody, count: 5}]
### configurations/kustomization.yaml
resources: [../objects]
configurations: [fields.yaml, names.yaml]
images: [{name: nginx, newTag: "9"}]
namePrefix: p-
namespace: ns
commonLabels: {l: m}
commonAnnotations: {a: b}
replicas: [{name: t, count: 4}]
### configurations/fields.yaml
images: [{path: spec/image, kind: Thing}, {path: spec/template/spec/ephemeralContainers/image, kind: Deployment}]
commonLabels: [{path: spec/selector, kind: Thing, create: true}]
commonAnnotations: [{path: spec/annotations, kind: Thing, create: true}]
namespace: [{path: spec/namespace, kind: Thing, create: true}]
namePrefix: [{path: spec/prefixed, kind: Thing, create: true}, {path: spec/image, kind: Thing}]
replicas: [{path: spec/replicas, kind: Thing, create: true}]
### configurations/names.yaml
nameReference:
- kind: Secret
  version: v1
  fieldSpecs: [{path: spec/secretRef, kind: Thing}]
- kind: Thing
  fieldSpecs: [{path: metadata/annotations/thing, kind: Deployment}]
### configurations-bad/kustomization.yaml
resources: [../objects]
configurations: [fields.yaml]
### configurations-bad/fields.yaml
nopes: []
### patches/kustomization.yaml
resources: [../objects]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {n: null, new: x}}
    spec:
      replicas: null
      template:
        spec:
          containers:
          - name: c
            ports: [{containerPort: 80, protocol: TCP, name: http}, {containerPort: 82}]
            env: [{name: Z, value: z}, {name: A, $patch: delete}, {name: B, valueFrom: null, value: x}]
            resources: {limits: {cpu: "1", memory: null}, requests: null}
          - {name: d, $patch: delete}
          - {name: new, image: n}
          topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: DoNotSchedule, maxSkew: 2}]
          imagePullSecrets: [{name: more}]
          tolerations: [{key: a}]
- target: {kind: Service|Secret, name: "web|s.c"}
  patch: |-
    apiVersion: v1
    kind: Any
    metadata: {name: any, annotations: {patched: "true"}}
- target: {labelSelector: "app=web,n"}
  patch: |-
    - {op: add, path: /metadata/annotations/by~1label, value: "yes"}
    - {op: test, path: /kind, value: Deployment}
    - {op: remove, path: /spec/template/spec/initContainers}
    - {op: replace, path: /spec/template/spec/containers/0/image, value: "patched:1"}
    - {op: add, path: /spec/template/spec/containers/-, value: {name: last, image: l}}
    - {op: copy, from: /metadata/name, path: /metadata/labels/copied}
    - {op: move, from: /spec/selector, path: /spec/moved}
- target: {annotationSelector: "tier in (2)"}
  path: ops.json
- path: several.yaml
### patches/ops.json
[{"op": "add", "path": "/metadata/annotations/from-file", "value": "x"}]
### patches/several.yaml
apiVersion: v1
kind: PersistentVolume
metadata: {name: vol}
$patch: delete
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {$patch: replace, only: this}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: t}
spec: {containers: [{image: replaced}], selector: {$patch: delete}}
### patch-kinds/kustomization.yaml
resources: [../objects]
patches:
- target: {kind: Thing}
  options: {allowNameChange: true, allowKindChange: true}
  patch: |-
    apiVersion: example.com/v2
    kind: Other
    metadata: {name: renamed, namespace: elsewhere}
- target: {kind: Secret, name: sec}
  options: {allowNameChange: true}
  patch: |-
    apiVersion: v1
    kind: Changed
    metadata: {name: new-sec}
namePrefix: p-
### patch-lists/kustomization.yaml
resources: [../objects]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, finalizers: [b]}
    spec:
      template:
        spec:
          $setElementOrder/containers: [{name: d}, {name: c}]
          volumes:
          - $patch: replace
          - {name: only, emptyDir: {}}
          containers:
          - name: c
            $patch: replace
            image: x
          initContainers: [{$patch: delete}]
- patch: |-
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80, nodePort: 1}, {port: 443, protocol: TCP}, {port: 443, protocol: UDP}], $retainKeys: [ports]}
### patch-old/kustomization.yaml
resources: [../objects]
patchesStrategicMerge:
- |-
  apiVersion: v1
  kind: Secret
  metadata: {name: sec}
  stringData: {a: b}
- file.yaml
patchesJson6902:
- {target: {version: v1, kind: Secret, name: pull}, path: ops.yaml}
- {target: {kind: Secret, name: sec}, patch: '[{"op": "add", "path": "/immutable", "value": true}]'}
### patch-old/file.yaml
apiVersion: v1
kind: Service
metadata: {name: web}
$patch: delete
### patch-old/ops.yaml
- {op: add, path: /data, value: {x: eQ==}}
### patch-missing/kustomization.yaml
resources: [../objects]
patches: [{patch: "{apiVersion: v1, kind: Secret, metadata: {name: nobody}}"}]
### patch-no-file/kustomization.yaml
resources: [../objects]
patches: [{path: nofile.yaml}]
### patch-both/kustomization.yaml
resources: [../objects]
patches: [{path: x, patch: y, target: {kind: X, name: z}}]
### patch-none/kustomization.yaml
resources: [../objects]
patches: [{target: {kind: X}}]
### patch-no-target/kustomization.yaml
resources: [../objects]
patches: [{patch: '[{"op": "remove", "path": "/x"}]'}]
### patch-fails/kustomization.yaml
resources: [../objects]
patches: [{target: {kind: Secret}, patch: '[{"op": "remove", "path": "/nothing"}]'}]
### patch-test-fails/kustomization.yaml
resources: [../objects]
patches: [{target: {kind: Secret}, patch: '[{"op": "test", "path": "/kind", "value": "x"}]'}]
### patch-several/kustomization.yaml
resources: [../objects]
patches: [{target: {kind: Secret}, patch: "{apiVersion: v1, kind: Secret, metadata: {name: a}}\\n---\\n{apiVersion: v1, kind: Secret, metadata: {name: b}}\\n"}]
### patch-unreadable/kustomization.yaml
resources: [../objects]
patches: [{target: {kind: Secret}, patch: "hello"}]
### patch-other-kind/kustomization.yaml
resources: [../objects]
patches:
- patch: |-
    apiVersion: example.com/v1
    kind: Thing
    metadata: {name: t}
    spec:
      image:
        b: 1
### patch-old-none/kustomization.yaml
resources: [../objects]
patchesJson6902: [{target: {kind: Secret}, patch: "[]"}]
### replacements/kustomization.yaml
resources: [../objects]
replacements:
- source: {kind: Service, name: web, fieldPath: "spec.ports.0.port"}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ["spec.template.spec.containers.[name=c].ports.[protocol=UDP].containerPort", "spec.template.spec.containers.*.ports.0.containerPort", "metadata.annotations.[example.com/port]"]
    options: {create: true}
- source: {kind: Deployment, name: web, fieldPath: "spec.template.spec.containers.[name=c].image", options: {delimiter: ":", index: 0}}
  targets:
  - select: {kind: ConfigMap, name: conf}
    fieldPaths: [data.image]
    options: {create: true}
  - select: {kind: CronJob|Job}
    reject: [{name: job}]
    fieldPaths: ["spec.jobTemplate.spec.template.spec.containers.[name=c].image"]
    options: {delimiter: ":", index: 0}
- sourceValue: example.org
  targets:
  - select: {name: conf}
    fieldPaths: [data.url]
    options: {delimiter: ".", index: 1}
  - select: {name: conf}
    fieldPaths: [data.a\\.json]
    options: {delimiter: "/", index: 99}
  - select: {name: conf}
    fieldPaths: [data.nested]
    options: {delimiter: "/", index: -1}
- source: {kind: Service, name: web, fieldPath: spec.selector}
  targets:
  - select: {kind: Thing}
    fieldPaths: [spec.selector, spec.made]
    options: {create: true}
- source: {kind: PriorityClass, fieldPath: value}
  targets:
  - select: {kind: StatefulSet}
    fieldPaths: [spec.replicas, metadata.labels.priority]
    options: {create: true}
- path: file.yaml
- path: list.yaml
### replacements/file.yaml
source: {kind: ServiceAccount, name: sa}
targets: [{select: {kind: Pod}, fieldPaths: ["spec.containers.[image=nginx].name"]}]
### replacements/list.yaml
- source: {kind: Secret, name: pull, fieldPath: type}
  targets: [{select: {kind: Secret}, reject: [{name: pull}], fieldPaths: [type], options: {create: true}}]
### replace-in-text/kustomization.yaml
resources: [../objects]
replacements:
- source: {kind: Service, name: web, fieldPath: "spec.ports.0.targetPort"}
  targets:
  - select: {kind: ConfigMap}
    fieldPaths: ["data.a\\\\.json.a.b", "data.b\\\\.yaml.x.y"]
### replace-missing/kustomization.yaml
resources: [../objects]
replacements: [{source: {kind: Service, name: web, fieldPath: spec.nothing}, targets: [{select: {kind: Pod}}]}]
### replace-nobody/kustomization.yaml
resources: [../objects]
replacements: [{source: {kind: Service, name: nobody, fieldPath: spec.x}, targets: [{select: {kind: Pod}}]}]
### replace-several/kustomization.yaml
resources: [../objects]
replacements: [{source: {kind: Secret}, targets: [{select: {kind: Pod}}]}]
### replace-no-field/kustomization.yaml
resources: [../objects]
replacements: [{source: {kind: Service}, targets: [{select: {kind: Pod}, fieldPaths: [spec.no.where]}]}]
### replace-index/kustomization.yaml
resources: [../objects]
replacements: [{source: {kind: Service, options: {delimiter: x, index: 3}}, targets: [{select: {kind: Pod}, fieldPaths: [metadata.name]}]}]
### replace-no-list/kustomization.yaml
resources: [../objects]
replacements: [{source: {kind: Service}, targets: [{select: {kind: Pod}, fieldPaths: ["spec.containers.5.image"]}]}]
### replace-no-source/kustomization.yaml
resources: [../objects]
replacements: [{targets: [{select: {kind: Pod}}]}]
### replace-no-select/kustomization.yaml
resources: [../objects]
replacements: [{sourceValue: x, targets: [{fieldPaths: [a]}]}]
### generators/kustomization.yaml
generatorOptions: {labels: {gen: "1"}, annotations: {note: x}}
configMapGenerator:
- name: literals
  literals: [a=b, 'c="quoted"', "d='single'", e=f=g, "h=", 'i="half']
- name: files
  namespace: ns
  files: [f.txt, key=f.txt, bin.dat, long.bin]
- name: both
  envs: [v.env]
  env: w.env
  options: {disableNameSuffixHash: true, immutable: true, labels: {own: x, gen: "2"}, annotations: {a: b}}
- name: empty
secretGenerator:
- name: tls
  type: kubernetes.io/tls
  files: [tls.crt=f.txt, long.txt]
  literals: [tls.key=y]
- name: none
### generators/f.txt
line one
  line two
### generators/v.env
# comment
A=1
 B=two words # no comment
C
D="x"
### generators/w.env
W=w
### generators/long.txt
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
### behaviors/kustomization.yaml
resources: [../generators]
namePrefix: p-
configMapGenerator:
- {name: literals, behavior: merge, literals: [a=new, z=z], options: {labels: {added: "y"}}}
- {name: files, namespace: ns, behavior: replace, literals: [only=this]}
- {name: both, behavior: merge, literals: [A=2], options: {disableNameSuffixHash: false}}
secretGenerator:
- {name: tls, behavior: merge, literals: [tls.key=n]}
- {name: none, behavior: replace, type: t, literals: [q=r], options: {disableNameSuffixHash: true}}
### generate-twice/kustomization.yaml
resources: [../generators]
configMapGenerator: [{name: literals, literals: [a=b]}]
### generate-nothing/kustomization.yaml
configMapGenerator: [{name: nobody, behavior: merge, literals: [a=b]}]
### generate-no-name/kustomization.yaml
configMapGenerator: [{literals: [a=b]}]
### generate-no-file/kustomization.yaml
configMapGenerator: [{name: x, files: [nofile]}]
### generate-bad-literal/kustomization.yaml
configMapGenerator: [{name: x, literals: [nothing]}]
### generate-bad-file/kustomization.yaml
configMapGenerator: [{name: x, files: [a=b=c]}]
### generate-no-key/kustomization.yaml
secretGenerator: [{name: x, files: [=b]}]
### generate-no-path/kustomization.yaml
secretGenerator: [{name: x, files: [b=]}]
### generate-repeats/kustomization.yaml
configMapGenerator: [{name: x, literals: [a=b, a=c]}]
### generate-no-env/kustomization.yaml
configMapGenerator: [{name: x, envs: [no.env]}]
### component-one/kustomization.yaml
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
namePrefix: one-
configMapGenerator: [{name: conf, behavior: merge, literals: [a=one]}]
patches: [{target: {kind: Deployment}, patch: '[{"op": "add", "path": "/metadata/annotations/order", "value": "one"}]'}]
### component-two/kustomization.yaml
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [extra.yaml]
nameSuffix: -two
configMapGenerator: [{name: conf, behavior: merge, literals: [a=two]}]
patches: [{target: {kind: Deployment}, patch: '[{"op": "add", "path": "/metadata/annotations/order", "value": "two"}]'}]
### component-two/extra.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: extra}
### components/kustomization.yaml
resources: [../objects]
configMapGenerator: [{name: made, literals: [a=b]}]
components: [../component-one, ../component-two]
namePrefix: last-
### component-as-resource/kustomization.yaml
resources: [../component-one]
### resource-as-component/kustomization.yaml
components: [../names]
### component-missing/kustomization.yaml
components: [../nowhere]
### local/objects.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: here, annotations: {config.kubernetes.io/local-config: "true"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shown, annotations: {config.kubernetes.io/local-config: "false", other: x}}
data: {a: b}
### local/kustomization.yaml
resources: [objects.yaml]
replacements: [{source: {name: shown, fieldPath: data.a}, targets: [{select: {name: here}, fieldPaths: [data.b], options: {create: true}}]}]
### openapi/schema.json
{"definitions": {"v1.Thing": {"properties": {"spec": {"properties": {"containers": {"items": {"properties": {"image": {"type": "string"}, "args": {"type": "array"}}, "type": "object"}, "type": "array", "x-kubernetes-patch-merge-key": "image", "x-kubernetes-patch-strategy": "merge"}}}}, "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Thing", "version": "v1"}]}}}
### openapi/kustomization.yaml
resources: [../objects]
openapi: {path: schema.json}
patches: [{patch: "{apiVersion: example.com/v1, kind: Thing, metadata: {name: t}, spec: {containers: [{image: a}, {image: 'nginx:3', args: [x]}]}}"}]
### openapi-version/kustomization.yaml
resources: [../objects]
openapi: {version: v9}
### crds/crd.json
{"example.com.v1.Thing": {"Schema": {"properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": {"$ref": "example.com.v1.Spec"}}}}, "example.com.v1.Spec": {"Schema": {"properties": {"secretRef": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret", "$ref": "x"}, "selector": {"x-kubernetes-label-selector": ""}, "image": {"x-kubernetes-identity": ""}}}}}
### crds/kustomization.yaml
resources: [../objects]
crds: [crd.json]
namePrefix: p-
commonLabels: {l: m}
### metadata/kustomization.yaml
resources: [../local, ../generators]
buildMetadata: [originAnnotations, transformerAnnotations]
namespace: x
namePrefix: p-
transformers:
- |-
  apiVersion: builtin
  kind: PrefixTransformer
  metadata: {name: inline}
  prefix: q-
  fieldSpecs: [{path: metadata/name}]
### sorted/kustomization.yaml
resources: [../objects]
sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Pod, Secret], orderLast: [Deployment]}}
### fifo/kustomization.yaml
resources: [../objects]
sortOptions: {order: fifo}
### sort-bad/kustomization.yaml
resources: [../objects]
sortOptions: {order: random}
### sort-both/kustomization.yaml
resources: [../objects]
sortOptions: {order: fifo, legacySortOptions: {orderFirst: [], orderLast: []}}
### plugins/kustomization.yaml
resources: [../objects]
generators:
- generator.yaml
- |-
  apiVersion: builtin
  kind: SecretGenerator
  metadata: {name: by-plugin, namespace: ns}
  literals: [a=b]
transformers:
- labels.yaml
- |-
  apiVersion: builtin
  kind: NamespaceTransformer
  metadata: {name: n, namespace: ns}
  setRoleBindingSubjects: allServiceAccounts
  unsetOnly: true
- |-
  apiVersion: builtin
  kind: ImageTagTransformer
  metadata: {name: i}
  imageTag: {name: nginx, newTag: "7"}
  fieldSpecs: [{path: spec/image, kind: Thing}]
- |-
  apiVersion: builtin
  kind: ReplicaCountTransformer
  metadata: {name: r}
  replica: {name: web, count: 9}
  fieldSpecs: [{path: spec/replicas, kind: Deployment, create: true}]
- |-
  apiVersion: builtin
  kind: PatchTransformer
  metadata: {name: p}
  patch: '[{"op": "add", "path": "/metadata/annotations", "value": {"p": "q"}}]'
  target: {kind: Pod}
- |-
  apiVersion: builtin
  kind: ValueAddTransformer
  metadata: {name: v}
  value: added
  targets: [{selector: {kind: Thing}, fieldPath: spec/added}, {selector: {kind: Deployment}, fieldPath: metadata/annotations/path, filePathPosition: 2}]
- |-
  apiVersion: builtin
  kind: AnnotationsTransformer
  metadata: {name: a}
  annotations: {by: plugin}
  fieldSpecs: [{path: metadata/annotations, create: true}]
- |-
  apiVersion: builtin
  kind: SuffixTransformer
  metadata: {name: s}
  suffix: -end
  fieldSpecs: [{path: metadata/name}]
### plugins/generator.yaml
apiVersion: builtin
kind: ConfigMapGenerator
metadata: {name: gen}
literals: [a=b]
files: [generator.yaml]
options: {disableNameSuffixHash: true}
### plugins/labels.yaml
apiVersion: builtin
kind: LabelTransformer
metadata: {name: l}
labels: {from: plugin}
fieldSpecs: [{path: metadata/labels, create: true}]
### external-plugin/kustomization.yaml
resources: [../objects]
transformers: ["{apiVersion: example.com/v1, kind: Mine, metadata: {name: x}}"]
### unknown-plugin/kustomization.yaml
resources: [../objects]
transformers: ["{apiVersion: builtin, kind: Nothing, metadata: {name: x}}"]
### plugin-fails/kustomization.yaml
resources: [../objects]
transformers: ["{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: x}, prefix: p}"]
### generator-plugin-fails/kustomization.yaml
generators: ["{apiVersion: example.com/v1, kind: Mine, metadata: {name: x}}"]
### validators/kustomization.yaml
resources: [../objects]
validators: ["{apiVersion: builtin, kind: LabelTransformer, metadata: {name: x}, labels: {l: m}, fieldSpecs: [{path: metadata/labels, kind: Nothing}]}"]
### helm/kustomization.yaml
helmCharts: [{name: chart, repo: "https://charts.example.com", version: 1.0.0, valuesInline: {a: b}}]
helmGlobals: {chartHome: charts}
### helm-old/kustomization.yaml
helmChartInflationGenerator: [{chartName: chart, chartVersion: 1.0.0}]
### variables/kustomization.yaml
resources: [vars.yaml]
vars:
- {name: NAME, objref: {apiVersion: v1, kind: Service, name: web}}
- {name: PORT, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldPath: "spec.ports[0].port"}}
- {name: IMAGE, objref: {apiVersion: v1, kind: Pod, name: pod}, fieldref: {fieldPath: "spec.containers[0].image"}}
namePrefix: p-
### variables/vars.yaml
apiVersion: v1
kind: Service
metadata: {name: web, labels: {l: "$(NAME)-x"}}
spec: {ports: [{port: 80, targetPort: $(PORT)}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pod, annotations: {a: "$(NAME) $(UNKNOWN) $$(NAME) $(PORT"}}
spec: {containers: [{name: c, image: nginx, args: ["--to=$(NAME):$(PORT)", "$(IMAGE)"], env: [{name: A, value: $(PORT)}]}]}
### variable-nobody/kustomization.yaml
resources: [../objects]
vars: [{name: X, objref: {apiVersion: v1, kind: Service, name: nobody}}]
### variable-no-field/kustomization.yaml
resources: [../objects]
vars: [{name: X, objref: {apiVersion: v1, kind: Service, name: web}, fieldref: {fieldPath: spec.nothing}}]
### variable-twice/kustomization.yaml
resources: [../variables]
vars: [{name: NAME, objref: {apiVersion: v1, kind: Service, name: web}}]
### outside/kustomization.yaml
resources: [../objects/all.yaml]
### circle-a/kustomization.yaml
resources: [../circle-b]
### circle-b/kustomization.yaml
resources: [../circle-a]
### itself/kustomization.yaml
resources: [.]
### absolute/kustomization.yaml
resources: [/nowhere/at/all]
### missing/kustomization.yaml
resources: [nofile.yaml]
### twice/kustomization.yaml
resources: [../local, ../local]
### no-kind/kustomization.yaml
resources: [x.yaml]
### no-kind/x.yaml
apiVersion: v1
metadata: {name: x, labels: {b: c, a: b}}
### no-name/kustomization.yaml
resources: [x.yaml]
### no-name/x.yaml
apiVersion: v1
kind: Pod
### lists/kustomization.yaml
resources: [x.yaml]
### lists/x.yaml
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {t: 2001-01-01, x: 0x10, o: 0o17, old: 017, f: 1.50, e: 1e3, "on": on, off: "off", nul: ~, big: 12345678901234567890, id: 9007199254740993}}
### null-item/kustomization.yaml
resources: [x.yaml]
### null-item/x.yaml
apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [null]}
### separator/kustomization.yaml
resources: [x.yaml]
### separator/x.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
--- what
a: b
### empty/kustomization.yaml
kind: Kustomization
### none/readme.txt
nothing
### two/kustomization.yaml
resources: []
### two/kustomization.yml
resources: []
### wrong-kind/kustomization.yaml
kind: Other
apiVersion: v1
resources: [x]
### wrong-version/kustomization.yaml
kind: Component
apiVersion: kustomize.config.k8s.io/v1beta1
resources: [x]
### type-number/kustomization.yaml
images: [{name: x, newTag: 1.0}]
### type-list/kustomization.yaml
resources: x
### type-object/kustomization.yaml
patches: {a: b}
### type-inner/kustomization.yaml
patches: [{target: {kinds: x}}]
### type-label/kustomization.yaml
labels: [{pairs: {a: 1}}]
### type-count/kustomization.yaml
replicas: [{name: x, count: x}]
### type-float/kustomization.yaml
replicas: [{name: x, count: 1.5}]
### type-bool/kustomization.yaml
labels: [{includeSelectors: "yes"}]
### case/kustomization.yaml
RESOURCES: [../local]
nameprefix: p-
### old-fields/kustomization.yaml
bases: [../local]
vars: []
imageTags: []
patchesStrategicMerge: []
patchesJson6902: []
commonLabels: {}
### namespace-conflict/kustomization.yaml
resources: [x.yaml]
namespace: n
### namespace-conflict/x.yaml
{apiVersion: v1, kind: Namespace, metadata: {name: a}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: b}}
`;

const parts = text.split(/^### (.*)\n/m).slice(1);

/** The files, by their paths. */
export const kustomizeCorners: Readonly<Record<string, string | Uint8Array>> = {
  ...Object.fromEntries(parts.flatMap((path, i): [string, string][] => (i % 2 === 0 ? [[path, parts[i + 1] ?? '']] : []))),
  'generators/bin.dat': new Uint8Array([0xff, 0xfe, 1, 2, 3]),
  'generators/long.bin': new Uint8Array(200).fill(0xff),
};

/** Upstream's errors for these have an address of its memory in them. */
const unlike = new Set(['generate-twice', 'generate-nothing', 'component-one', 'component-two']);

/** The folders, each of which is built. */
export const cornerFolders: readonly string[] = [...new Set(Object.keys(kustomizeCorners).map((path) => path.split('/')[0]!))].filter((folder) => !unlike.has(folder));
