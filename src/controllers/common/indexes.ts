import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf, namespaceOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Informer } from '../../client/informer/informer.ts';

const name = 'controller';
const nodeName = 'node';
const nowhere: readonly string[] = [];

/** Finds objects by the uid of their controller. Several controllers may ask for it on the same informer. */
export function indexByController<T extends KubeObject>(informer: Informer<T>): { readonly dependents: (uid: string) => readonly T[]; readonly orphans: (namespace: string) => readonly T[] } {
  informer.addIndex(name, (object) => [controllerOf(object)?.uid ?? `orphans/${namespaceOf(object)}`]);
  return {
    dependents: (uid) => informer.lister.byIndex(name, uid),
    orphans: (namespace) => informer.lister.byIndex(name, `orphans/${namespace}`),
  };
}

/** Finds pods by the node that they are bound to. Several controllers may ask for it on the same informer. */
export function indexByNode(pods: Informer<Pod>): (node: string) => readonly Pod[] {
  pods.addIndex(nodeName, ({ spec }) => (spec?.nodeName === undefined ? nowhere : [spec.nodeName]));
  return (node) => pods.lister.byIndex(nodeName, node);
}
