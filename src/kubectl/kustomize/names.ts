import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import { toGoJson } from '../printers/go-json.ts';
import type { FieldSpec, Place } from './field-spec.ts';
import { atField, read, write } from './field-spec.ts';
import type { KindPattern } from './resource.ts';
import { currentId, isClusterScoped, isOfKind, isSameId, kindOf, originalId, remember } from './resource.ts';
import type { Transformer } from './transformer.ts';
import { plainValue } from './value-path.ts';

/** Kinds whose names say what they are. */
const keptNames: readonly KindPattern[] = [{ kind: 'CustomResourceDefinition' }, { group: 'apiregistration.k8s.io', kind: 'APIService' }, { kind: 'Namespace' }];

/** A prefix or a suffix for names, or for what else the fields are. */
export function surroundNames({ prefix = '', suffix = '' }: { readonly prefix?: string; readonly suffix?: string }, fields: readonly FieldSpec[]): Transformer {
  return (all) => {
    for (const one of all) {
      const id = originalId(one);
      if (keptNames.some((kind) => isOfKind(id, kind))) continue;
      for (const field of fields) {
        if (!isOfKind(id, field)) continue;
        if (field.path === 'metadata/name') {
          if (prefix !== '') one.prefixes.push(prefix);
          if (suffix !== '') one.suffixes.push(suffix);
          if (prefix !== '' || suffix !== '') remember(one);
        }
        atField(one.object, field, { made: 'scalar', set: (place) => write(place, plainValue(`${prefix}${String((read(place) ?? '') as string)}${suffix}`)) });
      }
    }
  };
}

/** Whose namespaces the namespace of a kustomization sets in the subjects of role bindings. */
export const subjectModes = ['defaultOnly', 'none', 'allServiceAccounts'] as const;
export type SubjectMode = (typeof subjectModes)[number];
export interface NamespaceOptions { readonly unsetOnly?: boolean; readonly subjects?: SubjectMode }

const isBinding = (kind: string): boolean => kind === 'RoleBinding' || kind === 'ClusterRoleBinding';

function setSubjects(object: Record<string, unknown>, mode: SubjectMode, set: (place: Place) => void): void {
  const subjects = object['subjects'];
  if (mode === 'none' || !Array.isArray(subjects)) return;
  for (const subject of subjects as unknown[]) {
    if (isMap(subject) && (mode === 'defaultOnly' ? subject['name'] === 'default' : subject['kind'] === 'ServiceAccount')) set({ holder: subject, key: 'namespace' });
  }
}

/** The namespace of everything that is in one, and of what says where something is. */
export function setNamespace(namespace: string, fields: readonly FieldSpec[], { unsetOnly = false, subjects = 'defaultOnly' }: NamespaceOptions = {}): Transformer {
  const set = (place: Place): void => { if (!unsetOnly || (read(place) ?? '') === '') write(place, namespace); };
  return (all) => {
    if (namespace === '') return;
    for (const one of all) {
      remember(one);
      const { object } = one;
      const kind = kindOf(object);
      if (!isClusterScoped(kind)) {
        object.metadata ??= {};
        set({ holder: object.metadata, key: 'namespace' });
      }
      if (isBinding(kind.kind)) setSubjects(object, subjects, set);
      for (const field of fields) {
        if (field.path === 'metadata/namespace' || (field.path === 'metadata/name' && object.apiVersion !== 'v1') || (isBinding(kind.kind) && isBinding(field.kind ?? '') && field.path === 'subjects/namespace')) continue;
        atField(object, field, { made: 'scalar', set });
      }
      const id = currentId(one);
      const same = all.filter((other) => isSameId(id, currentId(other)));
      if (same.length !== 1) throw new KubectlError(`namespace transformation produces ID conflict: [${same.map((other) => toGoJson(other.object)).join(' ')}]`);
    }
  };
}
