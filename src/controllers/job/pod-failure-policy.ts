import type { ContainerStatus, Pod, PodCondition } from '../../api/types/core/v1.ts';
import type { PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern } from '../../api/types/batch/v1.ts';

/** What a job's policy says about a pod that failed. */
export interface FailureVerdict {
  /** Does the failure count towards the limits? */
  readonly counts: boolean;
  /** Of the rule that matched. */
  readonly action?: 'Ignore' | 'FailIndex' | 'Count' | 'FailJob';
  /** Why the job is to fail, when it is. */
  readonly message?: string;
}

const counted: FailureVerdict = { counts: true };

/** Asks the rules in their order; the first that matches decides. Without a policy, or a match, the failure counts. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const matched = rule.onExitCodes !== undefined ? exitCodeMatch(pod, rule.onExitCodes) : rule.onPodConditions !== undefined ? conditionMatch(pod, rule.onPodConditions) : undefined;
    if (matched === undefined) continue;
    switch (rule.action) {
      case 'Ignore': return { counts: false, action: 'Ignore' };
      case 'FailIndex': return { counts: true, action: 'FailIndex' };
      case 'Count': return { counts: true, action: 'Count' };
      case 'FailJob': return { counts: true, action: 'FailJob', message: `${matched} matching FailJob rule at index ${index}` };
    }
  }
  return counted;
}

const podName = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

function exitCodeMatch(pod: Pod, requirement: PodFailurePolicyOnExitCodesRequirement): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const status = matchingContainer(containerStatuses, requirement) ?? matchingContainer(initContainerStatuses, requirement);
  return status === undefined ? undefined : `Container ${status.name} for pod ${podName(pod)} failed with exit code ${status.state?.terminated?.exitCode}`;
}

/** The first container that ended with an exit code, other than 0, that the requirement means. */
function matchingContainer(statuses: readonly ContainerStatus[], { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement): ContainerStatus | undefined {
  return statuses.find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return operator === 'In' ? values.includes(code) : operator === 'NotIn' && !values.includes(code);
  });
}

function conditionMatch(pod: Pod, patterns: readonly PodFailurePolicyOnPodConditionsPattern[]): string | undefined {
  const matches = ({ type, status }: PodCondition): boolean => patterns.some((pattern) => pattern.type === type && pattern.status === status);
  const condition = pod.status?.conditions?.find(matches);
  return condition === undefined ? undefined : `Pod ${podName(pod)} has condition ${condition.type}`;
}
