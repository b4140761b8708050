import type { AlignmentPolicy } from '../topology/merge-hints.ts';
import { parseBoolean } from '../topology/parse-option.ts';
import type { CpuTopology } from './cpu-topology.ts';

const maturity = {
  'full-pcpus-only': 'stable',
  'strict-cpu-reservation': 'stable',
  'prefer-align-cpus-by-uncorecache': 'stable',
  'distribute-cpus-across-numa': 'beta',
  'align-by-socket': 'alpha',
  'distribute-cpus-across-cores': 'alpha',
} as const;

type Option = keyof typeof maturity;

/** The options that are on. */
export type CpuPolicyOptions = ReadonlySet<Option>;

/** Of the feature gates, those that options of the static policy need. */
export interface CpuPolicyGates { readonly CPUManagerPolicyAlphaOptions?: boolean; readonly CPUManagerPolicyBetaOptions?: boolean }

const exclusive: readonly (readonly [Option, Option])[] = [
  ['full-pcpus-only', 'distribute-cpus-across-cores'],
  ['distribute-cpus-across-numa', 'distribute-cpus-across-cores'],
  ['prefer-align-cpus-by-uncorecache', 'distribute-cpus-across-cores'],
  ['prefer-align-cpus-by-uncorecache', 'distribute-cpus-across-numa'],
];

/** Reads `cpuManagerPolicyOptions` of the static policy. Throws an Error in upstream's words. */
export function readCpuPolicyOptions(written: Readonly<Record<string, string>>, gates: CpuPolicyGates = {}): CpuPolicyOptions {
  const options = new Set<Option>();
  for (const [name, text] of Object.entries(written)) {
    if (!isOption(name)) throw new Error(`unknown CPU Manager Policy option: ${JSON.stringify(name)}`);
    if (maturity[name] === 'alpha' && gates.CPUManagerPolicyAlphaOptions !== true) throw new Error(`CPU Manager Policy Alpha-level Options not enabled, but option ${JSON.stringify(name)} provided`);
    if (maturity[name] === 'beta' && gates.CPUManagerPolicyBetaOptions === false) throw new Error(`CPU Manager Policy Beta-level Options not enabled, but option ${JSON.stringify(name)} provided`);
    if (parseBoolean(name, text)) options.add(name);
  }
  for (const [one, other] of exclusive) if (options.has(one) && options.has(other)) throw new Error(`static policy options ${one} and ${other} can not be used at the same time`);
  return options;
}

/** Throws an Error for options that this machine, or the policy of alignment, cannot follow. */
export function checkCpuPolicyOptions(options: CpuPolicyOptions, topology: CpuTopology, alignment: AlignmentPolicy | undefined): void {
  if (!options.has('align-by-socket')) return;
  if (alignment === 'single-numa-node') throw new Error('Topolgy manager single-numa-node policy is incompatible with CPUManager align-by-socket policy option');
  if (topology.socketCount > topology.numaNodes.length) throw new Error('Align by socket is not compatible with hardware where number of sockets are more than number of NUMA');
}

function isOption(name: string): name is Option {
  return Object.hasOwn(maturity, name);
}
