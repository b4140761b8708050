import { formatTime } from '../base/clock.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { controllerOf, joinKey, namespaceOf } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';
import type { ViewParts } from './cluster-view.ts';
import { ClusterView } from './cluster-view.ts';
import type { Explanation, ExplanationList, Finding } from './explanation.ts';
import { explanationVersion } from './explanation.ts';
import { historyOf } from './history.ts';
import { rules } from './registry.ts';
import type { Asking } from './rule.ts';
import { refusalFinding } from './rules/refused.ts';
import { nameObject, objectText } from './wording.ts';

/** From a deployment to its sets, their pods and their claims. */
const maxDepth = 4;
/** Objects of one collection. */
const maxLooked = 1000;
const maxListed = 200;
/** Of those that kept an object from being made. */
const maxRefusals = 5;

async function findingsOf<T extends KubeObject>(view: ClusterView, type: ResourceType<T>, object: T, depth: number): Promise<readonly Finding[]> {
  if (depth > maxDepth) return [];
  const asking: Asking = { view, findingsOf: (other, found) => findingsOf(view, other, found, depth + 1) };
  const groupResource = groupResourceOf(type);
  const findings: Finding[] = [];
  for (const { types, find } of rules) if (types === undefined || types.includes(groupResource)) findings.push(...await find(object, asking, type));
  return findings;
}

/** Why the object is as it is. `object` undefined: it is not there, and what is known of that is told. */
export async function explain(parts: ViewParts, type: ResourceType<KubeObject>, target: { readonly namespace: string; readonly name: string; readonly object: KubeObject | undefined }): Promise<Explanation> {
  const view = new ClusterView(parts);
  const { object } = target;
  const named = { kind: type.kind, namespace: target.namespace, name: target.name };
  const key = `${groupResourceOf(type)}/${joinKey(target.namespace, target.name)}`;
  const findings = object === undefined ? parts.provenance.refusalsOf(key, undefined).toReversed().slice(0, maxRefusals).map(refusalFinding) : await findingsOf(view, type, object, 0);
  const history = await historyOf(view, key, object?.metadata.uid);
  if (history.length === 0) view.notes.add(`Who wrote ${objectText(named)} is not known: the record begins at ${formatTime(parts.provenance.sinceMs)}, and holds the latest writes only.`);
  const summary = object === undefined ? `There is no ${objectText(named)}${history.length === 0 ? '' : ' any more'}.` : findings.length === 0 ? `Nothing is wrong with ${objectText(named)} that is known here.` : findings[0]!.fact;
  return { apiVersion: explanationVersion, kind: 'Explanation', object: named, ...(object === undefined && { absent: true as const }), summary, well: object !== undefined && findings.length === 0, findings, history, notes: [...view.notes] };
}

/** What is not well of a collection; how it came to be is left out. */
export async function explainAll(parts: ViewParts, type: ResourceType<KubeObject>, objects: readonly KubeObject[]): Promise<ExplanationList> {
  const view = new ClusterView(parts);
  const items: Explanation[] = [];
  for (const object of objects.slice(0, maxLooked)) {
    const findings = await findingsOf(view, type, object, 0);
    if (findings.length === 0) continue;
    const owner = controllerOf(object);
    items.push({
      apiVersion: explanationVersion, kind: 'Explanation', object: { ...nameObject(type.kind, object), namespace: namespaceOf(object) }, ...(owner !== undefined && { owner: { kind: owner.kind, namespace: namespaceOf(object), name: owner.name } }),
      summary: findings[0]!.fact, well: false, findings, history: [], notes: [],
    });
    if (items.length >= maxListed) break;
  }
  if (objects.length > maxLooked) view.notes.add(`Of ${objects.length} ${type.resource} the first ${maxLooked} were looked at.`);
  if (items.length >= maxListed) view.notes.add(`Not all ${type.resource} were looked at: the list ends after ${maxListed} that are not well.`);
  return { apiVersion: explanationVersion, kind: 'ExplanationList', items, looked: Math.min(objects.length, maxLooked), notes: [...view.notes] };
}
