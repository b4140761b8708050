import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import { selectorFromLabels } from '../../api/meta/labels.ts';
import { keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { endpoints, pods, services } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import type { Endpoints, Service } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound, isNamespaceTerminating } from '../common/errors.ts';
import { hasSelector, headlessLabel, isHeadless, lastChangeTriggerTimeAnnotation, watchPodsForServices } from '../common/service-endpoints.ts';
import { TriggerTimes } from '../common/trigger-time.ts';
import { subsetsOf } from './subsets.ts';

const identity = 'endpoint-controller';
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';
const managedByLabel = 'endpoints.kubernetes.io/managed-by';

/** Keeps one Endpoints object for each service that has a selector. */
export async function startEndpointsController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const serviceInformer = informers.informer(services);
  const podInformer = informers.informer(pods);
  const endpointsInformer = informers.informer(endpoints);
  const queue = new WorkQueue({ clock });
  const triggerTimes = new TriggerTimes();

  serviceInformer.addHandler({
    add: (service) => queue.add(keyOf(service)),
    update: (_old, service) => queue.add(keyOf(service)),
    delete: (service) => queue.add(keyOf(service)),
  });
  watchPodsForServices(podInformer, serviceInformer, (key) => queue.add(key));
  // Somebody else removed them: make them again.
  endpointsInformer.addHandler({ delete: (object) => queue.add(keyOf(object)) });

  const desired = (key: string, service: Service, current: Endpoints | undefined): Endpoints => {
    const { namespace } = splitKey(key);
    const selected = podInformer.lister.list(namespace).filter((pod) => selectorFromLabels(service.spec?.selector).matches(pod.metadata.labels));
    const { subsets, truncated } = subsetsOf(service, selected);
    const triggerMs = triggerTimes.compute(key, service, selected);
    const { [overCapacityAnnotation]: _over, [lastChangeTriggerTimeAnnotation]: _time, ...kept } = current?.metadata.annotations ?? {};
    const annotations = {
      ...kept,
      ...(triggerMs !== undefined && { [lastChangeTriggerTimeAnnotation]: formatTime(triggerMs) }),
      ...(truncated && { [overCapacityAnnotation]: 'truncated' }),
    };
    const { [headlessLabel]: _headless, ...labels } = service.metadata.labels ?? {};
    const metadata = {
      ...current?.metadata,
      namespace: namespaceOf(service),
      name: nameOf(service),
      labels: { ...labels, ...(isHeadless(service) && { [headlessLabel]: '' }), [managedByLabel]: identity },
      annotations,
    };
    if (Object.keys(annotations).length > 0) return { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets };
    const { annotations: _none, ...bare } = metadata;
    return { apiVersion: 'v1', kind: 'Endpoints', metadata: bare, subsets };
  };

  const reconcile = async (key: string): Promise<void> => {
    const { namespace, name } = splitKey(key);
    const service = serviceInformer.lister.get(namespace, name);
    if (service === undefined) {
      triggerTimes.forget(key);
      if (endpointsInformer.lister.get(namespace, name) === undefined) return;
      await client.delete(endpoints, { namespace, name }).catch(ignoreNotFound);
      return;
    }
    if (!hasSelector(service)) return;
    const current = endpointsInformer.lister.get(namespace, name);
    const next = desired(key, service, current);
    const unchanged = current !== undefined && semanticEqual(current.subsets, next.subsets) && mapsEqual(current.metadata.labels, next.metadata.labels)
      && current.metadata.annotations?.[overCapacityAnnotation] === next.metadata.annotations?.[overCapacityAnnotation];
    if (unchanged) return;
    try {
      if (current === undefined) await client.create(endpoints, next);
      else await client.update(endpoints, next);
    } catch (error) {
      // In a namespace that is being deleted nothing can be created, and nothing needs to be.
      if (isNamespaceTerminating(error)) return;
      if (error instanceof ApiError && error.reason !== 'Conflict' && error.reason !== 'AlreadyExists') {
        const [reason, verb] = current === undefined ? ['FailedToCreateEndpoint', 'create'] : ['FailedToUpdateEndpoint', 'update'];
        recorder.event(service, 'Warning', reason!, `Failed to ${verb} endpoint ${key}: ${error.message}`);
      }
      throw error;
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [serviceInformer, podInformer, endpointsInformer], queue, reconcile });
}
