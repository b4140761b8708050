import type { Pod } from '../../api/types/core/v1.ts';
import type { Session } from '../session.ts';
import type { SessionWish } from './container-session.ts';
import { defaultDetachKeys, detachSequence } from './detach-keys.ts';
import { hasTerminal, openContainerSession } from './container-session.ts';

/** Attaches to a container that runs, and says around it what upstream says. `path` is how the command is called again. */
export async function attachToContainer(session: Session, pod: Pod, container: string, { stdin, tty, quiet, path, detachKeys = defaultDetachKeys }: SessionWish & { readonly path: string; readonly detachKeys?: string }): Promise<void> {
  const { io } = session;
  const { name = '', namespace = '' } = pod.metadata;
  const ephemeral = pod.spec?.ephemeralContainers?.some((one) => one.name === container) === true;
  const allocated = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []), ...(pod.spec?.ephemeralContainers ?? [])].find((one) => one.name === container)?.tty === true;
  if (tty && !allocated && !quiet) await io.stderr.write(`error: Unable to use a TTY - container ${container} did not allocate one\n`);
  // What runs with a terminal speaks as one, whether somebody asked for that or not.
  const terminal = await hasTerminal(session, { stdin, tty: allocated, quiet });
  if (!quiet) await io.stderr.write('All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don\'t see a command prompt, try pressing enter.\n');
  await openContainerSession(session, pod, { subresource: 'attach', container, stdin, terminal, ...(stdin && terminal && { detachKeys: detachSequence(detachKeys) }) });
  if (quiet || !stdin || !terminal) return;
  const again = `'${path} ${name} -c ${container} -n ${namespace} -i -t'`;
  await io.stdout.write(ephemeral ? `Session ended, the ephemeral container will not be restarted but may be reattached using ${again} if it is still running\n` : `Session ended, resume using ${again} command\n`);
}
