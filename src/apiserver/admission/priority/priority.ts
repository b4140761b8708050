import { pods, priorityclasses } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { PriorityClass } from '../../../api/types/scheduling/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';

/** The two classes that every cluster has; made by the server at start. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
];

/** The default class; of several, left by a race, the lowest. */
function globalDefault(reader: ObjectReader): PriorityClass | undefined {
  let found: PriorityClass | undefined;
  for (const one of reader.list(priorityclasses)) if (one.globalDefault === true && (found === undefined || (found.value ?? 0) > (one.value ?? 0))) found = one;
  return found;
}

function admitNewPod(reader: ObjectReader, attributes: AdmissionAttributes): void {
  const pod = attributes.object as Pod;
  const { spec } = pod;
  if (spec === undefined) return;
  const named = spec.priorityClassName ?? '';
  const priorityClass = named === '' ? globalDefault(reader) : reader.get(priorityclasses, '', named);
  if (named !== '' && priorityClass === undefined) throw refusal(attributes, `no PriorityClass with name ${named} was found`);
  const priority = priorityClass?.value ?? 0;
  if (named === '' && priorityClass?.metadata.name !== undefined) spec.priorityClassName = priorityClass.metadata.name;
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refusal(attributes, `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`);
  }
  spec.priority = priority;
  // Without a class upstream takes the default policy, too.
  const policy = priorityClass === undefined ? 'PreemptLowerPriority' : priorityClass.preemptionPolicy;
  if (policy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refusal(attributes, `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
  }
  spec.preemptionPolicy = policy;
}

/** Turns a pod's class into its priority, and keeps the default class single. */
export function priority(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  const { reader } = options;
  return {
    name: 'Priority',
    handles: concernedBy(['CREATE', 'UPDATE'], pods, priorityclasses),
    admit: (attributes) => {
      if (attributes.resource !== pods.resource) return;
      if (attributes.operation === 'CREATE') {
        admitNewPod(reader, attributes);
      } else {
        // What this plug-in set at creation stays, though an update that was written by hand does not hold it.
        const { spec } = attributes.object as Pod;
        const previous = (attributes.oldObject as Pod | undefined)?.spec;
        if (spec === undefined || previous === undefined) return;
        if (spec.priority === undefined && previous.priority !== undefined) spec.priority = previous.priority;
        if (spec.preemptionPolicy === undefined && previous.preemptionPolicy !== undefined) spec.preemptionPolicy = previous.preemptionPolicy;
      }
    },
    validate: (attributes) => {
      if (attributes.resource !== priorityclasses.resource) return;
      const priorityClass = attributes.object as PriorityClass;
      if (priorityClass.globalDefault !== true) return;
      const current = globalDefault(reader);
      if (current !== undefined && (attributes.operation === 'CREATE' || current.metadata.name !== priorityClass.metadata.name)) {
        throw refusal(attributes, `PriorityClass ${current.metadata.name} is already marked as default. Only one default can exist`);
      }
    },
  };
}
