import type { Selector } from '../../api/meta/labels.ts';
import type { PodInfo } from './pod-info.ts';

/** Labels by which pods are found; selectors that ask for others find them among all pods. */
const maxKeys = 16;

/** Pods of a namespace that a selector matches. */
export interface PodScope { readonly namespace: string; readonly selector: Selector }

/**
 * The pods that have a node, by the labels that selectors asked for: a new workload asks how many of its pods there are, and
 * its few are not looked for among those of all others.
 */
export class PodsByLabel {
  /** By label, namespace and value. Those with the same value are asked for together, or not at all. */
  readonly #keys = new Map<string, Map<string, Set<PodInfo['uid']>>>();

  /** A pod has got a node (1), or lost it (-1). */
  change(pod: PodInfo, sign: 1 | -1): void {
    for (const [key, values] of this.#keys) put(values, key, pod, sign);
  }

  /** uids of the pods that may match, the fewest that are known; undefined: any of `all` may. */
  among({ namespace, selector }: PodScope, all: () => Iterable<PodInfo>): ReadonlySet<string> | undefined {
    let fewest: ReadonlySet<string> | undefined;
    for (const { key } of selector.requirements) {
      const value = selector.requiredValue(key);
      const values = value === undefined ? undefined : this.#valuesOf(key, all);
      if (values === undefined) continue;
      const found = values.get(`${namespace}/${value}`);
      if (found === undefined) return new Set();
      if (fewest === undefined || found.size < fewest.size) fewest = found;
    }
    return fewest;
  }

  #valuesOf(key: string, all: () => Iterable<PodInfo>): ReadonlyMap<string, ReadonlySet<string>> | undefined {
    const known = this.#keys.get(key);
    if (known !== undefined || this.#keys.size >= maxKeys) return known;
    const values = new Map<string, Set<string>>();
    for (const pod of all()) put(values, key, pod, 1);
    this.#keys.set(key, values);
    return values;
  }
}

function put(values: Map<string, Set<string>>, key: string, { pod, namespace, uid }: PodInfo, sign: 1 | -1): void {
  const value = pod.metadata.labels?.[key];
  if (value === undefined) return;
  const at = `${namespace}/${value}`;
  let uids = values.get(at);
  if (uids === undefined) values.set(at, (uids = new Set()));
  if (sign === 1) uids.add(uid);
  else if (uids.delete(uid) && uids.size === 0) values.delete(at);
}
