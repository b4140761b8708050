import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { AdmissionPlugin } from './admission.ts';
import { defaultStorageClass } from './default-storage-class/default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction/node-restriction.ts';
import { notSupported } from './not-supported/not-supported.ts';
import { priority } from './priority/priority.ts';
import { runtimeClass } from './runtime-class/runtime-class.ts';
import { serviceAccount } from './service-account/service-account.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition/taint-nodes-by-condition.ts';

/** What the plug-ins are made from. */
export interface AdmissionParts {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
}

/** Every plug-in, in upstream's order; last our own that says what is missing. LimitRanger and ResourceQuota are not supported yet. */
const registry: readonly { readonly name: string; readonly make: (parts: AdmissionParts) => AdmissionPlugin }[] = [
  { name: 'NamespaceLifecycle', make: namespaceLifecycle },
  { name: 'ServiceAccount', make: serviceAccount },
  { name: 'NodeRestriction', make: nodeRestriction },
  { name: 'TaintNodesByCondition', make: () => taintNodesByCondition() },
  { name: 'Priority', make: priority },
  { name: 'DefaultTolerationSeconds', make: () => defaultTolerationSeconds() },
  { name: 'DefaultStorageClass', make: defaultStorageClass },
  { name: 'RuntimeClass', make: runtimeClass },
  { name: 'NotSupported', make: () => notSupported() },
];

/** The names of all plug-ins, in the order they run. */
export const admissionPluginNames: readonly string[] = registry.map(({ name }) => name);

/** The plug-ins in their order, without those in `disabled`. Throws for a name that is none of theirs. */
export function createAdmission(options: AdmissionParts & { readonly disabled?: readonly string[] }): readonly AdmissionPlugin[] {
  const { disabled = [], ...parts } = options;
  const unknown = disabled.find((name) => !admissionPluginNames.includes(name));
  if (unknown !== undefined) throw new Error(`unknown admission plug-in ${JSON.stringify(unknown)}; known: ${admissionPluginNames.join(', ')}`);
  return registry.filter(({ name }) => !disabled.includes(name)).map(({ make }) => make(parts));
}
