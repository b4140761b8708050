import type { Pod } from '../../api/types/core/v1.ts';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { array, bool, duration, int, list, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { AnyObject } from '../resources/item.ts';
import type { Session } from '../session.ts';
import { attachToRun, removeRun } from '../streams/attach-to-run.ts';
import { defaultDetachKeys } from '../streams/detach-keys.ts';
import { usageError } from '../usage-error.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { isImageReference } from '../writes/image-reference.ts';
import { labelsOf } from '../writes/labels-of.ts';
import { withLastApplied } from '../writes/last-applied.ts';
import { overrideFlags, overridden } from '../writes/overridden.ts';
import type { DryRun } from '../writes/write-flags.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../writes/write-flags.ts';
import { createObject } from '../writes/write-object.ts';

const flags = {
  ...overrideFlags, ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-run'),
  'annotations': array('Annotations to apply to the pod.'),
  'attach': bool('If true, wait for the Pod to start running, and then attach to the Pod.'),
  'cascade': text('Must be "background", "orphan", or "foreground". How what the pod owns is deleted with it.', { initial: 'background', bare: 'background' }),
  'command': bool('If true and extra arguments are present, use them as the \'command\' field in the container, rather than the \'args\' field which is the default.'),
  'detach-keys': text('Override the key sequence for detaching a container.', { initial: defaultDetachKeys }),
  'env': array('Environment variables to set in the container.'),
  'expose': bool('If true, create a ClusterIP service associated with the pod.  Requires `--port`.'),
  'filename': list('to use to replace the resource.', { short: 'f' }),
  'force': bool('If true, immediately remove resources from API and bypass graceful deletion.'),
  'grace-period': int('Period of time in seconds given to the resource to terminate gracefully.', { initial: -1 }),
  'image': text('The image for the container to run.', { required: true }),
  'image-pull-policy': text('The image pull policy for the container.  If left empty, this value will not be specified by the client and defaulted by the server.'),
  'kustomize': text('Process a kustomization directory.', { short: 'k' }),
  'labels': text('Comma separated labels to apply to the pod. Will override previous values.', { short: 'l' }),
  'leave-stdin-open': bool('If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes. By default, stdin will be closed after the first attach completes.'),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 60_000, text: '1m0s' }),
  'port': text('The port that this container exposes.'),
  'privileged': bool('If true, run the container in privileged mode.'),
  'quiet': bool('If true, suppress prompt messages.', { short: 'q' }),
  'recursive': bool('Process the directory used in -f, --filename recursively.', { short: 'R' }),
  'restart': text('The restart policy for this Pod.  Legal values [Always, OnFailure, Never].', { initial: 'Always' }),
  'rm': bool('If true, delete the pod after it exits.  Only valid when attaching to the container, e.g. with \'--attach\' or with \'-i/--stdin\'.'),
  'save-config': bool('If true, the configuration of current object will be saved in its annotation.'),
  'stdin': bool('Keep stdin open on the container in the pod, even if nothing is attached.', { short: 'i' }),
  'timeout': duration('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object', { initial: 0, text: '0s' }),
  'tty': bool('Allocate a TTY for the container in the pod.', { short: 't' }),
  'wait': bool('If true, wait for resources to be gone before returning.'),
} as const;

type RunCall = Call<typeof flags>;

/** Pods that end on their own end the command as well: with which phase, follows from the restart policy. */
const exitCodes: Readonly<Record<string, 'succeeded' | 'completed'>> = { Never: 'completed', OnFailure: 'succeeded' };

function environmentOf(pairs: readonly string[]): { name: string; value: string }[] {
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new KubectlError(`invalid env: ${pair}`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
}

function check({ flags: values, args, dashAt, path }: RunCall, attach: boolean): void {
  if (args.length === 0 || dashAt === 0) throw usageError('NAME is required for run', path);
  if (values['pod-running-timeout'] <= 0) throw usageError('--pod-running-timeout must be higher than zero', path);
  if (values.image === '') throw new KubectlError('--image is required');
  if (!isImageReference(values.image)) throw new KubectlError(`Invalid image name ${JSON.stringify(values.image)}: invalid reference format`);
  if (values.tty && !values.stdin) throw usageError('-i/--stdin is required for containers with -t/--tty=true', path);
  if (values.expose && values.port === '') throw usageError('--port must be set when exposing a service', path);
  if (!['', 'Always', 'OnFailure', 'Never'].includes(values.restart)) throw usageError(`invalid restart policy: ${values.restart}`, path);
  if (values.rm && !attach) throw usageError('--rm should only be used for attached containers', path);
  if (attach && values['dry-run'] !== 'none') throw usageError('--dry-run=[server|client] can\'t be used with attached containers options (--attach, --stdin, or --tty)', path);
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(values['image-pull-policy'])) throw usageError(`invalid image pull policy: ${values['image-pull-policy']}`, path);
}

