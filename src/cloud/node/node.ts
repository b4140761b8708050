import { nameOf } from '../../api/meta/object.ts';
import { nodes } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node, NodeAddress } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { CloudContext } from '../context.ts';
import type { InstanceMetadata, Instances } from '../contract.ts';
import { forEachPeriod } from '../periodically.ts';
import { addressesDiffer, nodeAddresses } from './addresses.ts';

const identity = 'cloud-node-controller';
/** Keeps pods away until the cloud has said what the node is. */
export const uninitializedTaint = 'node.cloudprovider.kubernetes.io/uninitialized';

/** Labels in pairs: the second follows the first, as it was called before. */
const labelPairs = {
  zone: ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  region: ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  instanceType: ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
} as const;

const isUninitialized = (node: Node): boolean => node.spec?.taints?.some(({ key }) => key === uninitializedTaint) === true;

/** Tells new nodes what the cloud knows of them, lets pods onto them then, and keeps their addresses and labels up to date. */
export async function startCloudNodeController(context: CloudContext): Promise<void> {
  const { cloud: { instances }, clock, logger: parent, signal, informers, settings } = context;
  if (instances === undefined) return;
  const logger = parent.named(identity);
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const informer = informers.informer(nodes);
  const queue = new WorkQueue({ clock });
  const enqueue = (node: Node): void => queue.add(nameOf(node));
  informer.addHandler({ add: enqueue, update: (_old, node) => enqueue(node) });

  const reconcile = async (name: string): Promise<void> => {
    const node = informer.lister.get('', name);
    if (node === undefined) return;
    if (!isUninitialized(node)) return followLabels(client, node);
    const metadata = await metadataOf(instances, node);
    if (metadata === undefined) return;
    const initialized = await client.update(nodes, initialize(node, metadata, (label) => logger.warn('a label of the cloud is left out', { node: name, label })));
    // At once, so that nobody sees the node without its addresses for long.
    await writeAddresses(client, initialized, metadata.addresses);
    recorder.event(node, 'Normal', 'Synced', 'Node synced successfully');
  };
  runController({ name: identity, clock, logger: parent, signal, informers: [informer], queue, workers: 1, reconcile });
  forEachPeriod(context, settings.nodeStatusUpdateFrequencyMs, informer, async () => {
    for (const node of informer.lister.list().filter((one) => !isUninitialized(one))) {
      try {
        await writeAddresses(client, node, (await instances.metadata(node))?.addresses ?? []);
      } catch (error) {
        logger.warn('the addresses of a node could not be brought up to date', { node: nameOf(node), error });
      }
    }
  });
}

async function metadataOf(instances: Instances, node: Node): Promise<InstanceMetadata | undefined> {
  let metadata: InstanceMetadata | undefined;
  try {
    metadata = await instances.metadata(node);
  } catch (error) {
    throw new Error(`failed to get instance metadata for node ${nameOf(node)}: ${(error as Error).message}`, { cause: error });
  }
  // Without it, a node would lose its taint and never get one: it can be set once only.
  if (metadata?.providerId === '' && (node.spec?.providerID ?? '') === '') throw new Error(`cloud provider does not set node provider ID for node ${nameOf(node)}`);
  return metadata;
}

/** The node with what the cloud knows, and without the taint. Throws when the cloud does not know the address that its kubelet was told. */
function initialize(node: Node, metadata: InstanceMetadata, refused: (label: string) => void): Node {
  nodeAddresses(node, metadata.addresses);
  const labels: Record<string, string> = { ...node.metadata.labels };
  for (const [what, pair] of Object.entries(labelPairs)) {
    const value = metadata[what as keyof typeof labelPairs];
    if (value !== undefined && value !== '') for (const label of pair) labels[label] = value;
  }
  for (const [label, value] of Object.entries(metadata.labels ?? {})) {
    if (/(^|\.)(kubernetes|k8s)\.io\//.test(label) || (labels[label] !== undefined && labels[label] !== value)) refused(label);
    else labels[label] = value;
  }
  const providerID = (node.spec?.providerID ?? '') === '' ? metadata.providerId : node.spec?.providerID;
  return {
    ...node,
    metadata: { ...node.metadata, labels },
    spec: { ...node.spec, ...(providerID !== undefined && providerID !== '' && { providerID }), taints: (node.spec?.taints ?? []).filter(({ key }) => key !== uninitializedTaint) },
  };
}

async function followLabels(client: Client, node: Node): Promise<void> {
  const { labels = {} } = node.metadata;
  const late = Object.values(labelPairs).filter(([leading, following]) => labels[leading] !== undefined && labels[leading] !== labels[following]);
  if (late.length === 0) return;
  await client.patch(nodes, { name: nameOf(node) }, { type: 'strategic', value: { metadata: { labels: Object.fromEntries(late.map(([leading, following]) => [following, labels[leading]])) } } });
}

async function writeAddresses(client: Client, node: Node, offered: readonly NodeAddress[]): Promise<void> {
  if (offered.length === 0) return;
  const wanted = nodeAddresses(node, offered);
  if (!addressesDiffer(node.status?.addresses ?? [], wanted)) return;
  // As a whole: merged by type, two addresses of one type would become one.
  await client.patch(nodes, { name: nameOf(node) }, { type: 'merge', value: { status: { addresses: wanted } } }, { subresource: 'status' }).catch((error: unknown) => {
    if (!isReason(error, 'NotFound')) throw error;
  });
}
