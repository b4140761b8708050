import { milliValue } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { HostCgroups } from '../host.ts';
import { sharesOf } from './linux-resources.ts';
import { qosClassOf } from './qos.ts';
import { podResources } from './quantities.ts';

/** Keeps what burstable pods weigh together at what they ask for together (upstream's QOSContainerManager). */
export class QosCgroups {
  readonly #cgroups: HostCgroups;
  readonly #root: string;
  readonly #pods: () => Iterable<Pod>;
  #written: number | undefined;

  /** `pods`: those that run here, with what they were granted. */
  constructor(cgroups: HostCgroups, root: string, pods: () => Iterable<Pod>) {
    this.#cgroups = cgroups;
    this.#root = root;
    this.#pods = pods;
  }

  /** Brings the weight up to date; costs nothing where it is. */
  async update(): Promise<void> {
    let milliCpu = 0;
    for (const pod of this.#pods()) if (qosClassOf(pod) === 'Burstable') milliCpu += milliValue(podResources(pod, 'requests')['cpu'] ?? '0');
    const shares = sharesOf(milliCpu);
    if (shares === this.#written) return;
    this.#written = shares;
    await this.#cgroups.weighBurstable(this.#root, shares);
  }
}
