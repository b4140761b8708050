import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { findCondition } from '../../api/meta/conditions.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { keyOf, nameOf } from '../../api/meta/object.ts';
import { csidrivers, nodes, persistentvolumeclaims, persistentvolumes, pods, volumeattachments } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { VolumeAttachment } from '../../api/types/storage/v1.ts';
import { counterVector, countersFamily } from '../../base/metric-vector.ts';
import type { ControllerContext } from '../common/context.ts';
import { runOnceSynced } from '../common/run-once-synced.ts';
import { Passes } from '../common/passes.ts';
import { mayAttach } from './attachable.ts';
import { Reconciler } from './reconciler.ts';

const identity = 'attachdetach-controller';
const periodMs = 100;

/** What of a node the controller looks at. */
const facts = ({ metadata, status, spec }: Node): unknown => [metadata.annotations?.['volumes.kubernetes.io/controller-managed-attach-detach'], status?.volumesInUse, status?.volumesAttached, spec?.taints, findCondition(status?.conditions, 'Ready')?.status];

/**
 * Attaches volumes to the nodes whose pods use them, and detaches them once no pod of the node does: by VolumeAttachment
 * objects that CSI drivers carry out, and by what nodes are told in `status.volumesAttached`.
 */
export async function startAttachDetachController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const named = logger.named(identity);
  const podInformer = informers.informer(pods);
  const nodeInformer = informers.informer(nodes);
  const claims = informers.informer(persistentvolumeclaims);
  const volumes = informers.informer(persistentvolumes);
  const drivers = informers.informer(csidrivers);
  const attachments = informers.informer(volumeattachments);
  /** Those that may want something attached, by key. */
  const users = new Map<string, Pod>();
  const passes = new Passes({ clock, logger: named, signal, periodMs, pass: () => reconciler.pass(), nextDueMs: (nowMs) => reconciler.nextDueMs(nowMs) });
  const forced = counterVector('reason');
  context.scraped([countersFamily('attach_detach_controller_attachdetach_controller_forced_detaches', '[ALPHA] Volumes that were taken from nodes without asking whether they use them.', forced)]);
  const reconciler = new Reconciler({
    client, clock, logger: named, recorder: recorderFor(context, client, identity), users, forced, wake: () => passes.wake(),
    nodes: nodeInformer.lister, attachments: attachments.lister, listers: { claims: claims.lister, volumes: volumes.lister, drivers: drivers.lister },
  });
  const wake = (): void => passes.wake();
  const wakeIfUsed = (): void => { if (users.size > 0) passes.wake(); };

  const podSeen = (pod: Pod): void => {
    if (!mayAttach(pod) || (pod.spec?.nodeName ?? '') === '') return;
    users.set(keyOf(pod), pod);
    passes.wake();
  };
  podInformer.addHandler({
    add: podSeen,
    update: (_old, pod) => podSeen(pod),
    delete: (pod) => { if (users.delete(keyOf(pod))) passes.wake(); },
  });
  const nodeSeen = (node: Node): void => {
    reconciler.nodeSeen(node);
    passes.wake();
  };
  nodeInformer.addHandler({ add: nodeSeen, update: (old, node) => { if (!semanticEqual(facts(old), facts(node))) nodeSeen(node); }, delete: wake });
  for (const informer of [claims, volumes, drivers]) informer.addHandler({ add: wakeIfUsed, update: wakeIfUsed, delete: wakeIfUsed });
  const attachmentSeen = (attachment: VolumeAttachment): void => { if (nameOf(attachment).startsWith('csi-')) passes.wake(); };
  attachments.addHandler({ add: attachmentSeen, update: (_old, attachment) => attachmentSeen(attachment), delete: attachmentSeen });

  const start = (): void => {
    reconciler.populate();
    passes.start();
  };
  runOnceSynced({ informers: [podInformer, nodeInformer, claims, volumes, drivers, attachments], logger: named, signal, start });
}
