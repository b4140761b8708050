import type { KubeObject } from '../../../api/meta/object.ts';
import { namespaceOf } from '../../../api/meta/object.ts';
import { clusterrolebindings, rolebindings } from '../../../api/resources.ts';
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from '../../../api/types/rbac/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { ObjectReader } from '../../cache/reader.ts';

/** A binding that applies to a user, and by which of its subjects. */
export interface AppliedBinding {
  readonly roleRef: RoleRef;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
  /** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`. */
  readonly description: string;
}

interface IndexedBinding {
  readonly kind: 'ClusterRoleBinding' | 'RoleBinding';
  readonly name: string;
  readonly namespace: string;
  readonly roleRef: RoleRef;
  readonly subjects: readonly Subject[];
}

/** Which key a subject is found under: users (service accounts by their user name) and groups. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  switch (subject.kind) {
    case 'User': return `u:${subject.name}`;
    case 'Group': return `g:${subject.name}`;
    case 'ServiceAccount': {
      const namespace = (subject.namespace ?? '') === '' ? bindingNamespace : subject.namespace!;
      return namespace === '' ? undefined : `u:system:serviceaccount:${namespace}:${subject.name}`;
    }
    default: return undefined;
  }
}

function describe(binding: IndexedBinding, subject: Subject): string {
  const holder = subject.kind === 'ServiceAccount'
    ? `${subject.name}/${(subject.namespace ?? '') === '' ? binding.namespace : subject.namespace}`
    : subject.name;
  const name = binding.kind === 'RoleBinding' ? `${binding.name}/${binding.namespace}` : binding.name;
  return `${binding.kind} ${JSON.stringify(name)} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} to ${subject.kind} ${JSON.stringify(holder)}`;
}

/** Bindings by subject, one map a namespace (the empty one for ClusterRoleBindings). */
export class BindingIndex {
  readonly #reader: ObjectReader;
  readonly #byNamespace = new Map<string, Map<string, Map<string, IndexedBinding>>>();
  #built = false;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  /** Takes a change of a binding in; call for every change from the time of construction. */
  update(kind: IndexedBinding['kind'], change: { readonly object: KubeObject | undefined; readonly previous: KubeObject | undefined }): void {
    if (!this.#built) return;
    if (change.previous !== undefined) this.#remove(kind, change.previous as RoleBinding);
    if (change.object !== undefined) this.#add(kind, change.object as RoleBinding);
  }

  /** The bindings of one namespace (or, for '', of the cluster) that apply to a user, by name. */
  bindingsOf(user: UserInfo, namespace: string): AppliedBinding[] {
    this.#build();
    const bySubject = this.#byNamespace.get(namespace);
    if (bySubject === undefined) return [];
    const found = new Map<string, IndexedBinding>();
    for (const key of [`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]) {
      for (const [name, binding] of bySubject.get(key) ?? []) found.set(name, binding);
    }
    const keys = new Set([`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]);
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((binding) => {
      // The first subject that applies is the one to be named, as upstream does.
      const subject = binding.subjects.find((one) => keys.has(subjectKey(one, namespace) ?? ''))!;
      return { roleRef: binding.roleRef, namespace, description: describe(binding, subject) };
    });
  }

  // Built at first use, because the cache may still be filling when the authorizer is made.
  #build(): void {
    if (this.#built) return;
    this.#built = true;
    for (const binding of this.#reader.list(clusterrolebindings)) this.#add('ClusterRoleBinding', binding);
    for (const binding of this.#reader.list(rolebindings)) this.#add('RoleBinding', binding);
  }

  #add(kind: IndexedBinding['kind'], object: ClusterRoleBinding | RoleBinding): void {
    const namespace = kind === 'RoleBinding' ? namespaceOf(object) : '';
    const name = object.metadata.name ?? '';
    const binding: IndexedBinding = { kind, name, namespace, roleRef: object.roleRef, subjects: object.subjects ?? [] };
    let bySubject = this.#byNamespace.get(namespace);
    if (bySubject === undefined) this.#byNamespace.set(namespace, (bySubject = new Map()));
    for (const subject of binding.subjects) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      const bindings = bySubject.get(key);
      if (bindings === undefined) bySubject.set(key, new Map([[name, binding]]));
      else bindings.set(name, binding);
    }
  }

  #remove(kind: IndexedBinding['kind'], object: ClusterRoleBinding | RoleBinding): void {
    const namespace = kind === 'RoleBinding' ? namespaceOf(object) : '';
    const bySubject = this.#byNamespace.get(namespace);
    for (const subject of object.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      const bindings = key === undefined ? undefined : bySubject?.get(key);
      bindings?.delete(object.metadata.name ?? '');
      if (bindings?.size === 0) bySubject!.delete(key!);
    }
    if (bySubject?.size === 0) this.#byNamespace.delete(namespace);
  }
}
