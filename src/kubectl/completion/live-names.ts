import type { Pod } from '../../api/types/core/v1.ts';
import { loadConfig } from '../config/load-kubeconfig.ts';
import type { ApiResource } from '../discovery/resource.ts';
import { fullNameOf, pathOf } from '../discovery/resource.ts';
import type { Session } from '../session.ts';
import type { Candidates } from './candidates.ts';

export interface Asking {
  readonly session: Session;
  readonly path: readonly string[];
  /** The command's arguments before the word. */
  readonly args: readonly string[];
  /** The flag whose value the word is. */
  readonly flag: string | undefined;
  readonly typed: string;
}

/** A name a key press: more than this and nobody reads them. */
const mostNames = 500;

/** Commands whose first argument is a pod, or one of the types that have some. */
const ofPods = new Set(['attach', 'exec', 'logs', 'port-forward', 'debug']);
/** Commands whose arguments name objects of one type. */
const typeOfCommand: Readonly<Record<string, string>> = { cordon: 'nodes', uncordon: 'nodes', drain: 'nodes', top: 'pods' };
const rollouts = ['deployment', 'daemonset', 'statefulset'];
const scaled = ['deployment', 'replicaset', 'replicationcontroller', 'statefulset'];
const ofTypes: Readonly<Record<string, readonly string[]>> = { rollout: rollouts, scale: scaled, autoscale: scaled };
const ofAnything = new Set(['get', 'describe', 'delete', 'edit', 'label', 'annotate', 'patch', 'taint', 'wait', 'expose', 'set']);

async function objectsOf<T>(session: Session, resource: ApiResource): Promise<T[]> {
  const connection = await session.connection();
  const { name } = await session.namespace();
  const { items } = await connection.json<{ readonly items?: T[] }>({ method: 'GET', path: `${pathOf(resource, { namespace: name })}?limit=${mostNames}`, accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json' });
  return items ?? [];
}

interface Named { readonly metadata: { readonly name: string } }

async function namesOf(session: Session, word: string): Promise<string[]> {
  const resource = await (await session.mapper()).resource(word);
  return (await objectsOf<Named>(session, resource)).map(({ metadata }) => metadata.name).sort();
}

async function typesOf(session: Session, verb: string): Promise<string[]> {
  const { discovery } = await session.mapper();
  const preferred = new Map(discovery.groups.map(({ name, versions }) => [name, versions[0]]));
  const served = discovery.resources.filter(({ verbs, group, version }) => verbs.includes(verb) && preferred.get(group) === version);
  const order = ({ group, resource }: ApiResource): string => `${group}/${resource}`;
  return [...new Set(served.sort((a, b) => (order(a) < order(b) ? -1 : 1)).map(fullNameOf))];
}

const starting = (words: readonly string[], typed: string): Candidates => ({ words: words.filter((word) => word.startsWith(typed)), directive: 'names' });

async function containersOf({ session, args, typed }: Asking): Promise<Candidates> {
  const name = (args[0] ?? '').replace(/^pods?\//, '');
  const { name: namespace } = await session.namespace();
  const { spec } = await (await session.connection()).json<Pod>({ method: 'GET', path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}` });
  return starting([...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map((one) => one.name), typed);
}

async function valueOf(asking: Asking): Promise<Candidates> {
  const { session, flag, typed } = asking;
  const config = async () => loadConfig(session.io, session.globals.kubeconfig);
  switch (flag) {
    case 'namespace': return starting(await namesOf(session, 'namespaces'), typed);
    case 'context': return starting([...(await config()).contexts.keys()].sort(), typed);
    case 'cluster': return starting([...(await config()).clusters.keys()].sort(), typed);
    case 'user': return starting([...(await config()).users.keys()].sort(), typed);
    case 'container': return containersOf(asking);
    case 'output': return starting(['json', 'yaml', 'name', 'wide', 'kyaml', 'jsonpath', 'jsonpath-file', 'jsonpath-as-json', 'go-template', 'go-template-file', 'custom-columns', 'custom-columns-file'], typed);
    case 'dry-run': return starting(['none', 'client', 'server'], typed);
    default: return { words: [], directive: 'files' };
  }
}

/** `TYPE NAME…` and `TYPE/NAME…`. */
async function typeAndNames({ session, args, typed }: Asking, types: () => Promise<readonly string[]>): Promise<Candidates> {
  const slash = typed.indexOf('/');
  if (slash > 0) {
    const type = typed.slice(0, slash);
    return starting((await namesOf(session, type)).map((name) => `${type}/${name}`), typed);
  }
  const [type, ...named] = args;
  if (type === undefined || type.includes('/')) return starting(await types(), typed);
  const taken = new Set(named);
  return starting((await namesOf(session, type)).filter((name) => !taken.has(name)), typed);
}

/** What a word may become: types and names as the server has them now, contexts and the like as the configuration has them. */
export async function candidatesFor(asking: Asking): Promise<Candidates> {
  const { session, path, args, flag, typed } = asking;
  if (flag !== undefined) return valueOf(asking);
  const [first = '', second = ''] = path;
  if (first === 'config' && ['use-context', 'delete-context', 'rename-context', 'get-contexts', 'set-context'].includes(second)) return starting([...(await loadConfig(session.io, session.globals.kubeconfig)).contexts.keys()].sort(), typed);
  if (first === 'explain') return args.length > 0 ? { words: [], directive: 'names' } : starting(await typesOf(session, 'get'), typed);
  if (ofAnything.has(first)) return typeAndNames(asking, () => typesOf(session, first === 'delete' ? 'delete' : 'get'));
  const types = ofTypes[first];
  if (types !== undefined) return typeAndNames(asking, () => Promise.resolve(types));
  if (first === 'top' && second === 'node') return starting(await namesOf(session, 'nodes'), typed);
  const type = typeOfCommand[first];
  if (type !== undefined) return starting((await namesOf(session, type)).filter((name) => !args.includes(name)), typed);
  if (ofPods.has(first)) {
    if (first === 'logs' && args.length === 1) return containersOf(asking);
    if (args.length > 0) return { words: [], directive: 'names' };
    return typed.includes('/') ? typeAndNames(asking, () => Promise.resolve([])) : starting([...await namesOf(session, 'pods'), ...['deployments/', 'replicasets/', 'services/', 'statefulsets/', 'jobs/'].filter(() => typed !== '')], typed);
  }
  if (first === 'cp') return typed.startsWith('/') || typed.startsWith('.') || args.length > 0 ? { words: [], directive: 'files' } : { words: (await namesOf(session, 'pods')).map((name) => `${name}:`).filter((word) => word.startsWith(typed)), directive: 'files' };
  return { words: [], directive: first === 'apply' || first === 'create' || first === 'diff' ? 'files' : 'names' };
}
