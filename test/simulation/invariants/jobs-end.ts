import type { Job } from '../../../src/api/types/batch/v1.ts';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { Invariant } from './invariant.ts';
import { ownedBy } from './workloads-converge.ts';

const conditionOf = ({ status }: Job, type: string): boolean => status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;

/**
 * Jobs end once and for good, complete only with all completions, and count no pod twice. A pod whose creation was not
 * acknowledged is made again; where both then succeed, both are counted, as upstream does, unless each has its index.
 */
export function jobsEnd(): Invariant {
  return {
    name: 'jobs end',
    observe({ resource, key, before, after }) {
      if (resource !== 'batch/jobs' || after === undefined) return undefined;
      const is = after as Job;
      const wanted = is.spec?.completions ?? 1;
      const isIndexed = is.spec?.completionMode === 'Indexed';
      if (isIndexed && (is.status?.succeeded ?? 0) > wanted) return `${key} counts ${is.status?.succeeded} of ${wanted} completions`;
      if (conditionOf(is, 'Complete') && conditionOf(is, 'Failed')) return `${key} is complete and failed`;
      if (conditionOf(is, 'Complete') && (is.status?.succeeded ?? 0) < wanted) return `${key} is complete with ${is.status?.succeeded} of ${wanted} completions`;
      if (before === undefined || before.metadata.uid !== after.metadata.uid) return undefined;
      const was = before as Job;
      for (const end of ['Complete', 'Failed']) if (conditionOf(was, end) && !conditionOf(is, end)) return `${key} was ${end}, and then was not`;
      if ((was.status?.succeeded ?? 0) > (is.status?.succeeded ?? 0)) return `${key} had ${was.status?.succeeded} completions, and then ${is.status?.succeeded ?? 0}`;
      if ((was.status?.failed ?? 0) > (is.status?.failed ?? 0)) return `${key} had ${was.status?.failed} failures, and then ${is.status?.failed ?? 0}`;
      return undefined;
    },
    settled(history) {
      return [...history.objects<Job>('batch/jobs')].flatMap(([key, job]) => {
        if (!conditionOf(job, 'Complete') && !conditionOf(job, 'Failed')) return [`${key} has not ended: ${JSON.stringify(job.status)}`];
        const tracked = ownedBy<Pod>(history, 'core/pods', job).filter(({ metadata }) => metadata.finalizers?.includes('batch.kubernetes.io/job-tracking') === true);
        const running = ownedBy<Pod>(history, 'core/pods', job).filter(({ status }) => status?.phase === 'Pending' || status?.phase === 'Running');
        return [
          ...(tracked.length > 0 ? [`${key} has ended and still tracks ${tracked.length} pods`] : []),
          ...(running.length > 0 ? [`${key} has ended and ${running.length} pods run`] : []),
        ];
      });
    },
  };
}
