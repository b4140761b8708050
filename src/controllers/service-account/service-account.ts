import { joinKey, keyOf, namespaceOf, nameOf } from '../../api/meta/object.ts';
import { namespaces, serviceaccounts } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isNamespaceTerminating } from '../common/errors.ts';

const identity = 'service-account-controller';
const accountName = 'default';

/** Keeps a service account `default` in every namespace that is not being deleted. */
export async function startServiceAccountController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const namespaceInformer = informers.informer(namespaces);
  const accountInformer = informers.informer(serviceaccounts);
  const queue = new WorkQueue({ clock });
  namespaceInformer.addHandler({ add: (namespace) => queue.add(keyOf(namespace)), update: (_old, namespace) => queue.add(keyOf(namespace)) });
  accountInformer.addHandler({ delete: (account) => { if (nameOf(account) === accountName) queue.add(namespaceOf(account)); } });

  const reconcile = async (namespace: string): Promise<void> => {
    const object = namespaceInformer.lister.get('', namespace);
    if (object === undefined || object.status?.phase === 'Terminating' || object.metadata.deletionTimestamp !== undefined) return;
    if (accountInformer.lister.getByKey(joinKey(namespace, accountName)) !== undefined) return;
    try {
      await client.create(serviceaccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: accountName } });
    } catch (error) {
      if (!isNamespaceTerminating(error) && !isReason(error, 'AlreadyExists')) throw error;
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [namespaceInformer, accountInformer], queue, reconcile });
}
