import { parseCpuSet } from '../cpus/cpu-set.ts';
import { readCpuPolicyOptions } from '../cpus/policy-options.ts';
import type { CpuPolicyGates } from '../cpus/policy-options.ts';
import { readReservedMemory } from '../memory/reserved-memory.ts';
import type { ManagerSettings } from '../resource-managers/settings.ts';
import { readOptions } from '../topology/alignment.ts';
import type { AlignmentPolicy } from '../topology/merge-hints.ts';
import type { Json } from './values.ts';
import { duration, map, optional, string, wrong } from './values.ts';

interface Gates extends CpuPolicyGates { readonly DisableCPUQuotaWithExclusiveCPUs?: boolean }

const gateNames: readonly (keyof Gates)[] = ['CPUManagerPolicyAlphaOptions', 'CPUManagerPolicyBetaOptions', 'DisableCPUQuotaWithExclusiveCPUs'];
const alignmentPolicies: readonly AlignmentPolicy[] = ['best-effort', 'restricted', 'single-numa-node'];

/** Who has which part of the machine; undefined when nothing is said of it. Throws an Error, worded as upstream. */
export function readManagers(config: Json): ManagerSettings | undefined {
  const gates = readGates(config);
  const settings: ManagerSettings = {
    ...optional('cpu', readCpuPolicy(config, gates)),
    ...optional('reservedSystemCpus', readReservedCpus(config)),
    ...optional('memory', readMemoryPolicy(config)),
    ...optional('alignment', readAlignment(config)),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** Of the feature gates those that change something here; another one is refused by name. */
function readGates(config: Json): Gates {
  const written = config['featureGates'] ?? {};
  if (typeof written !== 'object' || Array.isArray(written)) throw wrong('featureGates', 'names with true or false', written);
  for (const [name, value] of Object.entries(written)) {
    if (typeof value !== 'boolean') throw wrong(`featureGates.${name}`, 'true or false', value);
    if (!(gateNames as readonly string[]).includes(name)) throw new Error(`not supported: featureGates: ${JSON.stringify({ [name]: value })}`);
  }
  return written;
}

function readCpuPolicy(config: Json, gates: Gates): ManagerSettings['cpu'] {
  const policy = string(config, 'cpuManagerPolicy') || 'none';
  const written = map(config, 'cpuManagerPolicyOptions') ?? {};
  switch (policy) {
    case 'none': {
      if (Object.keys(written).length > 0) throw new Error(`new none policy error: None policy: received unsupported options=map[${Object.entries(written).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}:${value}`).join(' ')}]`);
      return undefined;
    }
    case 'static':
      return { options: readCpuPolicyOptions(written, gates), ...optional('reconcileMs', duration(config, 'cpuManagerReconcilePeriod')), ...(gates.DisableCPUQuotaWithExclusiveCPUs === false && { keepsQuota: true }) };
    default:
      throw new Error(`unknown policy: "${policy}"`);
  }
}

function readReservedCpus(config: Json): readonly number[] | undefined {
  const text = string(config, 'reservedSystemCPUs') ?? '';
  if (text === '') return undefined;
  try {
    return parseCpuSet(text);
  } catch (error) {
    throw new Error(`invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) ${text}, error: ${(error as Error).message}`, { cause: error });
  }
}

function readMemoryPolicy(config: Json): ManagerSettings['memory'] {
  const policy = string(config, 'memoryManagerPolicy') || 'None';
  const reserved = readReservedMemory(config['reservedMemory'] ?? []);
  switch (policy) {
    // Without a policy upstream does not look at what is reserved either.
    case 'None':
    case 'none':
      return undefined;
    case 'Static':
      return { reserved };
    default:
      throw new Error(`unknown policy: "${policy}"`);
  }
}

function readAlignment(config: Json): ManagerSettings['alignment'] {
  const quoted = (texts: readonly string[]): string => texts.map((text) => JSON.stringify(text)).join(' ');
  const policy = string(config, 'topologyManagerPolicy') || 'none';
  if (policy !== 'none' && !isAlignmentPolicy(policy)) throw new Error(`invalid configuration: topologyManagerPolicy (--topology-manager-policy) ${JSON.stringify(policy)} must be one of: [${quoted(['none', ...alignmentPolicies])}]`);
  const scope = string(config, 'topologyManagerScope') || 'container';
  if (scope !== 'container' && scope !== 'pod') throw new Error(`invalid configuration: topologyManagerScope (--topology-manager-scope) ${JSON.stringify(scope)} must be one of: "container", or "pod"`);
  if (policy === 'none') return undefined;
  const options = map(config, 'topologyManagerPolicyOptions') ?? {};
  readOptions(options);
  return { policy, scope, options };
}

function isAlignmentPolicy(text: string): text is AlignmentPolicy {
  return (alignmentPolicies as readonly string[]).includes(text);
}
