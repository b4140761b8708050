import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isReason } from '../../../api/status.ts';
import type { Container, Node, Pod } from '../../../api/types/core/v1.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { groupVersionOf } from '../../discovery/resource.ts';
import { KubectlError } from '../../errors.ts';
import { bool, list, text } from '../../flags/flags.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { attachOrLogs, printLogs, statusOf, untilPod } from '../../streams/attach-or-logs.ts';
import { isImageReference } from '../../writes/image-reference.ts';
import { createObject, deleteObject, patchObject } from '../../writes/write-object.ts';
import type { DebugWish } from './debug-pod.ts';
import { ephemeralContainer, nodeDebugger, podCopy } from './debug-pod.ts';
import type { DebugContainer } from './profiles.ts';
import { profileOf } from './profiles.ts';

const flags = {
  'arguments-only': bool('If specified, everything after -- will be passed to the new container as Args instead of Command.'),
  'attach': bool('If true, wait for the container to start running, and then attach to it. Default false, unless \'-i/--stdin\' is set, in which case the default is true.'),
  'container': text('Container name to use for debug container.', { short: 'c' }),
  'copy-to': text('Create a copy of the target Pod with this name.'),
  'custom': text('Path to a JSON or YAML file containing a partial container spec to customize built-in debug profiles.'),
  'env': list('Environment variables to set in the container.'),
  'filename': list('identifying the resource to debug', { short: 'f' }),
  'image': text('Container image to use for debug container.'),
  'image-pull-policy': text('The image pull policy for the container. If left empty, this value will not be specified by the client and defaulted by the server.'),
  'keep-annotations': bool('If true, keep the original pod annotations.(This flag only works when used with \'--copy-to\')'),
  'keep-init-containers': bool('Run the init containers for the pod. Defaults to true.(This flag only works when used with \'--copy-to\')', { initial: true }),
  'keep-labels': bool('If true, keep the original pod labels.(This flag only works when used with \'--copy-to\')'),
  'keep-liveness': bool('If true, keep the original pod liveness probes.(This flag only works when used with \'--copy-to\')'),
  'keep-readiness': bool('If true, keep the original pod readiness probes.(This flag only works when used with \'--copy-to\')'),
  'keep-startup': bool('If true, keep the original startup probes.(This flag only works when used with \'--copy-to\')'),
  'profile': text('Options are "general", "baseline", "restricted", "netadmin" or "sysadmin". Defaults to "general"', { initial: 'general' }),
  'quiet': bool('If true, suppress informational messages.', { short: 'q' }),
  'replace': bool('When used with \'--copy-to\', delete the original Pod.'),
  'same-node': bool('When used with \'--copy-to\', schedule the copy of target Pod on the same node.'),
  'set-image': list('When used with \'--copy-to\', a list of name=image pairs for changing container images, similar to how \'kubectl set image\' works.'),
  'share-processes': bool('When used with \'--copy-to\', enable process namespace sharing in the copy.', { initial: true }),
  'stdin': bool('Keep stdin open on the container(s) in the pod, even if nothing is attached.', { short: 'i' }),
  'target': text('When using an ephemeral container, target processes in this container name.'),
  'tty': bool('Allocate a TTY for the debugging container.', { short: 't' }),
} as const;

type DebugCall = Call<typeof flags>;

/** `name=value` pairs of a flag. */
function pairsOf(flag: 'env' | 'set-image', { flags: values, path }: DebugCall): Map<string, string> {
  return new Map(values[flag].map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) throw new KubectlError(`invalid argument ${JSON.stringify(pair)} for "--${flag}" flag: ${pair} must be formatted as key=value\nSee '${path} --help' for usage.`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  }));
}

async function customProfile({ session: { io }, flags: { custom } }: DebugCall): Promise<Partial<Container> | undefined> {
  if (custom === '') return undefined;
  let content: string;
  try {
    content = readFileSync(resolve(io.folder, custom), 'utf8');
  } catch (error) {
    throw new KubectlError(`must pass a container spec json file for custom profile: open ${custom}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message}`, { cause: error });
  }
  const { decodeYaml } = await import('../../../api/codec/yaml.ts');
  const { value } = decodeYaml(content);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new KubectlError(`${custom} does not contain a valid container spec`);
  return value as Partial<Container>;
}

