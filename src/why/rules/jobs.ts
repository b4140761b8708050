import { findCondition } from '../../api/meta/conditions.ts';
import { controllerOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { cronjobs, jobs, pods } from '../../api/resources.ts';
import type { Finding } from '../explanation.ts';
import { rule } from '../rule.ts';
import { conditionEvidence, counted, eventEvidence, inNamespace, nameObject } from '../wording.ts';

const reasons: Readonly<Record<string, string>> = {
  BackoffLimitExceeded: 'its pods failed more often than spec.backoffLimit allows',
  DeadlineExceeded: 'it took longer than spec.activeDeadlineSeconds',
  PodFailurePolicy: 'a rule of spec.podFailurePolicy says so',
  FailedIndexes: 'indexes of it failed',
  MaxFailedIndexesExceeded: 'more indexes failed than spec.maxFailedIndexes allows',
};

/** A job that failed, is suspended, or whose pods do not get on. */
const job = rule('job', jobs, async (object, { view, findingsOf }): Promise<Finding[]> => {
  const { status, spec, metadata } = object;
  if (status?.conditions?.some(({ type, status: holds }) => type === 'Complete' && holds === 'True') === true) return [];
  const failed = findCondition(status?.conditions, 'Failed');
  const because: Finding[] = [];
  for (const pod of (await view.list(pods, namespaceOf(object))).filter((one) => controllerOf(one)?.uid === uidOf(object)).slice(0, 20)) {
    for (const finding of await findingsOf(pods, pod)) if (!because.some(({ fact }) => fact === finding.fact)) because.push({ about: nameObject('Pod', pod), ...finding });
  }
  if (failed?.status === 'True') {
    return [{
      cause: 'job-failed', fact: `Job ${metadata.name} has failed: ${reasons[failed.reason ?? ''] ?? failed.message ?? 'nobody says why'} (${counted(status?.failed ?? 0, 'failed pod')}).`, evidence: conditionEvidence(failed), because: because.slice(0, 3),
      remedy: [`Put right what its pods die of, and make it anew: a job that failed does not start again. Logs: kubectl logs${inNamespace(namespaceOf(object))} -l job-name=${metadata.name}`],
    }];
  }
  if (spec?.suspend === true) return [{ cause: 'job-suspended', fact: `Job ${metadata.name} is suspended.`, evidence: conditionEvidence(findCondition(status?.conditions, 'Suspended')), remedy: [`Let it run: kubectl patch job ${metadata.name}${inNamespace(namespaceOf(object))} -p '{"spec":{"suspend":false}}'`] }];
  if (because.length === 0) return [];
  return [{ cause: 'job', fact: `Job ${metadata.name} does not get on: ${status?.succeeded ?? 0} of ${spec?.completions ?? 1} done, ${status?.failed ?? 0} failed.`, evidence: eventEvidence(await view.eventsOf(object, 'FailedCreate')), because: because.slice(0, 3) }];
});

/** A cron job that starts nothing. */
const cronJob = rule('cron-job', cronjobs, async (object, { view }): Promise<Finding[]> => {
  if (object.spec?.suspend === true) return [{ cause: 'cron-job-suspended', fact: `CronJob ${object.metadata.name} is suspended.`, remedy: [`Let it run: kubectl patch cronjob ${object.metadata.name}${inNamespace(namespaceOf(object))} -p '{"spec":{"suspend":false}}'`] }];
  const missed = await view.eventsOf(object, 'TooManyMissedTimes', 'MissSchedule', 'UnknownTimeZone', 'UnparseableSchedule', 'InvalidSchedule', 'FailedCreate');
  if (missed.length === 0) return [];
  return [{ cause: 'cron-job', fact: `CronJob ${object.metadata.name} missed a start.`, evidence: eventEvidence(missed), remedy: ['The event says why; spec.startingDeadlineSeconds says how late a start may be.'] }];
});

export const batch = [job, cronJob];
