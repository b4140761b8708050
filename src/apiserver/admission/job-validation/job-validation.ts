import { controllerOf, nameOf } from '../../../api/meta/object.ts';
import { jobs, podgroups } from '../../../api/resources.ts';
import type { Job } from '../../../api/types/batch/v1.ts';
import type { PodGroup } from '../../../api/types/scheduling/v1alpha2.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';

/** Refuses to change how many pods of a job run at once where they are scheduled as a gang (KEP-5547). Without pod groups it has nothing to do. */
export function jobValidation({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  /** The group that the template names, or one that the job controls. */
  const groupsOf = (job: Job): readonly PodGroup[] => {
    const namespace = job.metadata.namespace ?? '';
    const named = job.spec?.template.spec?.schedulingGroup?.podGroupName;
    if (named === undefined) return reader.list(podgroups, namespace).filter((group) => controllerOf(group)?.uid === job.metadata.uid);
    const group = reader.get(podgroups, namespace, named);
    return group === undefined ? [] : [group];
  };
  return {
    name: 'JobValidation',
    handles: concernedBy(['UPDATE'], jobs),
    validate(attributes) {
      const [job, old] = [attributes.object as Job, attributes.oldObject as Job];
      if (job.spec?.parallelism === old.spec?.parallelism || !reader.has(podgroups)) return;
      const gang = groupsOf(old).find(({ spec }) => spec?.schedulingPolicy.gang !== undefined);
      if (gang !== undefined) throw refusal(attributes, `cannot change parallelism for a Job referencing gang-scheduled PodGroup ${JSON.stringify(nameOf(gang))}`);
    },
  };
}
