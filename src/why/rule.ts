import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Finding } from './explanation.ts';

/** What a rule may ask while it looks at an object. */
export interface Asking {
  readonly view: ClusterView;
  /** What is wrong with another object, by all the rules; empty past a few steps, so that circles end. */
  findingsOf<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<readonly Finding[]>;
}

/** Recognizes one cause by what the cluster shows of it. Pure but for what it reads through the view. */
export interface Rule {
  readonly name: string;
  /** `pods`, `deployments.apps`; undefined: objects of every type. */
  readonly types: readonly string[] | undefined;
  find(object: KubeObject, asking: Asking, type: ResourceType<KubeObject>): Promise<readonly Finding[]> | readonly Finding[];
}

/** A rule for one type, which sees its objects as what they are. */
export function rule<T extends KubeObject>(name: string, type: ResourceType<T> & { readonly __object?: T }, find: (object: T, asking: Asking) => Promise<readonly Finding[]> | readonly Finding[]): Rule {
  return { name, types: [type.group === '' ? type.resource : `${type.resource}.${type.group}`], find: (object, asking) => find(object as T, asking) };
}
