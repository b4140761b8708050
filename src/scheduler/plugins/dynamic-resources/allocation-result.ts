import type { Quantity } from '../../../api/meta/quantity.ts';
import { formatQuantity } from '../../../api/meta/quantity.ts';
import type { Node, NodeSelector, NodeSelectorRequirement } from '../../../api/types/core/v1.ts';
import type { AllocationResult, DeviceAllocationConfiguration, DeviceRequestAllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Consumed } from '../../devices/consumable-capacity.ts';
import type { ReachableDevice } from '../../devices/pools.ts';
import type { Taken } from './taken.ts';

/** Who has a part of a device gets a name for it when it is decided that he does. */
const unnamedShare = '';

const text = (amount: Quantity | string): string => (typeof amount === 'string' ? amount : formatQuantity(amount));
const texts = (consumed: Consumed): Record<string, string> => Object.fromEntries([...consumed].map(([name, amount]) => [name, text(amount)]));

function resultOf({ alternative: { names, request }, device: { driver, pool, device }, consumed }: Taken): DeviceRequestAllocationResult {
  const { bindingConditions, bindingFailureConditions } = device;
  return {
    request: names[0]!, driver, pool, device: device.name,
    ...(consumed !== undefined && { shareID: unnamedShare }),
    ...(consumed !== undefined && consumed.size > 0 && { consumedCapacity: texts(consumed) }),
    ...(request.adminAccess === true && { adminAccess: true }),
    ...(request.tolerations !== undefined && { tolerations: request.tolerations }),
    ...(bindingConditions !== undefined && { bindingConditions }),
    ...(bindingFailureConditions !== undefined && { bindingFailureConditions }),
  };
}

/** What is written into the claim's status. */
export function allocationOf({ spec }: ResourceClaim, taken: readonly Taken[], node: Node): AllocationResult {
  const chosen = [...new Map(taken.map(({ alternative }) => [alternative.names[0]!, alternative])).values()];
  const config: DeviceAllocationConfiguration[] = [];
  for (const deviceClass of new Set(chosen.map((alternative) => alternative.deviceClass))) {
    const requests = chosen.filter((alternative) => alternative.deviceClass === deviceClass).map(({ names }) => names[0]!);
    for (const one of deviceClass.spec.config ?? []) config.push({ ...one, source: 'FromClass', requests });
  }
  const names = new Set(chosen.flatMap((alternative) => alternative.names));
  for (const one of spec.devices?.config ?? []) if ((one.requests ?? []).length === 0 || one.requests?.some((name) => names.has(name)) === true) config.push({ ...one, source: 'FromClaim' });
  const nodeSelector = selectorOf(taken.map(({ device }) => device), node);
  return { devices: { results: taken.map(resultOf), ...(config.length > 0 && { config }) }, ...(nodeSelector !== undefined && { nodeSelector }) };
}

/** From where all of the devices are reached; undefined: from everywhere. */
function selectorOf(devices: readonly ReachableDevice[], { metadata: { name = '' } }: Node): NodeSelector | undefined {
  const isLocal = devices.some(({ nodeName, device }) => (nodeName !== undefined && nodeName !== '') || device.bindsToNode === true);
  if (isLocal) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] };
  const terms = devices.flatMap(({ nodeSelector }) => nodeSelector?.nodeSelectorTerms[0] ?? []);
  const unique = (requirements: readonly NodeSelectorRequirement[]): NodeSelectorRequirement[] => [...new Map(requirements.map((one) => [JSON.stringify(one), one])).values()];
  const matchFields = unique(terms.flatMap((term) => term.matchFields ?? []));
  const matchExpressions = unique(terms.flatMap((term) => term.matchExpressions ?? []));
  if (matchFields.length === 0 && matchExpressions.length === 0) return undefined;
  return { nodeSelectorTerms: [{ ...(matchFields.length > 0 && { matchFields }), ...(matchExpressions.length > 0 && { matchExpressions }) }] };
}

/** Every part of a device that is given to somebody gets a name of its own. */
export function withShares(allocation: AllocationResult, newName: () => string): AllocationResult {
  const { devices } = allocation;
  if (devices?.results?.some(({ shareID }) => shareID === unnamedShare) !== true) return allocation;
  return { ...allocation, devices: { ...devices, results: devices.results.map((result) => (result.shareID === unnamedShare ? { ...result, shareID: newName() } : result)) } };
}
