import { milliValue, parseQuantity, value } from '../meta/quantity.ts';
import type { Container, Pod } from '../types/core/v1.ts';

/**
 * Amounts of resources as plain numbers: cpu in thousandths of a core, everything else in its own unit (bytes, pieces).
 * Absent means none.
 */
export type Amounts = Readonly<Record<string, number>>;

type Quantities = Readonly<Record<string, string>> | undefined;

/** Quantities repeat a lot ("100m", "128Mi"): each text is parsed once. Bounded, because texts come from users. */
const parsed = new Map<string, number>();
const maxParsed = 4096;

/** One quantity as a number. */
export function amountOf(resource: string, text: string): number {
  const key = resource === 'cpu' ? `m${text}` : text;
  let amount = parsed.get(key);
  if (amount === undefined) {
    const quantity = parseQuantity(text);
    amount = resource === 'cpu' ? milliValue(quantity) : value(quantity);
    if (parsed.size >= maxParsed) parsed.clear();
    parsed.set(key, amount);
  }
  return amount;
}

/** Quantities as numbers. */
export function amountsOf(quantities: Quantities): Record<string, number> {
  const result: Record<string, number> = {};
  if (quantities !== undefined) for (const resource in quantities) result[resource] = amountOf(resource, quantities[resource]!);
  return result;
}

function add(total: Record<string, number>, more: Amounts): void {
  for (const resource in more) total[resource] = (total[resource] ?? 0) + more[resource]!;
}

function raise(total: Record<string, number>, least: Amounts): void {
  for (const resource in least) total[resource] = Math.max(total[resource] ?? 0, least[resource]!);
}

const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/**
 * What a pod needs of a node: the sum of its containers, or the largest moment of its start-up (init containers run one
 * after the other beside the sidecars that started before them), plus overhead (upstream's resourcehelper.PodRequests).
 * Pod-level requests, where given, replace the sum. `pick`: which of a container's quantities count; default requests.
 * `ofPod`: what counts of the requests of the pod as a whole; default all that it states.
 */
export function podAmounts(pod: Pod, pick: (container: Container) => Quantities = (container) => container.resources?.requests, ofPod: Quantities = pod.spec?.resources?.requests): Record<string, number> {
  const total: Record<string, number> = {};
  const { spec } = pod;
  if (spec === undefined) return total;
  for (const container of spec.containers) add(total, amountsOf(pick(container)));
  if (spec.initContainers !== undefined) {
    const sidecars: Record<string, number> = {};
    const startUp: Record<string, number> = {};
    for (const container of spec.initContainers) {
      const own = amountsOf(pick(container));
      if (isSidecar(container)) {
        add(sidecars, own);
        raise(startUp, sidecars);
      } else {
        add(own, sidecars);
        raise(startUp, own);
      }
    }
    add(total, sidecars);
    raise(total, startUp);
  }
  if (ofPod !== undefined && spec.resources?.requests !== undefined) for (const resource in spec.resources.requests) total[resource] = amountOf(resource, ofPod[resource] ?? '0');
  if (spec.overhead !== undefined) add(total, amountsOf(spec.overhead));
  return total;
}
