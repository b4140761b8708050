import { nameOf, namespaceOf } from './resource.ts';
import type { Resource } from './resource.ts';
import { atPath, templateOf } from './paths.ts';

type Json = Record<string, unknown>;

/** Fields of pods that name objects of a kind. */
const inPods: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['volumes[]/configMap/name', 'volumes[]/projected/sources[]/configMap/name', ...['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => [`${list}[]/env[]/valueFrom/configMapKeyRef/name`, `${list}[]/envFrom[]/configMapRef/name`])],
  Secret: ['volumes[]/secret/secretName', 'volumes[]/projected/sources[]/secret/name', 'volumes[]/csi/nodePublishSecretRef/name', 'imagePullSecrets[]/name', ...['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => [`${list}[]/env[]/valueFrom/secretKeyRef/name`, `${list}[]/envFrom[]/secretRef/name`])],
  ServiceAccount: ['serviceAccountName', 'serviceAccount'],
  PersistentVolumeClaim: ['volumes[]/persistentVolumeClaim/claimName'],
  PriorityClass: ['priorityClassName'],
};
/** Fields of other kinds, by the kind that they name. */
const elsewhere: Readonly<Record<string, readonly (readonly [kind: string, path: string])[]>> = {
  Service: [['StatefulSet', 'spec/serviceName'], ['Ingress', 'spec/rules[]/http/paths[]/backend/service/name'], ['Ingress', 'spec/rules[]/http/paths[]/backend/serviceName'], ['Ingress', 'spec/defaultBackend/service/name'], ['APIService', 'spec/service/name'], ['ValidatingWebhookConfiguration', 'webhooks[]/clientConfig/service/name'], ['MutatingWebhookConfiguration', 'webhooks[]/clientConfig/service/name'], ['CustomResourceDefinition', 'spec/conversion/webhook/clientConfig/service/name']],
  Secret: [['Ingress', 'spec/tls[]/secretName'], ['ServiceAccount', 'secrets[]/name'], ['ServiceAccount', 'imagePullSecrets[]/name'], ['StorageClass', 'parameters/adminSecretName'], ['StorageClass', 'parameters/userSecretName'], ['Role', 'rules[]/resourceNames[]'], ['ClusterRole', 'rules[]/resourceNames[]']],
  PersistentVolume: [['PersistentVolumeClaim', 'spec/volumeName']],
  StorageClass: [['PersistentVolumeClaim', 'spec/storageClassName'], ['PersistentVolume', 'spec/storageClassName'], ['StatefulSet', 'spec/volumeClaimTemplates[]/spec/storageClassName']],
  IngressClass: [['Ingress', 'spec/ingressClassName']],
};
const scaled = ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'];

/** The resource that somebody in `from` calls by this name; in its own namespace, or in the one that it says. */
function referred(all: readonly Resource[], kind: string, name: string, namespace: string | undefined): Resource | undefined {
  const called = all.filter(({ object, before }) => (object.kind === kind && nameOf(object) === name) || before.some((one) => one.kind === kind && one.name === name));
  if (called.length < 2 && namespace === undefined) return called[0];
  const inside = called.filter(({ object, before }) => namespace === undefined || namespaceOf(object) === namespace || before.some((one) => one.namespace === namespace));
  return inside.find(({ before }) => before[0]?.name === name) ?? inside[0] ?? (namespace === undefined ? called[0] : undefined);
}

function rename(all: readonly Resource[], from: Resource, kind: string, path: string): void {
  atPath(from.object, path, (holder, key) => {
    const value = holder[key.replace(/\[\]$/, '')];
    const own = namespaceOf(from.object);
    const nameNow = (name: string): string => {
      const found = referred(all.filter(({ object }) => object !== from.object), kind, name, own === '' ? undefined : own) ?? referred(all, kind, name, undefined);
      return found === undefined ? name : nameOf(found.object);
    };
    if (typeof value === 'string') holder[key] = nameNow(value);
    else if (Array.isArray(value)) holder[key.replace(/\[\]$/, '')] = value.map((one) => (typeof one === 'string' ? nameNow(one) : one as unknown));
  });
}

function subjectsOf(all: readonly Resource[], { object }: Resource): void {
  for (const subject of (object['subjects'] as Json[] | null | undefined) ?? []) {
    if (subject['kind'] !== 'ServiceAccount') continue;
    const found = referred(all, 'ServiceAccount', String(subject['name']), subject['namespace'] === undefined ? undefined : String(subject['namespace']));
    if (found === undefined) continue;
    subject['name'] = nameOf(found.object);
    if (namespaceOf(found.object) !== '') subject['namespace'] = namespaceOf(found.object);
  }
}

/** Lets everything that names another object name it as that is called now. */
export function fixReferences(all: readonly Resource[]): void {
  for (const from of all) {
    const kind = from.object.kind ?? '';
    const template = templateOf(kind);
    if (template !== undefined) for (const [named, paths] of Object.entries(inPods)) for (const path of paths) rename(all, from, named, `${template}spec/${path}`);
    for (const [named, places] of Object.entries(elsewhere)) for (const [holder, path] of places) if (holder === kind) rename(all, from, named, path);
    if (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') {
      rename(all, from, String((from.object['roleRef'] as Json | undefined)?.['kind'] ?? 'Role'), 'roleRef/name');
      subjectsOf(all, from);
    }
    if (kind === 'HorizontalPodAutoscaler') {
      const target = String(((from.object['spec'] as Json | undefined)?.['scaleTargetRef'] as Json | undefined)?.['kind'] ?? '');
      if (scaled.includes(target)) rename(all, from, target, 'spec/scaleTargetRef/name');
    }
  }
}