/** What is wrong with the flags together, in upstream's order. */
async function check({ session: { io }, flags: values, given }: DebugCall, { names, words, attach, images, custom }: { readonly names: readonly string[]; readonly words: readonly string[]; readonly attach: boolean; readonly images: ReadonlyMap<string, string>; readonly custom: Partial<Container> | undefined }): Promise<void> {
  const wrong = (message: string): never => { throw new KubectlError(message); };
  if (attach && given.has('attach') && values.image === '' && values.container === '') wrong('you must specify --container or create a new container using --image in order to attach.');
  if (values['copy-to'] !== '') {
    if (values.image === '' && images.size === 0 && words.length === 0) wrong('you must specify --image, --set-image or command arguments.');
    if (words.length > 0 && values.container === '' && values.image === '') wrong('you must specify an existing container or a new image when specifying args.');
  } else if (values.replace) wrong('--replace may only be used with --copy-to.');
  else if (values['same-node']) wrong('--same-node may only be used with --copy-to.');
  else if (images.size > 0) wrong('--set-image may only be used with --copy-to.');
  else if (values.image === '') wrong('you must specify --image when not using --copy-to.');
  if (values.image !== '' && !isImageReference(values.image)) wrong(`invalid image name ${JSON.stringify(values.image)}: invalid reference format`);
  if (names.length === 0 && values.filename.length === 0) wrong('NAME or filename is required for debug');
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(values['image-pull-policy'])) wrong(`invalid image pull policy: ${values['image-pull-policy']}`);
  for (const [name, image] of images) if (!isImageReference(image)) wrong(`invalid image name ${JSON.stringify(image)} for container ${JSON.stringify(name)}: invalid reference format`);
  if (values.target !== '') {
    if (values['copy-to'] !== '') wrong('--target is incompatible with --copy-to. Use --share-processes instead.');
    if (!values.quiet) await io.stdout.write(`Targeting container ${JSON.stringify(values.target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`);
  }
  if (values.tty && !values.stdin) wrong('-i/--stdin is required for containers with -t/--tty=true');
  if (custom !== undefined && ['name', 'command', 'image', 'lifecycle', 'volumeDevices'].some((field) => Object.hasOwn(custom, field))) wrong('name, command, image, lifecycle and volume devices are not modifiable via custom profile');
  if (values.profile === 'legacy') await io.stderr.write('--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "--profile=general".\n');
}

class Debugging {
  readonly #call: DebugCall;
  readonly #wish: DebugWish;
  readonly #images: ReadonlyMap<string, string>;

  constructor(call: DebugCall, wish: DebugWish, images: ReadonlyMap<string, string>) {
    this.#call = call;
    this.#wish = wish;
    this.#images = images;
  }

  /** Makes what the object is debugged with; resolves with the pod and the container in it that one attaches to. */
  async start(item: Item): Promise<{ readonly pod: Pod; readonly container: string }> {
    const { resource, object } = item;
    if (resource?.group === '' && resource.kind === 'Node') return this.#node(object as unknown as Node);
    if (resource?.group === '' && resource.kind === 'Pod') return this.#call.flags['copy-to'] === '' ? this.#ephemeral(item) : this.#copy(item);
    throw new KubectlError(`${JSON.stringify(`${resource === undefined ? '' : groupVersionOf(resource).includes('/') ? groupVersionOf(resource) : `/${groupVersionOf(resource)}`}, Kind=${resource?.kind ?? ''}`)} not supported by debug`);
  }

