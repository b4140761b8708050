import type { IdRange } from '../../host.ts';
import { parseSubordinateIds } from '../../user-namespaces/user-namespaces.ts';
import { runCommand } from './run-command.ts';

/** Whose subordinate users they are. */
const user = 'kubelet';

/**
 * The users that the machine sets aside for pods, as `getsubids` tells them, which may ask another machine. Undefined where there
 * is no user of that name, or no such program. Rejects, in upstream's words, when users and groups differ.
 */
export async function readSubordinateIds(): Promise<IdRange | undefined> {
  if (!(await runCommand('id', ['-u', user])).ok) return undefined;
  const [uids, gids] = await Promise.all([runCommand('getsubids', [user]), runCommand('getsubids', ['-g', user])]);
  // It is not there, rather than that it failed.
  if (uids.exitCode === undefined) return undefined;
  if (!uids.ok) throw new Error(`kubelet mappings: error retrieving additional uids for user ${JSON.stringify(user)}: ${uids.stderr}`);
  if (!gids.ok) throw new Error(`kubelet mappings: error retrieving additional gids for user ${JSON.stringify(user)}`);
  if (uids.stdout !== gids.stdout) throw new Error(`kubelet mappings: mismatched subuids and subgids for user ${JSON.stringify(user)}`);
  return parseSubordinateIds(uids.stdout);
}
