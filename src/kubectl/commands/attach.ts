import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { bool, duration, text } from '../flags/flags.ts';
import { attachablePod, namedObject } from '../resources/attachable-pod.ts';
import { containerOf } from '../resources/containers-of.ts';
import { attachToContainer } from '../streams/attach.ts';
import { defaultDetachKeys } from '../streams/detach-keys.ts';
import { usageError } from '../usage-error.ts';

const flags = {
  'container': text('Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen', { short: 'c' }),
  'detach-keys': text('Override the key sequence for detaching a container', { initial: defaultDetachKeys }),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 60_000, text: '1m0s' }),
  'quiet': bool('Only print output from the remote session', { short: 'q' }),
  'stdin': bool('Pass stdin to the container', { short: 'i' }),
  'tty': bool('Stdin is a TTY', { short: 't' }),
} as const;

async function run({ session, args, flags: values, path }: Call<typeof flags>): Promise<void> {
  if (values['pod-running-timeout'] <= 0) throw usageError('--pod-running-timeout must be higher than zero', path);
  if (args.length === 0) throw new KubectlError('at least 1 argument is required for attach');
  if (args.length > 2) throw new KubectlError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: [${args.join(' ')}]`);
  const pod = await attachablePod(session, await namedObject(session, args.join('/')), values['pod-running-timeout']);
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') throw new KubectlError(`cannot attach a container in a completed pod; current phase is ${phase}`);
  let container: string;
  try {
    container = await containerOf(pod, values.container, { io: session.io, quiet: values.quiet });
  } catch (error) {
    throw error instanceof KubectlError ? new KubectlError(`cannot attach to the container: ${error.message}`, { cause: error }) : error;
  }
  await attachToContainer(session, pod, container, { stdin: values.stdin, tty: values.tty, quiet: values.quiet, path, detachKeys: values['detach-keys'] });
}

export default command({
  usage: 'attach (POD | TYPE/NAME) -c CONTAINER',
  description: 'Attach to a process that is already running inside an existing container.',
  examples: `
    # What the first container of a pod writes from now on
    kubectl attach web-0

    # With what is typed here, as if it ran here
    kubectl attach web-0 -c sh -i -t`,
  flags,
  run,
});
