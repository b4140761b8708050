import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { array, bool, duration, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { AnyObject } from '../resources/item.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { isImageReference } from '../writes/image-reference.ts';
import { labelsOf } from '../writes/labels-of.ts';
import { withLastApplied } from '../writes/last-applied.ts';
import { patchLocally } from '../writes/patch-locally.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../writes/write-flags.ts';
import { createObject } from '../writes/write-object.ts';

const flags = {
  ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-run'),
  'annotations': array('Annotations to apply to the pod.'),
  'attach': bool('If true, wait for the Pod to start running, and then attach to the Pod.'),
  'command': bool('If true and extra arguments are present, use them as the \'command\' field in the container, rather than the \'args\' field which is the default.'),
  'env': array('Environment variables to set in the container.'),
  'expose': bool('If true, create a ClusterIP service associated with the pod.  Requires `--port`.'),
  'image': text('The image for the container to run.', { required: true }),
  'image-pull-policy': text('The image pull policy for the container.  If left empty, this value will not be specified by the client and defaulted by the server.'),
  'labels': text('Comma separated labels to apply to the pod. Will override previous values.', { short: 'l' }),
  'overrides': text('An inline JSON override for the generated object.'),
  'override-type': text('The method used to override the generated object: json, merge, or strategic.', { initial: 'merge' }),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 60_000, text: '1m0s' }),
  'port': text('The port that this container exposes.'),
  'privileged': bool('If true, run the container in privileged mode.'),
  'quiet': bool('If true, suppress prompt messages.', { short: 'q' }),
  'restart': text('The restart policy for this Pod.  Legal values [Always, OnFailure, Never].', { initial: 'Always' }),
  'rm': bool('If true, delete the pod after it exits.  Only valid when attaching to the container, e.g. with \'--attach\' or with \'-i/--stdin\'.'),
  'save-config': bool('If true, the configuration of current object will be saved in its annotation.'),
  'stdin': bool('Keep stdin open on the container in the pod, even if nothing is attached.', { short: 'i' }),
  'tty': bool('Allocate a TTY for the container in the pod.', { short: 't' }),
} as const;

type RunCall = Call<typeof flags>;

const usageError = (message: string, path: string): KubectlError => new KubectlError(`${message}\nSee '${path} -h' for help and examples`);

function environmentOf(pairs: readonly string[]): { name: string; value: string }[] {
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new KubectlError(`invalid env: ${pair}`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
}

function check({ flags: values, args, dashAt, path }: RunCall): void {
  if (args.length === 0 || dashAt === 0) throw usageError('NAME is required for run', path);
  if (values['pod-running-timeout'] <= 0) throw usageError('--pod-running-timeout must be higher than zero', path);
  if (values.image === '') throw new KubectlError('--image is required');
  if (!isImageReference(values.image)) throw new KubectlError(`Invalid image name ${JSON.stringify(values.image)}: invalid reference format`);
  if (values.tty && !values.stdin) throw usageError('-i/--stdin is required for containers with -t/--tty=true', path);
  if (values.expose && values.port === '') throw usageError('--port must be set when exposing a service', path);
  if (!['Always', 'OnFailure', 'Never'].includes(values.restart)) throw usageError(`invalid restart policy: ${values.restart}`, path);
  if (values.rm && !values.attach && !values.stdin) throw usageError('--rm should only be used for attached containers', path);
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(values['image-pull-policy'])) throw usageError(`invalid image pull policy: ${values['image-pull-policy']}`, path);
  if (values.attach || values.stdin) throw new KubectlError('not supported: run with --attach or --stdin; create the pod and use kubectl attach');
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
        ...(values.privileged && { securityContext: { privileged: true } }),
      }],
      dnsPolicy: 'ClusterFirst', restartPolicy: values.restart,
    },
    status: {},
  };
}

async function overridden(object: AnyObject, { overrides, 'override-type': type }: RunCall['flags']): Promise<AnyObject> {
  if (overrides === '') return object;
  const { decodeYaml } = await import('../../api/codec/yaml.ts');
  const { value } = decodeYaml(overrides);
  if (type !== 'json' && type !== 'merge' && type !== 'strategic') throw new KubectlError(`invalid override type: ${type}`);
  return patchLocally(object, { type, value });
}

async function run(call: RunCall): Promise<void> {
  const { session, flags: values } = call;
  check(call);
  const dryRun = dryRunOf(values);
  const printer = (await donePrinters(session, values, dryRun))('created');
  const { name: namespace, explicit } = await session.namespace();
  const pod = await overridden(podOf(call), values);
  const service: AnyObject | undefined = values.expose ? { apiVersion: 'v1', kind: 'Service', metadata: { name: call.args[0]! }, spec: { ports: [{ port: Number(values.port), protocol: 'TCP', targetPort: Number(values.port) }], selector: pod.metadata?.labels ?? {} }, status: { loadBalancer: {} } } : undefined;
  // As upstream, the service is told of first.
  for (const made of service === undefined ? [pod] : [service, pod]) {
    // Upstream parts the two documents itself, and so does the printer.
    if (made === pod && service !== undefined && values.output === 'yaml') await session.io.stdout.write('---\n');
    const object = values['save-config'] ? withLastApplied(made) : made;
    if (dryRun === 'client') {
      await session.io.stdout.write(printer.print(explicit ? { ...object, metadata: { ...object.metadata, namespace } } : object));
      continue;
    }
    const resource = await (await session.mapper()).kind('v1', object.kind!);
    const created = await createObject(await session.connection(), { resource, namespace, name: object.metadata!.name!, subresource: '' }, object, { dryRun, fieldManager: values['field-manager'] });
    await session.io.stdout.write(printer.print(created));
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

    # Start the nginx pod using a different command and custom arguments
    kubectl run nginx --image=nginx --command -- <cmd> <arg1> ... <argN>`,
  flags,
  run,
});
