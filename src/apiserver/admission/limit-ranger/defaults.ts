import type { Container, LimitRange, Pod } from '../../../api/types/core/v1.ts';

type Quantities = Record<string, string>;

/** Tells what was filled in. */
export const limitRangerAnnotation = 'kubernetes.io/limit-ranger';

/** What containers get that do not ask for it themselves. */
function containerDefaults({ spec }: LimitRange): { readonly requests: Quantities; readonly limits: Quantities } {
  const requests: Quantities = {};
  const limits: Quantities = {};
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  return { requests, limits };
}

/** Adds what is missing; the names of it, sorted. */
function fill(container: Container, field: 'requests' | 'limits', defaults: Quantities): string[] {
  const missing = Object.keys(defaults).filter((name) => container.resources?.[field]?.[name] === undefined).sort();
  if (missing.length === 0) return missing;
  const filled = { ...container.resources?.[field] };
  for (const name of missing) filled[name] = defaults[name]!;
  container.resources = { ...container.resources, [field]: filled };
  return missing;
}

/** Gives a pod's containers the requests and limits that a limit range has for those without, and says so in an annotation. */
export function applyLimitRangeDefaults(pod: Pod, range: LimitRange): void {
  const { requests, limits } = containerDefaults(range);
  const told: string[] = [];
  const complete = (container: Container, title: string): void => {
    const setLimits = fill(container, 'limits', limits);
    const setRequests = fill(container, 'requests', requests);
    if (setRequests.length > 0) told.push(`${setRequests.join(', ')} request for ${title} ${container.name}`);
    if (setLimits.length > 0) told.push(`${setLimits.join(', ')} limit for ${title} ${container.name}`);
  };
  for (const container of pod.spec?.containers ?? []) complete(container, 'container');
  for (const container of pod.spec?.initContainers ?? []) complete(container, 'init container');
  if (told.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [limitRangerAnnotation]: `LimitRanger plugin set: ${told.join('; ')}` };
}
