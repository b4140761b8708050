/** Objects of many kinds, for `describe` to show. */
export const describedObjects = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, labels: {app: db}}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}, annotations: {note: x}}
    spec:
      tolerations: [{key: a, operator: Exists, effect: NoSchedule}, {operator: Exists}, {key: b, value: c, tolerationSeconds: 5, effect: NoExecute}]
      nodeSelector: {kubernetes.io/os: linux}
      containers: [{name: db, image: postgres, args: [a, b], volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data, labels: {x: z}}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: agent}], volumes: [{name: h, hostPath: {path: /var}}, {name: m, nfs: {server: s, path: /p}}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  suspend: true
  completions: 2
  completionMode: Indexed
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, "echo a\\necho b"]}]}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, annotations: {long: "${'0123456789'.repeat(16)}", lines: "a\\nb"}}
data: {a: "1", b.txt: "x\\ny\\n"}
binaryData: {bin: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {password: secret, user: me}
---
apiVersion: v1
kind: Pod
metadata: {name: full, labels: {a: b, c: d}}
spec:
  activeDeadlineSeconds: 100000
  priority: 0
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {a: b}}}]
  initContainers: [{name: init, image: busybox, command: [sleep, "1"]}]
  containers:
  - name: main
    image: nginx
    ports: [{containerPort: 80, name: http}, {containerPort: 443}]
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: "1", memory: 128Mi}}
    livenessProbe: {httpGet: {path: /live, port: http}}
    readinessProbe: {tcpSocket: {port: 80}}
    startupProbe: {exec: {command: [cat, /ready]}, failureThreshold: 5}
    envFrom: [{configMapRef: {name: settings}, prefix: P_}, {secretRef: {name: hidden, optional: true}}]
    env:
    - {name: PLAIN, value: "a\\nb"}
    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['a']"}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
    - {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: SECRET, valueFrom: {secretKeyRef: {name: hidden, key: user}}}
    - {name: SETTING, valueFrom: {configMapKeyRef: {name: settings, key: a, optional: true}}}
    volumeMounts: [{name: e, mountPath: /e, subPath: s}, {name: c, mountPath: /c, readOnly: true}]
  volumes:
  - {name: e, emptyDir: {sizeLimit: 1Mi}}
  - {name: c, configMap: {name: settings}}
  - {name: s, secret: {secretName: hidden, optional: true}}
  - {name: d, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, nodePort: 30080}, {name: https, port: 443, targetPort: tls}]}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  storageClassName: slow
  local: {path: /mnt}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [a, b]}, {key: x, operator: Exists}]}]}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: csi}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  csi: {driver: d, volumeHandle: h, volumeAttributes: {a: b, c: d}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: wanted}
spec: {accessModes: [ReadWriteMany], storageClassName: nope, resources: {requests: {storage: 1Gi}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow, annotations: {storageclass.kubernetes.io/is-default-class: "false"}}
provisioner: example.com/none
parameters: {a: b}
mountOptions: [ro]
allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, b]}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: site, annotations: {a: b}}
spec:
  ingressClassName: none
  tls: [{hosts: [a.example], secretName: cert}]
  defaultBackend: {service: {name: gone, port: {number: 80}}}
  rules:
  - host: a.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}, {path: /x, pathType: Exact, backend: {resource: {kind: Bucket, name: b}}}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: none}
spec: {controller: example.com/none, parameters: {kind: Thing, name: one}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: rules}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - ports: [{port: 80}, {port: 1000, endPort: 2000, protocol: UDP}]
    from: [{podSelector: {matchLabels: {a: b}}}, {namespaceSelector: {}, podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
  - {}
  egress: []
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 3
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
  - {type: Pods, pods: {metric: {name: hits}, target: {type: AverageValue, averageValue: "10"}}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 30, policies: [{type: Pods, value: 1, periodSeconds: 10}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
imagePullSecrets: [{name: one}, {name: two}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
- {apiGroups: ["", apps], resources: [pods, deployments/scale], verbs: [get, list]}
- {apiGroups: [""], resources: [pods], verbs: [watch]}
- {apiGroups: [""], resources: [secrets], resourceNames: [a, b], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: User, name: jane}, {kind: ServiceAccount, name: robot, namespace: default}]
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec: {hard: {pods: "100", requests.cpu: "10"}, scopes: [NotTerminating]}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 5Gi}}]}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
description: important
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct]}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}]
`;

export const customObject = `
apiVersion: example.com/v1
kind: CronTab
metadata: {name: mine, labels: {a: b}, finalizers: [example.com/keep]}
spec: {cronSpec: "* * * * *", apiURL: http://x, list: [1, a, {b: c}], deep: {podCIDRs: [x], some.thing: true, nothing: 1.5}}
`;
