/** What admission has to do with pod groups (KEP-4671). They are served only while the feature gate GenericWorkload is on: nothing here asks for it. */
import { podGroupProtectionFinalizer } from '../../../api/groups/scheduling/pod-group.ts';
import { podgroups, workloads } from '../../../api/resources.ts';
import type { PodGroup } from '../../../api/types/scheduling/v1alpha2.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';

/** Groups stay while pods name them: their protection controller takes the finalizer away. */
export function podGroupProtection(): AdmissionPlugin {
  return {
    name: 'PodGroupProtection',
    handles: concernedBy(['CREATE'], podgroups),
    admit({ object }) {
      const { metadata } = object!;
      if (metadata.finalizers?.includes(podGroupProtectionFinalizer) !== true) metadata.finalizers = [...(metadata.finalizers ?? []), podGroupProtectionFinalizer];
    },
  };
}

/** A group that is made by a workload's template names one that is there. */
export function podGroupWorkloadExists({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'PodGroupWorkloadExists',
    handles: concernedBy(['CREATE'], podgroups),
    validate(attributes) {
      const named = (attributes.object as PodGroup).spec?.podGroupTemplateRef?.workload;
      if (named === undefined) return;
      const { workloadName, podGroupTemplateName } = named;
      const workload = reader.get(workloads, attributes.namespace, workloadName);
      if (workload === undefined) throw refusal(attributes, `PodGroup rejected: Workload ${JSON.stringify(workloadName)} not found`);
      if (workload.metadata.deletionTimestamp !== undefined) throw refusal(attributes, `PodGroup rejected: Workload ${JSON.stringify(workloadName)} is being deleted`);
      if (!workload.spec.podGroupTemplates.some(({ name }) => name === podGroupTemplateName)) throw refusal(attributes, `PodGroup rejected: PodGroupTemplate ${JSON.stringify(podGroupTemplateName)} not found in Workload ${JSON.stringify(workloadName)}`);
    },
  };
}
