import { forbidden, invalid, notSupported } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { badRequestError, invalidError } from '../../api/status.ts';
import type { DeleteOptions } from '../../api/types/meta/v1.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import { decodeTyped } from './decode-object.ts';
import { parseDryRun } from './write-options.ts';

export type Propagation = 'Orphan' | 'Background' | 'Foreground';

/** How an object is to be deleted. */
export interface DeletePlan {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: Propagation | undefined;
  /** The old way to say Orphan; it also decides the status code. */
  readonly orphanDependents: boolean | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  /** As they were sent. */
  readonly options: DeleteOptions;
  /** What the version that the request speaks leaves to chance otherwise than the kind does. */
  readonly defaultPropagation?: 'orphan' | undefined;
}

const propagations: readonly string[] = ['Orphan', 'Background', 'Foreground'];

function integer(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** From the body when there is one, else from the query. Throws BadRequest and Invalid. */
export async function deletePlan(request: ServerRequest): Promise<DeletePlan> {
  const body = await request.decodedBody('DeleteOptions');
  const query = request.queryOrUndefined;
  let options: DeleteOptions;
  if (body.value !== undefined && body.value !== null) {
    options = decodeTyped(body, { ...groupVersionOf(body.value), kind: 'DeleteOptions', schema: builtinSchema.kind('', 'v1', 'DeleteOptions')! }, { fieldValidation: 'Ignore', warn: () => {} }) as DeleteOptions;
  } else {
    const orphan = query?.get('orphanDependents');
    const grace = integer(query?.get('gracePeriodSeconds') ?? null);
    const policy = query?.get('propagationPolicy');
    options = {
      dryRun: query?.getAll('dryRun') ?? [],
      ...(grace !== undefined && { gracePeriodSeconds: grace }),
      ...(orphan !== undefined && orphan !== null && { orphanDependents: orphan !== 'false' && orphan !== '0' }),
      ...(policy !== undefined && policy !== null && { propagationPolicy: policy }),
    };
  }
  return checkedDeletePlan(options);
}

/** Delete options may come in any group's version. */
function groupVersionOf(value: unknown): { group: string; version: string } {
  const { apiVersion } = value as { apiVersion?: unknown };
  if (typeof apiVersion !== 'string' || apiVersion === '') return { group: '', version: 'v1' };
  const [first = '', second] = apiVersion.split('/', 2);
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

/** Checks options that did not come in a body of their own (evictions). Throws Invalid. */
export function checkedDeletePlan(options: DeleteOptions): DeletePlan {
  const errors: FieldError[] = [];
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy !== undefined && orphanDependents !== undefined) errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (policy !== undefined && policy !== '' && !propagations.includes(policy)) errors.push(notSupported('propagationPolicy', policy, [...propagations, 'nil']));
  if (options.ignoreStoreReadErrorWithClusterBreakingPotential === true) errors.push(forbidden('ignoreStoreReadErrorWithClusterBreakingPotential', 'not supported: deleting objects that cannot be read'));
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const grace = options.gracePeriodSeconds;
  return {
    options,
    dryRun: parseDryRun(options.dryRun ?? [], 'DeleteOptions'),
    // Upstream takes negative values for one second.
    gracePeriodSeconds: grace !== undefined && grace < 0 ? 1 : grace,
    propagation: policy === undefined || policy === '' ? undefined : (policy as Propagation),
    orphanDependents,
    uid: options.preconditions?.uid,
    resourceVersion: options.preconditions?.resourceVersion,
  };
}
