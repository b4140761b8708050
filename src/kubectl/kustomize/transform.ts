import { applyJsonPatch } from '../../api/patch/json-patch.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import type { ImageRule, Kustomization, LabelRule, Labels } from './kustomization.ts';
import { atPath, templateOf } from './paths.ts';
import type { Resource } from './resource.ts';
import { cloned, isNamespaced, nameOf, namespaceOf, remember, schemaOf, selects } from './resource.ts';
import { strategicMerge } from './merge.ts';

type Json = Record<string, unknown>;

const addTo = (labels: Labels) => (holder: Json, key: string): void => { holder[key] = { ...(holder[key] as Json | null | undefined), ...labels }; };

/** Kinds whose names are no namespace's and nobody's to change. */
const keepNames = new Set(['CustomResourceDefinition', 'APIService', 'Namespace']);

export function setNamespace(all: readonly Resource[], namespace: string): void {
  for (const one of all) {
    const { object } = one;
    const wanted = object.kind === 'Namespace' ? { name: namespace } : isNamespaced(object) ? { namespace } : undefined;
    if (wanted !== undefined) {
      remember(one);
      object.metadata = { ...object.metadata, ...wanted };
    }
    if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') continue;
    // Others are followed by their names, as all references are.
    for (const subject of (object['subjects'] as Json[] | null | undefined) ?? []) if (subject['kind'] === 'ServiceAccount' && subject['name'] === 'default') subject['namespace'] = namespace;
  }
}

export function surroundNames(all: readonly Resource[], { prefix, suffix }: { readonly prefix: string; readonly suffix: string }): void {
  for (const one of all) {
    if (keepNames.has(one.object.kind ?? '')) continue;
    remember(one);
    one.object.metadata = { ...one.object.metadata, name: `${prefix}${nameOf(one.object)}${suffix}` };
  }
}

/** Selectors that are made where there are none, and those that only get more where they are. */
const madeSelectors: Readonly<Record<string, string>> = { Service: 'spec/selector', ReplicationController: 'spec/selector', Deployment: 'spec/selector/matchLabels', ReplicaSet: 'spec/selector/matchLabels', DaemonSet: 'spec/selector/matchLabels', StatefulSet: 'spec/selector/matchLabels' };
const givenSelectors: Readonly<Record<string, readonly string[]>> = { Job: ['spec/selector/matchLabels'], CronJob: ['spec/jobTemplate/spec/selector/matchLabels'], PodDisruptionBudget: ['spec/selector/matchLabels'], NetworkPolicy: ['spec/podSelector/matchLabels', 'spec/ingress[]/from[]/podSelector/matchLabels', 'spec/egress[]/to[]/podSelector/matchLabels'] };
const inTemplates = ['spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution[]/podAffinityTerm/labelSelector/matchLabels', 'spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution[]/labelSelector/matchLabels', 'spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution[]/podAffinityTerm/labelSelector/matchLabels', 'spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution[]/labelSelector/matchLabels', 'spec/topologySpreadConstraints[]/labelSelector/matchLabels'];

function labelTemplate(object: AnyObject, kind: string, labels: Labels): void {
  const template = templateOf(kind);
  if (template === undefined || template === '') return;
  atPath(object, `${template}metadata/labels`, addTo(labels), { create: true });
}

/** `labels`: on the objects, and where asked for on what they select and make. */
export function addLabels(all: readonly Resource[], { pairs = {}, includeSelectors = false, includeTemplates = false }: LabelRule): void {
  for (const { object } of all) {
    const { kind = '' } = object;
    atPath(object, 'metadata/labels', addTo(pairs), { create: true });
    if (includeSelectors || includeTemplates) labelTemplate(object, kind, pairs);
    if (kind === 'StatefulSet' && (includeSelectors || includeTemplates)) atPath(object, 'spec/volumeClaimTemplates[]/metadata/labels', addTo(pairs), { create: true });
    if (kind === 'CronJob' && (includeSelectors || includeTemplates)) atPath(object, 'spec/jobTemplate/metadata/labels', addTo(pairs), { create: true });
    if (!includeSelectors) continue;
    const made = madeSelectors[kind];
    if (made !== undefined) atPath(object, made, addTo(pairs), { create: true });
    const template = templateOf(kind);
    const given = [...(givenSelectors[kind] ?? []), ...(template === undefined || template === '' ? [] : inTemplates.map((path) => template + path))];
    for (const path of given) atPath(object, path, addTo(pairs));
  }
}

export function addAnnotations(all: readonly Resource[], annotations: Labels): void {
  for (const { object } of all) {
    const template = templateOf(object.kind ?? '');
    atPath(object, 'metadata/annotations', addTo(annotations), { create: true });
    if (template !== undefined && template !== '') atPath(object, `${template}metadata/annotations`, addTo(annotations), { create: true });
    if (object.kind === 'CronJob') atPath(object, 'spec/jobTemplate/metadata/annotations', addTo(annotations), { create: true });
  }
}