function podOf({ flags: values, args }: RunCall): AnyObject {
  const [name, ...rest] = args as [string, ...string[]];
  const labels = values.labels === '' ? { run: name } : labelsOf(values.labels);
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, labels, ...(values.annotations.length > 0 && { annotations: labelsOf(values.annotations.join(',')) }) },
    spec: {
      containers: [{
        name, image: values.image, resources: {},
        ...(values['image-pull-policy'] !== '' && { imagePullPolicy: values['image-pull-policy'] }),
        ...(rest.length > 0 && { [values.command ? 'command' : 'args']: rest }),
        ...(values.env.length > 0 && { env: environmentOf(values.env) }),
        ...(values.port !== '' && { ports: [{ containerPort: Number(values.port) }] }),
        ...(values.stdin && { stdin: true, ...(!values['leave-stdin-open'] && { stdinOnce: true }) }), ...(values.tty && { tty: true }),
        ...(values.privileged && { securityContext: { privileged: true } }),
      }],
      dnsPolicy: 'ClusterFirst', restartPolicy: values.restart === '' ? 'Always' : values.restart,
    },
    status: {},
  };
}

async function create(session: Session, { object, namespace }: { readonly object: AnyObject; readonly namespace: string }, { dryRun, fieldManager }: { readonly dryRun: DryRun; readonly fieldManager: string }): Promise<AnyObject> {
  const resource = await (await session.mapper()).kind('v1', object.kind!);
  return createObject(await session.connection(), { resource, namespace, name: object.metadata!.name!, subresource: '' }, object, { dryRun, fieldManager });
}

async function run(call: RunCall): Promise<void> {
  const { session, flags: values, given } = call;
  const attach = given.has('attach') ? values.attach : values.stdin;
  check(call, attach);
  const dryRun = dryRunOf(values);
  const printer = (await donePrinters(session, values, dryRun, { typed: true }))('created');
  const { name: namespace, explicit } = await session.namespace();
  const pod = await overridden(podOf(call), values);
  const service: AnyObject | undefined = values.expose ? { apiVersion: 'v1', kind: 'Service', metadata: { name: call.args[0]! }, spec: { ports: [{ port: Number(values.port), protocol: 'TCP', targetPort: Number(values.port) }], selector: pod.metadata?.labels ?? {} }, status: { loadBalancer: {} } } : undefined;
  const made: AnyObject[] = [];
  try {
    // As upstream, the service is told of first.
    for (const one of service === undefined ? [pod] : [service, pod]) {
      // Upstream parts the two documents itself, and so does the printer.
      if (one === pod && service !== undefined && values.output === 'yaml') await session.io.stdout.write('---\n');
      const object = values['save-config'] ? withLastApplied(one) : one;
      const shown = dryRun === 'client' ? (explicit ? { ...object, metadata: { ...object.metadata, namespace } } : object) : await create(session, { object, namespace }, { dryRun, fieldManager: values['field-manager'] });
      made.push(shown);
      // What is attached to speaks for itself.
      if (!attach || one !== pod) await session.io.stdout.write(printer.print(shown));
    }
    if (attach) await attachToRun(session, made.at(-1) as unknown as Pod, { stdin: values.stdin, tty: values.tty, quiet: values.quiet, detachKeys: values['detach-keys'], path: 'kubectl attach', timeoutMs: values['pod-running-timeout'], exitCodeOf: values['leave-stdin-open'] ? undefined : exitCodes[values.restart === '' && values.stdin ? 'OnFailure' : values.restart] });
  } finally {
    if (values.rm && attach) await removeRun(session, made.toReversed(), { quiet: values.quiet, cascade: values.cascade });
  }
}

export default command({
  usage: 'run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  description: 'Create and run a particular image in a pod.',
  examples: `
    # Start a nginx pod
    kubectl run nginx --image=nginx

    # Start a hazelcast pod and let the container expose port 5701
    kubectl run hazelcast --image=hazelcast/hazelcast --port=5701

    # Dry run; print the corresponding API objects without creating them
    kubectl run nginx --image=nginx --dry-run=client -o yaml

    # A shell in a pod that is gone when the shell ends
    kubectl run -it --rm sh --image=busybox --restart=Never -- sh

    # Start the nginx pod using a different command and custom arguments
    kubectl run nginx --image=nginx --command -- <cmd> <arg1> ... <argN>`,
  flags,
  run,
});
