import type { Container, EnvVar, EphemeralContainer, Node, Pod } from '../../../api/types/core/v1.ts';
import type { Random } from '../../../base/random.ts';
import { KubectlError } from '../../errors.ts';
import { patchLocally } from '../../writes/patch-locally.ts';
import type { DebugContainer, DebugStyle, Keep } from './profiles.ts';
import { profileOf } from './profiles.ts';

/** What somebody wants to debug with. */
export interface DebugWish {
  readonly container: string;
  readonly image: string;
  readonly pullPolicy: string;
  readonly words: readonly string[];
  /** The words are arguments of the image's own command. */
  readonly argumentsOnly: boolean;
  readonly env: readonly EnvVar[];
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly target: string;
  readonly profile: string;
  /** Fields of a container that go over those of the profile. */
  readonly custom: Partial<Container> | undefined;
  readonly keep: Keep;
}

export interface CopyWish {
  readonly name: string;
  readonly sameNode: boolean;
  readonly shareProcesses: boolean | undefined;
  readonly setImages: ReadonlyMap<string, string>;
}

/** Called with the name that a debugging container has been given. */
type TellName = (name: string) => Promise<void>;

const wordsOf = ({ words, argumentsOnly }: DebugWish): Partial<Container> => (words.length === 0 ? {} : { [argumentsOnly ? 'args' : 'command']: [...words] });

function newContainer(name: string, wish: DebugWish): Container {
  return {
    name, ...wordsOf(wish), ...(wish.env.length > 0 && { env: [...wish.env] }), image: wish.image, ...(wish.pullPolicy !== '' && { imagePullPolicy: wish.pullPolicy }), resources: {},
    ...(wish.stdin && { stdin: true }), terminationMessagePolicy: 'File', ...(wish.tty && { tty: true }),
  };
}

const allContainers = ({ spec }: Pod): readonly DebugContainer[] => [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])];

async function nameFor(pod: Pod, wish: DebugWish, random: Random, tell: TellName): Promise<string> {
  if (wish.container !== '') return wish.container;
  const taken = new Set(allContainers(pod).map(({ name }) => name));
  let name: string;
  do name = `debugger-${random.suffix(5)}`; while (taken.has(name));
  await tell(name);
  return name;
}

/** The profile, and then what the user's own file says, on a container of a pod. */
async function applyProfile(pod: Pod, list: 'containers' | 'initContainers' | 'ephemeralContainers', name: string, wish: DebugWish, style: DebugStyle): Promise<void> {
  const find = (): { readonly all: DebugContainer[]; readonly at: number } => {
    const all = (pod.spec![list] ?? []) as DebugContainer[];
    return { all, at: all.findIndex((one) => one.name === name) };
  };
  profileOf(wish.profile)({ pod, container: find().all[find().at]!, style, keep: wish.keep });
  if (wish.custom === undefined) return;
  const { all, at } = find();
  if (at < 0 || list === 'initContainers') throw new KubectlError(`unable to find the ${name} container in the pod ${pod.metadata.name ?? ''}`);
  const patched = await patchLocally({ apiVersion: 'v1', kind: 'Pod', spec: { [list]: [all[at]] } }, { type: 'strategic', value: { spec: { [list]: [{ ...wish.custom, name }] } } });
  all[at] = (patched['spec'] as Record<string, DebugContainer[]>)[list]![0]!;
}

/** A container that joins a pod which runs. */
export async function ephemeralContainer(original: Pod, wish: DebugWish, { random, tell }: { readonly random: Random; readonly tell: TellName }): Promise<EphemeralContainer> {
  const pod = structuredClone(original);
  const name = await nameFor(pod, wish, random, tell);
  const container: EphemeralContainer = { ...newContainer(name, wish), ...(wish.target !== '' && { targetContainerName: wish.target }) };
  // Where one of that name is there already, it is that which the profile would change, and the server refuses it.
  pod.spec!.ephemeralContainers = [...(pod.spec!.ephemeralContainers ?? []), container];
  await applyProfile(pod, 'ephemeralContainers', name, wish, 'ephemeral');
  return pod.spec!.ephemeralContainers.find((one) => one.name === name)!;
}

/** A pod that looks at a node from the inside. */
export async function nodeDebugger(node: Node, wish: DebugWish, name: string): Promise<Pod> {
  const container = wish.container === '' ? 'debugger' : wish.container;
  const pod: Pod = {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: { containers: [newContainer(container, wish)], nodeName: node.metadata.name ?? '', restartPolicy: 'Never', tolerations: [{ operator: 'Exists' }] },
  };
  await applyProfile(pod, 'containers', container, wish, 'node');
  return pod;
}

/** A copy of a pod to debug, and the container in it that somebody attaches to; empty where only images differ. */
export async function podCopy(original: Pod, wish: DebugWish, copy: CopyWish, { random, tell }: { readonly random: Random; readonly tell: TellName }): Promise<{ readonly pod: Pod; readonly container: string }> {
  const { labels, annotations, namespace } = original.metadata;
  const pod: Pod = structuredClone({ apiVersion: 'v1', kind: 'Pod', metadata: { name: copy.name, ...(namespace !== undefined && { namespace }), ...(annotations !== undefined && { annotations }), ...(labels !== undefined && { labels }) }, spec: original.spec! });
  const spec = pod.spec!;
  delete spec.ephemeralContainers;
  if (copy.shareProcesses !== undefined) spec.shareProcessNamespace = copy.shareProcesses;
  if (!copy.sameNode) delete spec.nodeName;
  for (const container of spec.containers) {
    const image = copy.setImages.get(container.name) ?? copy.setImages.get('*') ?? '';
    if (image !== '') container.image = image;
  }
  let name = wish.container;
  let container = (allContainers(pod) as Container[]).find((one) => one.name === name);
  if (container === undefined) {
    if (wish.image === '') {
      if (copy.setImages.size > 0) return { pod, container: '' };
      throw new KubectlError('you must specify image when creating new container');
    }
    if (name === '') name = await nameFor(pod, wish, random, tell);
    container = { name, terminationMessagePolicy: 'File' };
    spec.containers.push(container);
  }
  if (wish.words.length > 0 && !wish.argumentsOnly) delete container.args;
  Object.assign(container, wordsOf(wish), wish.env.length > 0 && { env: [...wish.env] }, wish.image !== '' && { image: wish.image }, wish.pullPolicy !== '' && { imagePullPolicy: wish.pullPolicy });
  for (const key of ['stdin', 'tty'] as const) {
    if (wish[key]) container[key] = true;
    else delete container[key];
  }
  await applyProfile(pod, spec.containers.includes(container) ? 'containers' : 'initContainers', name, wish, 'copy');
  return { pod, container: name };
}
