import { findCondition } from '../../api/meta/conditions.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { servicecidrs } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ServiceCIDR } from '../../api/types/networking/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import { createOwn, homeOf, ownContext } from '../bootstrap/own-objects.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Core } from '../core.ts';
import { trackWrite } from '../verbs/field-manager.ts';
import { updateObject } from '../verbs/update-object.ts';
import { updateRules } from '../verbs/update-rules.ts';
import { configuredCidrs, defaultCidrName } from './service-cidrs.ts';

const identity = 'kubernetes-service-cidr-controller';

export interface DefaultServiceCidrParts {
  readonly core: Core;
  readonly reader: ObjectReader;
  readonly serviceCidr: string | undefined;
  /** Records as `kubernetes-service-cidr-controller`. */
  readonly recorder: EventRecorder;
}

/**
 * The ServiceCIDR `kubernetes`, made from the server's options: created where it is missing, told to be ready where
 * nobody said anything, and given its second family; never changed otherwise.
 */
export class DefaultServiceCidr {
  readonly #parts: DefaultServiceCidrParts;
  readonly #cidrs: string[];
  readonly #reported = new Set<string>();
  #tail: Promise<void> = Promise.resolve();

  constructor(parts: DefaultServiceCidrParts) {
    this.#parts = parts;
    this.#cidrs = [...configuredCidrs(parts.serviceCidr)];
  }

  /** Resolves once it stands and has been looked at. */
  sync(): Promise<void> {
    this.#tail = this.#tail.catch(() => {}).then(() => this.#sync());
    return this.#tail;
  }

  async #sync(): Promise<void> {
    const { core, reader } = this.#parts;
    const read = (): ServiceCIDR | undefined => reader.get(servicecidrs, '', defaultCidrName);
    if (read() === undefined) {
      const made: ServiceCIDR & KubeObject = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: defaultCidrName }, spec: { cidrs: this.#cidrs } };
      try {
        await createOwn(core, made);
      } catch (error) {
        // Another server of the same cluster was quicker.
        if (!isReason(error, 'AlreadyExists')) throw error;
      }
    }
    const found = read();
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
    const cidrs = found.spec?.cidrs ?? [];
    if (this.#cidrs.length === 2 && cidrs.length === 1 && cidrs[0] === this.#cidrs[0]) await this.#upgrade(found);
    else if (cidrs.join(',') !== this.#cidrs.join(',')) this.#report(found, 'KubernetesDefaultServiceCIDRInconsistent', `The default ServiceCIDR [${cidrs.join(' ')}] does not match the controller flag configurations [${this.#cidrs.join(' ')}]`);
    else await this.#tellReady(found);
  }

  async #upgrade(found: ServiceCIDR): Promise<void> {
    try {
      await this.#write('', (object) => { object.spec = { cidrs: this.#cidrs }; });
    } catch (error) {
      this.#report(found, 'KubernetesDefaultServiceCIDRError', `The default ServiceCIDR can not be upgraded from ${this.#cidrs[0]} to dual stack [${this.#cidrs.join(' ')}] : ${(error as Error).message}`);
    }
  }

  async #tellReady(found: ServiceCIDR): Promise<void> {
    const ready = findCondition(found.status?.conditions, 'Ready');
    // Whoever said that it is not ready is to say that it is: the two would never end contradicting one another.
    if (ready?.status === 'False') this.#report(found, ready.reason, `Configuration matches, but ${ready.message}`);
    if (ready !== undefined && ready.status !== 'Unknown') return;
    const lastTransitionTime = formatTime(this.#parts.core.clock.now());
    await this.#write('status', (object) => {
      const others = (object.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
      object.status = { ...object.status, conditions: [...others, { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes default Service CIDR is ready', lastTransitionTime }] };
    });
  }

  async #write(subresource: string, change: (object: ServiceCIDR) => void): Promise<void> {
    const { core } = this.#parts;
    const served = homeOf(core, { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: {} });
    if (served === undefined) return;
    await updateObject(core, { served, namespace: '', name: defaultCidrName, subresource, rules: updateRules(served, subresource) ?? {}, allowCreate: false, desired: (current) => {
      const object = structuredClone(current!) as ServiceCIDR;
      change(object);
      trackWrite(core, { name: identity, served, subresource }, current, object);
      return object;
    } }, ownContext);
  }

  /** Each is told once in the life of a server. */
  #report(found: ServiceCIDR, reason: string, message: string): void {
    if (this.#reported.has(reason)) return;
    this.#reported.add(reason);
    this.#parts.recorder.event(found, 'Warning', reason, message);
  }
}
