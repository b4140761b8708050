import { semanticEqual } from '../../api/meta/equal.ts';
import { uidOf } from '../../api/meta/object.ts';
import { csinodes, nodes } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { CSINode, CSINodeDriver } from '../../api/types/storage/v1.ts';
import type { Client } from '../../client/client.ts';
import type { NodeGetInfoResponse } from '../plugins/generated/csi.ts';

const nodeIdAnnotation = 'csi.volume.kubernetes.io/nodeid';
const maxAttempts = 5;

/** What the API knows of this node's CSI drivers: the CSINode object, and the node's annotation and topology labels. */
export class CsiNode {
  readonly #client: Client;
  readonly #nodeName: string;
  readonly #node: () => Node | undefined;

  constructor(options: { readonly client: Client; readonly nodeName: string; readonly node: () => Node | undefined }) {
    this.#client = options.client;
    this.#nodeName = options.nodeName;
    this.#node = options.node;
  }

  /** Says that the driver is here. Rejects when the API does not take it, or when the driver contradicts the node's labels. */
  async add(name: string, { nodeId, maxVolumesPerNode, accessibleTopology }: NodeGetInfoResponse): Promise<void> {
    if (nodeId === '') throw new Error(`error adding CSI driver node info: driver ${name} gave no node id`);
    const topology = accessibleTopology?.segments ?? {};
    const topologyKeys = Object.keys(topology).sort();
    const labels = this.#node()?.metadata.labels ?? {};
    for (const [key, value] of Object.entries(topology)) if (labels[key] !== undefined && labels[key] !== value) throw new Error(`detected topology value collision: driver reported ${JSON.stringify(key)}:${JSON.stringify(value)} but existing label is ${JSON.stringify(key)}:${JSON.stringify(labels[key])}`);
    await this.#annotate((ids) => ({ ...ids, [name]: nodeId }), topology);
    const driver: CSINodeDriver = { name, nodeID: nodeId, topologyKeys, ...(maxVolumesPerNode > 0 && { allocatable: { count: maxVolumesPerNode } }) };
    await this.#update((drivers) => [...drivers.filter((other) => other.name !== name), driver]);
  }

  /** Says that the driver is no longer here. */
  async remove(name: string): Promise<void> {
    await this.#update((drivers) => drivers.filter((other) => other.name !== name));
    await this.#annotate(({ [name]: _gone, ...ids }) => ids, {});
  }

  async #annotate(change: (ids: Readonly<Record<string, string>>) => Record<string, string>, labels: Readonly<Record<string, string>>): Promise<void> {
    const written = (await this.#client.get(nodes, { name: this.#nodeName })).metadata;
    const before = written.annotations?.[nodeIdAnnotation];
    const ids = change(before === undefined ? {} : JSON.parse(before) as Record<string, string>);
    const text = Object.keys(ids).length === 0 ? null : JSON.stringify(ids);
    if ((before ?? null) === text && Object.entries(labels).every(([key, value]) => written.labels?.[key] === value)) return;
    await this.#client.patch(nodes, { name: this.#nodeName }, { type: 'strategic', value: { metadata: { annotations: { [nodeIdAnnotation]: text }, labels } } });
  }

  async #update(change: (drivers: readonly CSINodeDriver[]) => CSINodeDriver[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const found = await this.#client.get(csinodes, { name: this.#nodeName }).catch((error: unknown) => {
          if (isReason(error, 'NotFound')) return undefined;
          throw error;
        });
        const drivers = change(found?.spec.drivers ?? []);
        if (found === undefined) await this.#client.create(csinodes, this.#made(drivers));
        else if (!semanticEqual(found.spec.drivers, drivers)) await this.#client.update(csinodes, { ...found, spec: { ...found.spec, drivers } });
        return;
      } catch (error) {
        if (attempt >= maxAttempts || !(isReason(error, 'Conflict') || isReason(error, 'AlreadyExists'))) throw error;
      }
    }
  }

  #made(drivers: CSINodeDriver[]): CSINode {
    const node = this.#node();
    return {
      apiVersion: 'storage.k8s.io/v1', kind: 'CSINode',
      metadata: { name: this.#nodeName, ...(node !== undefined && { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.#nodeName, uid: uidOf(node) }] }) },
      spec: { drivers },
    };
  }
}
