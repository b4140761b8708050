import { formatTime } from '../../base/clock.ts';
import { isConditionTrue, setCondition } from '../../api/meta/conditions.ts';
import { labelSelectorAsSelector, SelectorError } from '../../api/meta/labels.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError, badRequestError, forbiddenError, isReason, notFoundError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Eviction, PodDisruptionBudget } from '../../api/types/policy/v1.ts';
import type { Answer } from '../answer.ts';
import type { Core, WriteContext } from '../core.ts';
import type { StoredResource } from '../served-resources.ts';
import type { WriteOrigin } from '../provenance/provenance.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import { admit, validateAdmission } from '../verbs/admit.ts';
import { checkPreconditions, deleteObject } from '../verbs/delete-object.ts';
import type { DeletePlan } from '../verbs/delete-options.ts';
import { checkedDeletePlan } from '../verbs/delete-options.ts';
import { objectKey } from '../verbs/get.ts';
import { transformStored } from '../verbs/transform-stored.ts';
import type { OwnEndpoint } from './own-endpoint.ts';
import { readBody, storedResource, success } from './own-endpoint.ts';

/** How many evicted pods a budget may have that its controller has not seen go yet. */
const maxDisruptedPods = 2000;

/** POST of an Eviction: deletes the pod where its disruption budget lets it go. */
export function evictionEndpoint(core: Core): OwnEndpoint {
  return { group: '', version: 'v1', resource: 'pods', subresource: 'eviction', verbs: ['create'], handle: (request) => remembered(core, request) };
}

/** Evictions that a budget forbids are what people ask about who drain a node. */
async function remembered(core: Core, request: ServerRequest): Promise<Answer> {
  try {
    return await evict(core, request);
  } catch (error) {
    core.provenance.refused(error, undefined, request);
    throw error;
  }
}

async function evict(core: Core, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const pods = storedResource(core, '', 'pods');
  const { object: eviction, context } = await readBody<Eviction & KubeObject>(core, request, { group: 'policy', version: 'v1', kind: 'Eviction', alsoVersions: ['v1beta1'] });
  if ((eviction.metadata.name ?? '') !== info.name) throw badRequestError('name in URL does not match name in Eviction object');
  const options = checkedDeletePlan(eviction.deleteOptions ?? {});
  const plan: DeletePlan = { ...options, dryRun: options.dryRun || context.dryRun };
  const admittee = { operation: 'CREATE' as const, schema: pods.schema, subresource: 'eviction', kind: 'Eviction', namespace: info.namespace, name: info.name, object: eviction, oldObject: undefined };
  await admit(core, admittee, context);
  await validateAdmission(core, admittee, context);

  const found = pods.storage.cache.get(objectKey(info.namespace, info.name));
  if (found === undefined) throw notFoundError(pods.schema, info.name);
  const pod = found.object as Pod;
  const writing = { ...context, origin: request, dryRun: plan.dryRun, warn: (message: string) => request.warn(message) };
  const target = { namespace: info.namespace, name: info.name };
  if (ignoresBudgets(pod)) {
    const pinned = pod.status?.phase === 'Pending' && pod.metadata.deletionTimestamp === undefined && plan.resourceVersion === undefined;
    await disrupt(core, pods, target, pinned ? { ...plan, resourceVersion: pod.metadata.resourceVersion } : plan, writing);
    return success(201);
  }
  const budgets = budgetsOf(core, pod);
  if (budgets.length > 1) throw new ApiError('InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.', { code: 500 });
  const budget = budgets[0];
  const pinned = budget !== undefined && !isReady(pod) && enoughWithout(budget);
  if (budget !== undefined && !pinned) await takeFromBudget(core, budget, pod, { dryRun: plan.dryRun, origin: request });
  try {
    await disrupt(core, pods, target, pinned && plan.resourceVersion === undefined ? { ...plan, resourceVersion: pod.metadata.resourceVersion } : plan, writing);
  } catch (error) {
    if (pinned && plan.resourceVersion === undefined && isReason(error, 'Conflict')) throw stillProcessing(budget);
    throw error;
  }
  return success(201);
}

