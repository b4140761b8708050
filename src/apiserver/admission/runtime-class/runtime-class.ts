import { compareQuantity } from '../../../api/meta/quantity.ts';
import { pods, runtimeclasses } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { RuntimeClass } from '../../../api/types/node/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';
import { mergeTolerations } from '../tolerations.ts';

type Amounts = Readonly<Record<string, string>>;

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => b[key] !== undefined && compareQuantity(a[key]!, b[key]) === 0);
}

/** Pods of a runtime class bear its overhead and go where its nodes are. */
export function runtimeClass(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  const classOf = (attributes: AdmissionAttributes, pod: Pod): RuntimeClass | undefined => {
    const name = pod.spec?.runtimeClassName;
    if (name === undefined) return undefined;
    const found = options.reader.get(runtimeclasses, '', name);
    if (found === undefined) throw refusal(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    return found;
  };
  const checkOverhead = (attributes: AdmissionAttributes, given: Amounts, fixed: Amounts): void => {
    if (!sameAmounts(given, fixed)) throw refusal(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  };
  return {
    name: 'RuntimeClass',
    handles: concernedBy(['CREATE'], pods),
    admit: (attributes) => {
      const pod = attributes.object as Pod;
      const found = classOf(attributes, pod);
      if (found === undefined || pod.spec === undefined) return;
      const { spec } = pod;
      if (found.overhead !== undefined) {
        const fixed = found.overhead.podFixed ?? {};
        if (spec.overhead !== undefined) checkOverhead(attributes, spec.overhead, fixed);
        spec.overhead = { ...fixed };
      }
      if (found.scheduling === undefined) return;
      for (const [key, value] of Object.entries(found.scheduling.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key];
        if (own !== undefined && own !== value) throw refusal(attributes, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
      }
      if (found.scheduling.nodeSelector !== undefined) spec.nodeSelector = { ...spec.nodeSelector, ...found.scheduling.nodeSelector };
      if (found.scheduling.tolerations !== undefined) spec.tolerations = mergeTolerations(spec.tolerations ?? [], found.scheduling.tolerations);
    },
    validate: (attributes) => {
      const pod = attributes.object as Pod;
      const found = classOf(attributes, pod);
      if (found?.overhead !== undefined) checkOverhead(attributes, pod.spec?.overhead ?? {}, found.overhead.podFixed ?? {});
      else if (pod.spec?.overhead !== undefined) throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    },
  };
}
