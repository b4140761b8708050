import { resourceList } from '../../../api/meta/resource-list.ts';
import { podLimits, podRequests } from '../../../api/pod/pod-quantities.ts';
import { limitranges, persistentvolumeclaims, pods } from '../../../api/resources.ts';
import type { LimitRange, PersistentVolumeClaim, Pod } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { byNamespace } from '../by-namespace.ts';
import { aggregated, concernedBy, concerns, refusal } from '../refuse.ts';
import { claimErrors, computeErrors } from './constraints.ts';
import { applyLimitRangeDefaults } from './defaults.ts';

const fromSpec = { useStatus: false, overhead: false };

function podErrors(range: LimitRange, pod: Pod): string[] {
  return (range.spec?.limits ?? []).flatMap((item) => {
    switch (item.type) {
      case 'Container': return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap(({ resources }) => computeErrors(item, { requests: resourceList(resources?.requests), limits: resourceList(resources?.limits) }));
      case 'Pod': return computeErrors(item, { requests: podRequests(pod, fromSpec), limits: podLimits(pod, fromSpec) });
      default: return [];
    }
  });
}

function claimRangeErrors(range: LimitRange, claim: PersistentVolumeClaim): string[] {
  const requests = resourceList(claim.spec?.resources?.requests);
  return (range.spec?.limits ?? []).flatMap((item) => (item.type === 'PersistentVolumeClaim' ? claimErrors(item, requests) : []));
}

/** Holds pods, containers and claims to the limit ranges of their namespace, and fills in what containers leave out. */
export function limitRanger(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  const rangesOf = byNamespace(options.reader, limitranges);
  const claims = concernedBy(['CREATE', 'UPDATE'], persistentvolumeclaims);
  const newPods = concernedBy(['CREATE'], pods);
  // What is going already is left alone.
  const isGoing = ({ oldObject }: AdmissionAttributes): boolean => oldObject?.metadata.deletionTimestamp !== undefined;
  return {
    name: 'LimitRanger',
    // A pod's resources change by its resize subresource alone.
    handles: (scope) => newPods(scope) || claims(scope) || (scope.operation === 'UPDATE' && scope.subresource === 'resize' && concerns({ ...scope, subresource: '' }, pods)),
    admit(attributes) {
      if (attributes.resource !== pods.resource) return;
      const ranges = rangesOf(attributes.namespace);
      if (ranges.length === 0 || isGoing(attributes)) return;
      for (const range of ranges) applyLimitRangeDefaults(attributes.object as Pod, range);
    },
    validate(attributes) {
      const ranges = rangesOf(attributes.namespace);
      if (ranges.length === 0 || isGoing(attributes)) return;
      for (const range of ranges) {
        const errors = attributes.resource === pods.resource ? podErrors(range, attributes.object as Pod) : claimRangeErrors(range, attributes.object as PersistentVolumeClaim);
        if (errors.length > 0) throw refusal(attributes, aggregated(errors));
      }
    },
  };
}