const disruption = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' } as const;

/** Says on the pod why it goes, which jobs' failure policies ask for, and deletes it. */
async function disrupt(core: Core, pods: StoredResource, target: { readonly namespace: string; readonly name: string }, plan: DeletePlan, context: WriteContext & { readonly origin: WriteOrigin }): Promise<void> {
  let { resourceVersion } = plan;
  if (!plan.dryRun) {
    const told = await transformStored<Pod>(core, pods, target, {
      dryRun: false, origin: context.origin,
      change: (pod) => {
        checkPreconditions(pods, target.name, pod, plan);
        pod.status = { ...pod.status, conditions: [...setCondition(pod.status?.conditions, disruption, core.clock.now())] };
      },
    });
    // What was asked for is the pod as it was before that.
    if (resourceVersion !== undefined) resourceVersion = String(told.revision);
  }
  await deleteObject(core, pods, target, { ...plan, resourceVersion }, context);
}

/** Pods that have ended, have not begun or are going already disrupt nothing. */
function ignoresBudgets({ status, metadata }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

const isReady = (pod: Pod): boolean => isConditionTrue(pod.status?.conditions, 'Ready');

/** A pod that is not ready does not count; it may go when the others are enough, or always where the budget says so. */
function enoughWithout({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) && (status?.desiredHealthy ?? 0) > 0;
}

function budgetsOf(core: Core, pod: Pod): PodDisruptionBudget[] {
  const found: PodDisruptionBudget[] = [];
  storedResource(core, 'policy', 'poddisruptionbudgets').storage.cache.scan(`${pod.metadata.namespace}/`, undefined, (entry) => {
    const budget = entry.object as PodDisruptionBudget;
    try {
      const selector = labelSelectorAsSelector(budget.spec?.selector);
      if (selector.matches(pod.metadata.labels)) found.push(budget);
    } catch (error) {
      // A selector that cannot be understood selects nothing.
      if (!(error instanceof SelectorError)) throw error;
    }
    return true;
  });
  return found;
}

const violation = 'Cannot evict pod as it would violate the pod\'s disruption budget.';

function refused(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError('TooManyRequests', violation, { details: { causes: [{ reason: 'DisruptionBudget', message }], ...(retryAfterSeconds > 0 && { retryAfterSeconds }) } });
}

const stillProcessing = (budget: PodDisruptionBudget): ApiError => refused(`The disruption budget ${budget.metadata.name} is still being processed by the server.`, 10);

/** Takes one disruption from the budget, and tells its controller which pod it was for. */
async function takeFromBudget(core: Core, { metadata }: PodDisruptionBudget, pod: Pod, options: { readonly dryRun: boolean; readonly origin: WriteOrigin }): Promise<void> {
  const budgets = storedResource(core, 'policy', 'poddisruptionbudgets');
  const nowMs = core.clock.now();
  await transformStored<PodDisruptionBudget>(core, budgets, { namespace: metadata.namespace!, name: metadata.name! }, {
    ...options,
    change: (budget) => {
      const status = budget.status;
      if ((status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) throw stillProcessing(budget);
      const allowed = status?.disruptionsAllowed ?? 0;
      const forbidden = (detail: string): ApiError => forbiddenError({ group: 'policy', resource: 'poddisruptionbudget' }, metadata.name!, detail);
      if (allowed < 0) throw forbidden('pdb disruptions allowed is negative');
      if (Object.keys(status?.disruptedPods ?? {}).length > maxDisruptedPods) throw forbidden('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
      if (allowed === 0) throw refused(`The disruption budget ${metadata.name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`, 0);
      budget.status = { ...status!, disruptionsAllowed: allowed - 1, disruptedPods: { ...status!.disruptedPods, [pod.metadata.name!]: formatTime(nowMs) } };
      if (allowed === 1) {
        budget.status.conditions = [...setCondition(budget.status.conditions, { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '', observedGeneration: status!.observedGeneration ?? 0, lastTransitionTime: formatTime(nowMs) }, nowMs)];
      }
    },
  });
}
