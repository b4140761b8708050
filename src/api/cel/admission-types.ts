import { BOOL, DYN, INT, listOf, mapOf, object, STRING, TIMESTAMP, type CelType } from './language/types.ts';

const fields = (...entries: readonly (readonly [string, CelType])[]): ReadonlyMap<string, CelType> => new Map(entries);
const texts = (...names: readonly string[]): [string, CelType][] => names.map((name) => [name, STRING]);

const groupVersionKind = object('kubernetes.GroupVersionKind', fields(...texts('group', 'version', 'kind')));
const groupVersionResource = object('kubernetes.GroupVersionResource', fields(...texts('group', 'version', 'resource')));
const userInfo = object('kubernetes.UserInfo', fields(...texts('username', 'uid'), ['groups', listOf(STRING)], ['extra', mapOf(STRING, listOf(STRING))]));

/** The type of `request`. */
export const REQUEST = object('kubernetes.AdmissionRequest', fields(
  ['kind', groupVersionKind], ['resource', groupVersionResource], ['requestKind', groupVersionKind], ['requestResource', groupVersionResource], ['userInfo', userInfo], ['dryRun', BOOL], ['options', DYN],
  ...texts('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
));

const condition = object('kubernetes.NamespaceCondition', fields(...texts('status', 'type', 'message', 'reason'), ['lastTransitionTime', TIMESTAMP]));
const metadata = object('kubernetes.NamespaceMetadata', fields(
  ...texts('name', 'generateName', 'namespace', 'UID', 'resourceVersion'), ['labels', mapOf(STRING, STRING)], ['annotations', mapOf(STRING, STRING)], ['creationTimestamp', TIMESTAMP], ['deletionTimestamp', TIMESTAMP],
  ['deletionGracePeriodSeconds', INT], ['generation', INT], ['finalizers', listOf(STRING)],
));

/** The type of `namespaceObject`: what policies may know of a namespace. */
export const NAMESPACE = object('kubernetes.Namespace', fields(
  ['metadata', metadata],
  ['spec', object('kubernetes.NamespaceSpec', fields(['finalizers', listOf(STRING)]))],
  ['status', object('kubernetes.NamespaceStatus', fields(['conditions', listOf(condition)], ['phase', STRING]))],
));

/** The type of a JSON patch's operations. */
export const JSON_PATCH = object('JSONPatch', fields(...texts('op', 'path', 'from'), ['value', DYN]));

/** The root of what a mutating policy applies. */
export const OBJECT = object('Object');

/** `Object`, `Object.spec` and so on: any field is one, of any type, for the schema is not asked. */
export function patchType(name: string): CelType | undefined {
  if (name === OBJECT.name || name.startsWith('Object.')) return object(name);
  return name === JSON_PATCH.name ? JSON_PATCH : undefined;
}

/** Whether the type is one of `Object`'s. */
export const isPatchObject = ({ name }: CelType): boolean => name === OBJECT.name || name.startsWith('Object.');
