import type { ServerVersion } from '../client-version.ts';
import { clientVersion, releaseOf } from '../client-version.ts';
import { KubectlError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** `--match-server-version`: throws KubectlError where the server is of another release than this client. */
export async function matchServerVersion(connection: Connection): Promise<void> {
  const { gitVersion = '' } = await connection.json<ServerVersion>({ method: 'GET', path: '/version' });
  if (releaseOf(gitVersion) !== clientVersion.gitVersion) throw new KubectlError(`server version (${gitVersion}) differs from client version (${clientVersion.gitVersion})`);
}
