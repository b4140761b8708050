import type { AnyObject } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';
import type { Origin } from './origin.ts';

/** What an object is called. `namespace`: '' where it says none. */
export interface Id { readonly group: string; readonly version: string; readonly kind: string; readonly name: string; readonly namespace: string }

/** A kind, as far as it is told: what is left out stands for any. */
export interface KindPattern { readonly group?: string; readonly version?: string; readonly kind?: string }

/** An object on its way through kustomizations. It is changed in place: it belongs to one build. */
export interface Resource {
  object: AnyObject;
  /** What it was called before, oldest first: others may know it by that. Namespaces in here are never ''. */
  previous: Id[];
  readonly prefixes: string[];
  readonly suffixes: string[];
  /** Its name shall follow from its content. */
  hashed: boolean;
  /** What a generator says of the object that it means. */
  readonly behavior: string;
  /** The variables that are read from it. */
  readonly variables: string[];
  origin?: Origin | undefined;
  readonly transformations: Origin[];
  /** A patch took it away. */
  gone: boolean;
}

export const versionOf = (apiVersion = ''): string => apiVersion.slice(apiVersion.indexOf('/') + 1);
export const nameOf = ({ metadata }: AnyObject): string => String(metadata?.name ?? '');
export const namespaceOf = ({ metadata }: AnyObject): string => String(metadata?.namespace ?? '');

/** A copy, as text would be. */
export const cloned = <T>(value: T): T => structuredClone(value);

export const makeResource = (object: AnyObject, { hashed = false, behavior = '' }: { readonly hashed?: boolean; readonly behavior?: string } = {}): Resource => ({ object, previous: [], prefixes: [], suffixes: [], hashed, behavior, variables: [], transformations: [], gone: false });

/** What is certainly no namespace's, by group: `[versions, kinds]`. It is kustomize's own list, older than this cluster: kinds that it lacks are taken for namespaced. */
const clusterScoped: Readonly<Record<string, readonly (readonly [versions: string, kinds: string])[]>> = {
  '': [['v1', 'ComponentStatus Namespace Node NodeProxyOptions PersistentVolume']],
  'admissionregistration.k8s.io': [['v1 v1beta1', 'MutatingWebhookConfiguration ValidatingWebhookConfiguration']],
  'apiextensions.k8s.io': [['v1 v1beta1', 'CustomResourceDefinition']],
  'apiregistration.k8s.io': [['v1 v1beta1', 'APIService']],
  'certificates.k8s.io': [['v1 v1beta1', 'CertificateSigningRequest']],
  'flowcontrol.apiserver.k8s.io': [['v1beta1', 'FlowSchema PriorityLevelConfiguration']],
  'networking.k8s.io': [['v1 v1beta1', 'IngressClass']],
  'node.k8s.io': [['v1 v1beta1', 'RuntimeClass']],
  policy: [['v1beta1', 'PodSecurityPolicy']],
  'rbac.authorization.k8s.io': [['v1 v1beta1', 'ClusterRole ClusterRoleBinding']],
  'scheduling.k8s.io': [['v1 v1beta1', 'PriorityClass']],
  'storage.k8s.io': [['v1 v1beta1', 'CSIDriver CSINode StorageClass VolumeAttachment']],
};

export function isClusterScoped({ group, version, kind }: Pick<Id, 'group' | 'version' | 'kind'>): boolean {
  return clusterScoped[group]?.some(([versions, kinds]) => versions.split(' ').includes(version) && kinds.split(' ').includes(kind)) === true;
}

export function kindOf(object: AnyObject): { readonly group: string; readonly version: string; readonly kind: string } {
  return { group: groupOf(object.apiVersion), version: versionOf(object.apiVersion), kind: String(object.kind ?? '') };
}

export const currentId = ({ object }: Resource): Id => ({ ...kindOf(object), name: nameOf(object), namespace: namespaceOf(object) });
/** What it was called at first. */
export const originalId = (resource: Resource): Id => resource.previous[0] ?? currentId(resource);
/** All that it is and was called. */
export const idsOf = (resource: Resource): Id[] => [currentId(resource), ...resource.previous];

const outsideOfNamespaces = '_non_namespaceable_';

/** The namespace that an id means. */
export function effectiveNamespace(id: Id): string {
  if (isClusterScoped(id)) return outsideOfNamespaces;
  return id.namespace === '' ? 'default' : id.namespace;
}

export const isSameKind = (a: Pick<Id, 'group' | 'version' | 'kind'>, b: Pick<Id, 'group' | 'version' | 'kind'>): boolean => a.group === b.group && a.version === b.version && a.kind === b.kind;
export const isSameId = (a: Id, b: Id): boolean => a.name === b.name && isSameKind(a, b) && effectiveNamespace(a) === effectiveNamespace(b);

const isMeant = (pattern: string | undefined, text: string): boolean => pattern === undefined || pattern === '' || pattern === text;
export const isOfKind = (id: Pick<Id, 'group' | 'version' | 'kind'>, { group, version, kind }: KindPattern): boolean => isMeant(group, id.group) && isMeant(version, id.version) && isMeant(kind, id.kind);

/** Called before an object's name, namespace or kind changes. */
export function remember(resource: Resource): void {
  const id = currentId(resource);
  resource.previous.push({ ...id, namespace: effectiveNamespace(id) });
}

export const kindText = ({ group = '', version = '', kind = '' }: KindPattern): string => `${kind === '' ? '[noKind]' : kind}.${version === '' ? '[noVer]' : version}.${group === '' ? '[noGrp]' : group}`;
/** `ConfigMap.v1.[noGrp]/conf.[noNs]`. */
export const idText = ({ name = '', namespace = '', ...kind }: Partial<Id>): string => `${kindText(kind)}/${name === '' ? '[noName]' : name}.${namespace === '' ? '[noNs]' : namespace}`;
/** As Go writes the structure of an id. */
export const idStructure = (id: Id): string => `resid.ResId{Gvk:resid.Gvk{Group:${JSON.stringify(id.group)}, Version:${JSON.stringify(id.version)}, Kind:${JSON.stringify(id.kind)}, isClusterScoped:${isClusterScoped(id)}}, Name:${JSON.stringify(id.name)}, Namespace:${JSON.stringify(id.namespace)}}`;
