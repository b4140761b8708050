import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { bool, duration, list, text } from '../flags/flags.ts';
import { attachablePod, namedObject } from '../resources/attachable-pod.ts';
import { containerOf } from '../resources/containers-of.ts';
import { hasTerminal, openContainerSession } from '../streams/container-session.ts';
import { usageError } from '../usage-error.ts';

const flags = {
  'container': text('Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen', { short: 'c' }),
  'filename': list('to use to exec into the resource', { short: 'f' }),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 60_000, text: '1m0s' }),
  'quiet': bool('Only print output from the remote session', { short: 'q' }),
  'stdin': bool('Pass stdin to the container', { short: 'i' }),
  'tty': bool('Stdin is a TTY', { short: 't' }),
} as const;

async function run({ session, args, flags: values, dashAt, path }: Call<typeof flags>): Promise<void> {
  const { io } = session;
  const name = args.length > 0 && dashAt !== 0 ? args[0]! : '';
  if (dashAt === undefined && (args.length > 1 || (args.length > 0 && values.filename.length > 0))) throw usageError('exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead', path);
  const words = dashAt === undefined ? [] : args.slice(dashAt);
  if (name === '' && values.filename.length === 0) throw new KubectlError('pod, type/name or --filename must be specified');
  if (words.length === 0) throw new KubectlError('you must specify at least one command for the container');
  const object = await namedObject(session, name, { filenames: values.filename, kustomize: '', recursive: false });
  const pod = await attachablePod(session, object, values['pod-running-timeout']);
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') throw new KubectlError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = await containerOf(pod, values.container, { io, quiet: values.quiet });
  const terminal = await hasTerminal(session, values);
  await openContainerSession(session, pod, { subresource: 'exec', container, stdin: values.stdin, terminal, commands: words });
}

export default command({
  usage: 'exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  description: 'Execute a command in a container.',
  examples: `
    # What a command says in the first container of a pod
    kubectl exec web-0 -- date

    # In another container
    kubectl exec web-0 -c sidecar -- date

    # A shell
    kubectl exec web-0 -it -- sh

    # In a pod of a deployment
    kubectl exec deploy/web -- date`,
  flags,
  run,
});