export function setReplicas(all: readonly Resource[], replicas: NonNullable<Kustomization['replicas']>): void {
  for (const { name, count } of replicas) {
    const found = all.filter(({ object, before }) => ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(object.kind ?? '') && (nameOf(object) === name || before.some((one) => one.name === name)));
    if (found.length === 0) throw new KubectlError(`resource with name ${name} does not match a config with the following GVK [Deployment.v1.apps ReplicationController.v1.[noGrp] ReplicaSet.v1.apps StatefulSet.v1.apps]`);
    for (const { object } of found) object['spec'] = { ...(object['spec'] as Json | undefined), replicas: count };
  }
}

/** `registry:5000/name:tag@digest`: a colon before the last slash is a port's. */
function imageParts(image: string): { readonly name: string; readonly tag: string; readonly digest: string } {
  const at = image.indexOf('@');
  const [plain, digest] = at < 0 ? [image, ''] : [image.slice(0, at), image.slice(at + 1)];
  const colon = plain.lastIndexOf(':');
  return colon > plain.lastIndexOf('/') ? { name: plain.slice(0, colon), tag: plain.slice(colon + 1), digest } : { name: plain, tag: '', digest };
}

function newImage(image: string, rules: readonly ImageRule[]): string {
  let shown = image;
  for (const { name, newName, newTag = '', digest: newDigest = '', tagSuffix = '' } of rules) {
    const { name: own, tag, digest } = imageParts(shown);
    if (!new RegExp(`^${name}$`).test(own)) continue;
    // A tag or a digest takes the place of both.
    const [toTag, toDigest] = newTag !== '' || newDigest !== '' ? [newTag, newDigest] : [tag, digest];
    shown = `${newName ?? own}${toTag === '' ? '' : `:${toTag}${tagSuffix}`}${toDigest === '' ? '' : `@${toDigest}`}`;
  }
  return shown;
}

/** Containers of any kind, wherever they stand. */
function changeImages(value: unknown, rules: readonly ImageRule[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(child)) {
      for (const container of child as Json[]) if (typeof container['image'] === 'string') container['image'] = newImage(container['image'], rules);
    } else changeImages(child, rules);
  }
}

export function setImages(all: readonly Resource[], rules: readonly ImageRule[]): void {
  for (const { object } of all) if (object.kind !== 'CustomResourceDefinition') changeImages(object, rules);
}

/** A patch that looks like what it changes: by its own kind and name, or those that `to` are. */
export function patchLikeIt(all: Resource[], patch: AnyObject, { to, keepsIdentity, source }: { readonly to?: readonly Resource[] | undefined; readonly keepsIdentity: { readonly name: boolean; readonly kind: boolean }; readonly source: string }): void {
  const { apiVersion, kind = '' } = patch;
  const targets = to ?? all.filter(({ object, before }) => object.kind === kind && object.apiVersion === apiVersion && (nameOf(object) === nameOf(patch) || before.some(({ name }) => name === nameOf(patch))) && (namespaceOf(patch) === '' || namespaceOf(object) === namespaceOf(patch) || before.some(({ namespace }) => namespace === namespaceOf(patch))));
  if (to === undefined && targets.length === 0) throw new KubectlError(`no resource matches strategic merge patch ${JSON.stringify(source)}: no matches for Id ${kind}.${(apiVersion ?? '').split('/').reverse().join('.')}${apiVersion?.includes('/') === true ? '' : '.[noGrp]'}/${nameOf(patch)}.${namespaceOf(patch) === '' ? '[noNs]' : namespaceOf(patch)}; failed to find unique target for patch ${kind}.${(apiVersion ?? '').split('/').reverse().join('.')}${apiVersion?.includes('/') === true ? '' : '.[noGrp]'}/${nameOf(patch)}.${namespaceOf(patch) === '' ? '[noNs]' : namespaceOf(patch)}`);
  for (const target of targets) {
    const { object } = target;
    const merged = strategicMerge(cloned(object), patch, schemaOf(object)) as AnyObject | undefined;
    if (merged === undefined) {
      all.splice(all.indexOf(target), 1);
      continue;
    }
    remember(target);
    target.object = {
      ...merged, ...(keepsIdentity.kind && { apiVersion: object.apiVersion, kind: object.kind }),
      metadata: { ...merged.metadata, ...(keepsIdentity.name && { name: nameOf(object) }), ...(namespaceOf(object) !== '' && { namespace: namespaceOf(object) }) },
    } as AnyObject;
    if (namespaceOf(object) === '' && target.object.metadata?.namespace !== undefined) delete target.object.metadata.namespace;
  }
}

/** Operations of RFC 6902 on all that a target means. */
export function patchByOperations(targets: readonly Resource[], operations: readonly unknown[]): void {
  for (const target of targets) {
    remember(target);
    target.object = applyJsonPatch(target.object, operations) as AnyObject;
  }
}

export async function selected(all: readonly Resource[], selector: Parameters<typeof selects>[0]): Promise<Resource[]> {
  const found: Resource[] = [];
  for (const one of all) if (await selects(selector, one)) found.push(one);
  return found;
}
