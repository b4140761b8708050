import { semanticEqual } from '../../api/meta/equal.ts';
import { joinKey, keyOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import { configmaps, namespaces } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ConfigMap } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isNamespaceTerminating } from '../common/errors.ts';

const identity = 'root-ca-cert-publisher';
const mapName = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description = 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. '
  + 'No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Publishes the cluster's CA in the ConfigMap `kube-root-ca.crt` of every namespace. */
export async function startRootCaController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers, settings } = context;
  if (settings.rootCa === '') return;
  const client = context.clientFor(identity);
  const namespaceInformer = informers.informer(namespaces);
  const mapInformer = informers.informer(configmaps);
  const queue = new WorkQueue({ clock });
  const enqueueMap = (map: ConfigMap): void => { if (nameOf(map) === mapName) queue.add(namespaceOf(map)); };
  namespaceInformer.addHandler({ add: (namespace) => queue.add(keyOf(namespace)), update: (_old, namespace) => queue.add(keyOf(namespace)) });
  mapInformer.addHandler({ update: (_old, map) => enqueueMap(map), delete: enqueueMap });
  const data = { 'ca.crt': settings.rootCa };

  const reconcile = async (namespace: string): Promise<void> => {
    const object = namespaceInformer.lister.get('', namespace);
    if (object === undefined || object.status?.phase === 'Terminating' || object.metadata.deletionTimestamp !== undefined) return;
    const current = mapInformer.lister.getByKey(joinKey(namespace, mapName));
    if (current !== undefined) {
      if (semanticEqual(current.data, data) && (current.metadata.annotations?.[descriptionAnnotation] ?? '') !== '') return;
      await client.update(configmaps, { ...current, metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [descriptionAnnotation]: description } }, data });
      return;
    }
    try {
      await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: mapName, annotations: { [descriptionAnnotation]: description } }, data });
    } catch (error) {
      if (!isNamespaceTerminating(error) && !isReason(error, 'AlreadyExists')) throw error;
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [namespaceInformer, mapInformer], queue, reconcile });
}