  readonly #tell = async (name: string): Promise<void> => {
    const { session: { io }, flags: { quiet } } = this.#call;
    if (!quiet) await io.stdout.write(`Defaulting debug container name to ${name}.\n`);
  };

  async #node(node: Node): Promise<{ readonly pod: Pod; readonly container: string }> {
    const { session, flags: { quiet } } = this.#call;
    const container = this.#wish.container === '' ? 'debugger' : this.#wish.container;
    const name = `node-debugger-${node.metadata.name ?? ''}-${session.io.random.suffix(5)}`;
    if (!quiet) await session.io.stdout.write(`Creating debugging pod ${name} with container ${container} on node ${node.metadata.name ?? ''}.\n`);
    const pod = await nodeDebugger(node, this.#wish, name);
    return { pod: await this.#create((await session.namespace()).name, pod), container };
  }

  async #create(namespace: string, pod: Pod): Promise<Pod> {
    const { session } = this.#call;
    const resource = await (await session.mapper()).resource('pods');
    return await createObject(await session.connection(), { resource, namespace, name: '', subresource: '' }, pod as unknown as AnyObject, {}) as unknown as Pod;
  }

  async #ephemeral(item: Item): Promise<{ readonly pod: Pod; readonly container: string }> {
    const { session } = this.#call;
    const original = item.object as unknown as Pod;
    const container = await ephemeralContainer(original, this.#wish, { random: session.io.random, tell: this.#tell });
    await this.#warnOfUser(container, original);
    // A patch puts what is new first, unless it says otherwise.
    const order = [...new Set([...(original.spec?.ephemeralContainers ?? []), container].map(({ name }) => name))].map((name) => ({ name }));
    const body = JSON.stringify({ spec: { '$setElementOrder/ephemeralContainers': order, 'ephemeralContainers': [container] } });
    try {
      const pod = await patchObject(await session.connection(), { ...item, subresource: 'ephemeralcontainers' }, { type: 'strategic', body });
      return { pod: pod as unknown as Pod, container: container.name };
    } catch (error) {
      // A server without them knows no such subresource: of a pod that is missing it would tell the name.
      if (isReason(error, 'NotFound') && (error.details?.name ?? '') === '') throw new KubectlError(`ephemeral containers are disabled for this cluster (error from server: ${JSON.stringify(error.message)})`, { cause: error });
      throw error;
    }
  }

  async #copy(item: Item): Promise<{ readonly pod: Pod; readonly container: string }> {
    const { session, flags: values, given } = this.#call;
    const made = await podCopy(item.object as unknown as Pod, this.#wish, {
      name: values['copy-to'], sameNode: values['same-node'], shareProcesses: given.has('share-processes') ? values['share-processes'] : undefined, setImages: this.#images,
    }, { random: session.io.random, tell: this.#tell });
    await this.#warnOfUser(made.pod.spec?.containers.find(({ name }) => name === made.container), made.pod);
    const pod = await this.#create(item.namespace, made.pod);
    if (values.replace) await deleteObject(await session.connection(), item, { gracePeriodSeconds: 0 });
    return { pod, container: made.container };
  }

  /** Rights are of no use to somebody who is not root. */
  async #warnOfUser(container: DebugContainer | undefined, pod: Pod): Promise<void> {
    const own = container?.securityContext;
    if ((pod.spec?.securityContext?.runAsUser ?? 0) === 0 || own === undefined || own.runAsUser === 0) return;
    if (own.privileged !== true && (own.capabilities?.add ?? []).length === 0) return;
    await this.#call.session.io.stderr.write('Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".\n');
  }

  /** Waits until the container runs and attaches to it; of one that is through already, what it said is shown. */
  async attach({ metadata: { namespace = '', name = '' } }: Pod, container: string): Promise<void> {
    const { session, flags: { stdin, tty, quiet } } = this.#call;
    const warned = new Set<string>();
    const pod = await untilPod(session, { namespace, name, timeoutMs: 0 }, async (now) => {
      const state = statusOf(now, container)?.state;
      const message = state?.waiting?.message ?? '';
      if (message !== '' && !quiet && !warned.has(message)) await session.io.stderr.write(`Warning: container ${container}: ${message}\n`);
      if (message !== '') warned.add(message);
      return state?.running !== undefined || state?.terminated !== undefined;
    });
    if (statusOf(pod, container)?.state?.terminated !== undefined) return printLogs(session, pod, container);
    await attachOrLogs(session, pod, container, { stdin, tty, quiet, path: 'kubectl attach' });
  }
}

async function run(call: DebugCall): Promise<void> {
  const { session, args, flags: values, dashAt, given } = call;
  const names = dashAt === undefined ? args : args.slice(0, dashAt);
  const words = dashAt === undefined ? [] : args.slice(dashAt);
  const attach = given.has('attach') ? values.attach : values.stdin;
  const [env, images] = [pairsOf('env', call), pairsOf('set-image', call)];
  profileOf(values.profile);
  const custom = await customProfile(call);
  await check(call, { names, words, attach, images, custom });
  const wish: DebugWish = {
    container: values.container, image: values.image, pullPolicy: values['image-pull-policy'], words, argumentsOnly: values['arguments-only'],
    env: [...env].map(([name, value]) => ({ name, value })), stdin: values.stdin, tty: values.tty, target: values.target, profile: values.profile, custom,
    keep: { labels: values['keep-labels'], annotations: values['keep-annotations'], liveness: values['keep-liveness'], readiness: values['keep-readiness'], startup: values['keep-startup'], initContainers: values['keep-init-containers'] },
  };
  const debugging = new Debugging(call, wish, images);
  const selected = await select(session, { args: names.map((name) => (name.includes('/') ? name : `pods/${name}`)), files: { filenames: values.filename, kustomize: '', recursive: false } });
  for await (const item of selected.visit()) {
    const { pod, container } = await debugging.start(item);
    if (attach && container !== '') await debugging.attach(pod, container);
  }
}

export default command({
  usage: 'debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  description: `Debug cluster resources with a container that has the tools for it.

 What happens follows from what is named: a pod that runs gets an ephemeral container beside its own, or, with --copy-to, a copy of itself with some things changed; a node gets a pod in its host namespaces, with its file system below /host.

 Where a pod says that it does not run as root, some of the rights that a profile grants may be of no use.`,
  examples: `
    # A shell beside the containers of a pod
    kubectl debug web-0 -it --image=busybox

    # The same, among the processes of one of them
    kubectl debug web-0 -it --image=busybox --target=app

    # A copy of the pod, with another command
    kubectl debug web-0 -it --copy-to=my-debugger --container=app -- sh

    # A copy with other images
    kubectl debug web-0 --copy-to=my-debugger --set-image=*=busybox

    # A shell on a node
    kubectl debug node/worker-1 -it --image=busybox`,
  flags,
  run,
});
