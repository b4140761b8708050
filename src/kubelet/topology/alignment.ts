import type { Hint, Hints } from './hints.ts';
import type { MachineTopology } from './machine-topology.ts';
import type { AlignmentPolicy, MergeRules } from './merge-hints.ts';
import { mergeHints } from './merge-hints.ts';
import { parseBoolean } from './parse-option.ts';

/** More NUMA nodes than this have more combinations than anybody wants to look through. */
const defaultMaxNumaNodes = 8;

/** `topologyManagerPolicy` other than none, with its scope and options. */
export interface AlignmentSettings {
  readonly policy: AlignmentPolicy;
  readonly scope: 'container' | 'pod';
  readonly options: Readonly<Record<string, string>>;
}

/** Brings what a container or a pod gets to the same NUMA nodes. */
export interface Alignment {
  readonly scope: 'container' | 'pod';
  /** Is what is admitted always on one NUMA node? */
  readonly isGuaranteed: boolean;
  /** Undefined when the pod must not have it. */
  merge(providers: readonly Hints[]): Hint | undefined;
}

/** Throws an Error, in upstream's words, for options that are none and for a machine that is too large. */
export function createAlignment({ policy, scope, options }: AlignmentSettings, { numaNodes }: MachineTopology): Alignment {
  const { preferClosest, maxNumaNodes } = readOptions(options);
  if (preferClosest && numaNodes.some(({ distances }) => distances.length === 0)) throw new Error('cannot discover NUMA topology: error getting NUMA distances from cadvisor');
  if (numaNodes.length > maxNumaNodes) throw new Error(`unsupported on machines with more than ${maxNumaNodes} NUMA Nodes`);
  const rules: MergeRules = {
    policy,
    numaNodes: numaNodes.map(({ id }) => id),
    ...(preferClosest && { distances: new Map(numaNodes.map(({ id, distances }) => [id, distances])) }),
  };
  return {
    scope,
    isGuaranteed: policy === 'single-numa-node',
    merge(providers) {
      const { hint, isAdmitted } = mergeHints(rules, providers);
      return isAdmitted ? hint : undefined;
    },
  };
}

/** Throws an Error for what is no option. */
export function readOptions(written: Readonly<Record<string, string>>): { readonly preferClosest: boolean; readonly maxNumaNodes: number } {
  let preferClosest = false;
  let maxNumaNodes = defaultMaxNumaNodes;
  for (const [name, text] of Object.entries(written)) {
    switch (name) {
      case 'prefer-closest-numa-nodes':
        preferClosest = parseBoolean(name, text);
        break;
      case 'max-allowable-numa-nodes':
        if (!/^[+-]?\d+$/.test(text)) throw new Error(`unable to convert policy option to integer ${JSON.stringify(name)}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
        maxNumaNodes = Number(text);
        if (maxNumaNodes < defaultMaxNumaNodes) throw new Error(`the minimum value of ${JSON.stringify(name)} should not be less than ${defaultMaxNumaNodes}`);
        break;
      default:
        throw new Error(`unknown Topology Manager Policy option: ${JSON.stringify(name)}`);
    }
  }
  return { preferClosest, maxNumaNodes };
}
