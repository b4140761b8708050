import { isReason } from '../../api/status.ts';
import { KubectlError } from '../errors.ts';
import { bool, duration, int, text } from '../flags/flags.ts';
import type { Io } from '../io.ts';
import type { Item } from '../resources/item.ts';
import { kindName, shownName } from '../resources/item.ts';
import type { Session } from '../session.ts';
import { waitUntilGone } from './wait-until-gone.ts';
import type { DryRun } from './write-flags.ts';
import { doneText } from './write-flags.ts';
import { deleteObject, withSource } from './write-object.ts';

/** How things are deleted, for `delete` and for commands that delete on their way. */
export const deletionFlags = ({ wait }: { readonly wait: boolean }) => ({
  'cascade': text('Must be "background", "orphan", or "foreground". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController).', { initial: 'background', bare: 'background' }),
  'force': bool('If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation.'),
  'grace-period': int('Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).', { initial: -1 }),
  'timeout': duration('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object', { initial: 0, text: '0s' }),
  'wait': bool('If true, wait for resources to be gone before returning. This waits for finalizers.', { initial: wait }),
}) as const;

const policies: Readonly<Record<string, string>> = { background: 'Background', orphan: 'Orphan', foreground: 'Foreground' };

/** Reads `--cascade`, which was once true or false. */
export async function policyOf(cascade: string, io: Io): Promise<string> {
  if (/^(?:1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(cascade)) {
    const yes = /^[1tT]/.test(cascade);
    await io.stderr.write(`warning: --cascade=${cascade} is deprecated (boolean value) and can be replaced with --cascade=${yes ? 'background' : 'orphan'}.\n`);
    return yes ? 'Background' : 'Orphan';
  }
  const policy = policies[cascade];
  if (policy === undefined) throw new KubectlError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  return policy;
}

/** The grace period that is sent; undefined leaves it to the server. Zero needs `force`. */
export const graceOf = ({ force, 'grace-period': asked }: { readonly 'force': boolean; readonly 'grace-period': number }): number | undefined => (force ? Math.max(asked, 0) : asked === 0 ? 1 : asked < 0 ? undefined : asked);

/** Tells whoever deletes by force what that means; refuses it together with time to end. */
export async function warnOfForce({ force, grace }: { readonly force: boolean; readonly grace: number | undefined }, io: Io): Promise<void> {
  if (force && (grace ?? 0) > 0) throw new KubectlError('--force and --grace-period greater than 0 cannot be specified together');
  if (force) await io.stderr.write('Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n');
}

export interface Deletion {
  readonly policy: string;
  readonly gracePeriod: number | undefined;
  readonly dryRun: DryRun;
  /** `name`: names alone. */
  readonly output: string;
  readonly ignoreMissing: boolean;
  /** As long as upstream waits when it says nothing; undefined: nobody waits. */
  readonly wait: { readonly timeoutMs: number | undefined } | undefined;
  /** Told before the first object that has no namespace. */
  readonly warnOfClusterScope: boolean;
  /** Nothing is told of what was deleted. */
  readonly quiet?: boolean;
}

function deletedText(item: Item, { gracePeriod, dryRun, output }: Deletion): string {
  if (output === 'name') return `${shownName(item)}\n`;
  const operation = `${gracePeriod === 0 ? 'force deleted' : 'deleted'}${item.resource!.namespaced ? ` from ${item.namespace} namespace` : ''}`;
  return `${kindName(item.resource!)} "${item.name}" ${doneText(operation, dryRun)}\n`;
}

/** Deletes objects and tells of each; what goes wrong is gathered in `errors`, and then nobody waits. */
export async function deleteItems(session: Session, items: readonly Item[], deletion: Deletion, errors: Error[]): Promise<void> {
  const { policy, gracePeriod, dryRun, ignoreMissing, wait } = deletion;
  const connection = await session.connection();
  let warn = deletion.warnOfClusterScope;
  const gone: { readonly item: Item; readonly uid: string | undefined }[] = [];
  for (const item of items) {
    if (warn && !item.resource!.namespaced) {
      await session.io.stderr.write('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n');
      warn = false;
    }
    try {
      const answer = dryRun === 'client' ? undefined : await deleteObject(connection, item, { propagationPolicy: policy, ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }), ...(dryRun === 'server' && { dryRun: ['All'] }) });
      if (deletion.quiet !== true) await session.io.stdout.write(deletedText(item, deletion));
      const details = answer?.['details'] as { readonly uid?: string } | undefined;
      gone.push({ item, uid: answer?.kind === 'Status' ? details?.uid : answer?.metadata?.uid });
    } catch (error) {
      if (!(ignoreMissing && isReason(error, 'NotFound'))) errors.push(withSource('deleting', item.source, error));
    }
  }
  if (errors.length > 0) return;
  if (items.length === 0) await session.io.stdout.write('No resources found\n');
  if (wait !== undefined && dryRun === 'none') await waitUntilGone(session, gone, wait.timeoutMs);
}
