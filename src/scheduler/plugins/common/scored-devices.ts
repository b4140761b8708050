import type { PodInfo } from '../../cache/pod-info.ts';
import { mayBeDevices } from '../../devices/device-classes.ts';
import type { Devices } from '../../devices/devices.ts';
import { loading } from '../../devices/devices.ts';
import type { Verdict } from '../../framework/verdict.ts';
import type { ResourceSpec } from './resource-scores.ts';

/** Of the resources that a plug-in scores, those that devices may stand for (KEP-5004): few are told to score any. */
export class ScoredDevices {
  readonly #plugin: string;
  readonly #resources: readonly string[];
  readonly #devices: Devices;

  constructor(plugin: string, specs: readonly ResourceSpec[], devices: Devices) {
    this.#plugin = plugin;
    this.#resources = specs.map(({ name }) => name).filter(mayBeDevices);
    this.#devices = devices;
  }

  get any(): boolean {
    return this.#resources.length > 0;
  }

  /** Do the pod's scores follow from devices, which come and go without the node's changing? */
  matterTo(pod: PodInfo): boolean {
    return this.any && this.#askedBy(pod).some((resource) => this.#devices.classFor(resource) !== undefined);
  }

  /** Keeps the pod out until it can be told which devices stand for what it asks for: upstream always can. */
  gate(pod: PodInfo): Verdict {
    const asked = this.#askedBy(pod);
    if (asked.length === 0) return undefined;
    if (!this.#devices.isKnown(this.#plugin)) return loading;
    const hasSelectors = asked.some((resource) => (this.#devices.classFor(resource)?.spec.selectors ?? []).length > 0);
    return hasSelectors && !this.#devices.isUnderstood(this.#plugin) ? loading : undefined;
  }

  #askedBy({ requests }: PodInfo): string[] {
    return this.#resources.filter((resource) => (requests[resource] ?? 0) > 0);
  }
}
