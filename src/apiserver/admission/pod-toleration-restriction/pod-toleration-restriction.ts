import { podQosClass } from '../../../api/pod/qos.ts';
import { namespaces, pods } from '../../../api/resources.ts';
import { ApiError, notFoundError } from '../../../api/status.ts';
import type { Pod, Toleration } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { decodeConfiguration, listOf, recordOf } from '../decode-configuration.ts';
import { concernedBy } from '../refuse.ts';
import { allAllowed, mergeTolerations } from '../tolerations.ts';

const defaultsAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const allowedAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';
const memoryPressure: Toleration = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };

/** What holds for namespaces that say nothing. */
export interface TolerationSettings { readonly defaults: readonly Toleration[]; readonly allowed: readonly Toleration[] }

/** From a Configuration of podtolerationrestriction.admission.k8s.io. Throws ConfigurationError. */
export function tolerationSettings(configuration: PluginConfiguration | undefined): TolerationSettings {
  return decodeConfiguration(configuration, { group: 'podtolerationrestriction.admission.k8s.io', versions: ['v1alpha1'], kind: 'Configuration' }, (fields) => {
    const given = recordOf(fields, 'configuration', ['default', 'whitelist']);
    const tolerations = (field: string): Toleration[] => listOf(given[field] ?? [], field).map((one, i) => recordOf(one, `${field}[${i}]`, ['key', 'operator', 'value', 'effect', 'tolerationSeconds']) as Toleration);
    return { defaults: tolerations('default'), allowed: tolerations('whitelist') };
  });
}

/** Gives pods their namespace's tolerations, and holds them to those that the namespace may have. */
export function podTolerationRestriction(options: { readonly reader: ObjectReader; readonly settings: TolerationSettings }): AdmissionPlugin {
  const { reader, settings } = options;
  /** Undefined: the namespace says nothing. */
  const annotated = (name: string, annotation: string): readonly Toleration[] | undefined => {
    const namespace = reader.get(namespaces, '', name);
    if (namespace === undefined) throw notFoundError(namespaces, name);
    const text = namespace.metadata.annotations?.[annotation];
    if (text === undefined || text === '') return text === undefined ? undefined : [];
    try {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed)) return parsed as Toleration[];
    } catch {
      // Said below, as for what is JSON and no list.
    }
    throw new ApiError('', `json: cannot unmarshal the annotation ${annotation} of namespace ${name} into tolerations`);
  };
  const check = ({ object, namespace }: AdmissionAttributes): void => {
    const tolerations = (object as Pod).spec?.tolerations ?? [];
    if (tolerations.length === 0) return;
    const own = annotated(namespace, allowedAnnotation);
    if (!allAllowed(tolerations, own ?? settings.allowed)) {
      throw new ApiError('', `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${own === undefined ? 'cluster' : 'namespace'} whitelist`);
    }
  };
  return {
    name: 'PodTolerationRestriction',
    handles: concernedBy(['CREATE', 'UPDATE'], pods),
    admit(attributes) {
      const pod = attributes.object as Pod;
      if (pod.spec === undefined) return;
      const extra = attributes.operation === 'CREATE' ? [...(annotated(attributes.namespace, defaultsAnnotation) ?? settings.defaults)] : [];
      if ((pod.status?.qosClass ?? podQosClass(pod.spec)) !== 'BestEffort') extra.push({ ...memoryPressure });
      if (extra.length > 0) pod.spec.tolerations = mergeTolerations(pod.spec.tolerations ?? [], extra);
      check(attributes);
    },
    validate: check,
  };
}
