import { homedir } from 'node:os';
import { RealClock } from '../base/real-clock.ts';
import { SystemRandom } from '../base/random.ts';
import { ApiError } from '../api/status.ts';
import { KubectlError } from '../kubectl/errors.ts';
import type { FlagValues } from '../kubectl/flags/flags.ts';
import { parseFlags } from '../kubectl/flags/parse-flags.ts';
import { globalFlags } from '../kubectl/global-flags.ts';
import type { Io } from '../kubectl/io.ts';
import { outputOf } from '../kubectl/io.ts';
import { pathOf } from '../kubectl/discovery/resource.ts';
import type { ApiResource } from '../kubectl/discovery/resource.ts';
import { toGoYaml } from '../kubectl/printers/go-yaml.ts';
import type { Session } from '../kubectl/session.ts';
import { openSession } from '../kubectl/session.ts';
import type { Explanation, ExplanationList, Finding, Named } from '../why/explanation.ts';
import { coloured, listText, plain, textOf } from '../why/text.ts';
import { UsageError } from './options.ts';

export interface WhyFlags {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
  readonly output: 'text' | 'json' | 'yaml';
}

/** What is looked at when nothing is named, in the order in which it is told: what others stand on comes first. */
const looked = ['nodes', 'namespaces', 'persistentvolumeclaims', 'deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'replicasets.apps', 'replicationcontrollers', 'jobs.batch', 'cronjobs.batch', 'horizontalpodautoscalers.autoscaling', 'poddisruptionbudgets.policy', 'services', 'pods'];

/** `coxswain why [KIND/NAME | KIND NAME]` */
export async function why(words: readonly string[], flags: WhyFlags): Promise<void> {
  const session = sessionOf(flags);
  const { stdout } = session.io;
  const style = stdout.isTerminal && session.io.environment['NO_COLOR'] === undefined ? coloured : plain;
  const answer = words.length === 0 ? await everything(session, flags.namespace ?? '') : await one(session, words);
  const text = flags.output === 'json' ? `${JSON.stringify(answer, undefined, 2)}\n`
    : flags.output === 'yaml' ? toGoYaml(answer)
    : answer.kind === 'Explanation' ? textOf(answer, style)
    : `${listText(answer, style)}${answer.items.length === 0 ? `All is well: ${answer.looked} objects were looked at.\n` : ''}`;
  await stdout.write(text);
}

function sessionOf({ namespace, kubeconfig, context, as }: WhyFlags): Session {
  const given = { ...(namespace !== undefined && { namespace }), ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }), ...(as !== undefined && { as }) };
  const globals = { ...parseFlags(globalFlags, []).values, ...given } as FlagValues<typeof globalFlags>;
  const io: Io = {
    stdin: process.stdin, stdout: outputOf(process.stdout), stderr: outputOf(process.stderr),
    environment: process.env, folder: process.cwd(), home: process.env['HOME'] ?? homedir(),
    clock: new RealClock(), random: new SystemRandom(), signal: new AbortController().signal,
  };
  return openSession({ io, globals, givenGlobals: new Set(Object.keys(given)), command: 'coxswain why' });
}

async function one(session: Session, words: readonly string[]): Promise<Explanation | ExplanationList> {
  const [kind, name] = words.length === 1 ? words[0]!.split('/', 2) : words;
  if (words.length > 2 || kind === undefined || kind === '') throw new UsageError('why wants KIND/NAME, KIND NAME or KIND', 2);
  const resource = await (await session.mapper()).resource(kind);
  const namespace = (await session.namespace()).name;
  return ask(session, resource, { namespace, ...(name !== undefined && { name }) });
}

async function ask<T extends Explanation | ExplanationList>(session: Session, resource: ApiResource, where: { readonly namespace: string; readonly name?: string }): Promise<T> {
  const connection = await session.connection();
  try {
    return await connection.json<T>({ method: 'GET', path: `/why${pathOf(resource, where)}` });
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) throw new KubectlError('the server does not explain itself: it is not Coxswain, or an older one');
    throw error;
  }
}

/** What is not well of all that is looked at; what another thing's explanation speaks of already is not told again. */
async function everything(session: Session, namespace: string): Promise<ExplanationList> {
  const mapper = await session.mapper();
  const resources = (await Promise.all(looked.map((word) => mapper.resource(word).catch(() => undefined)))).filter((resource) => resource !== undefined);
  const notes = new Set<string>();
  const lists = await Promise.all(resources.filter(({ namespaced }) => namespaced || namespace === '').map((resource) => ask<ExplanationList>(session, resource, { namespace }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.reason !== 'Forbidden') throw error;
    notes.add(`You may not list ${resource.resource}: they are left out.`);
    return undefined;
  })));
  const found = lists.filter((list) => list !== undefined);
  const told = new Set<string>();
  const items: Explanation[] = [];
  for (const item of found.flatMap((list) => list.items)) {
    if (told.has(id(item.object)) || (item.owner !== undefined && told.has(id(item.owner)))) continue;
    told.add(id(item.object));
    items.push(item);
    for (const finding of item.findings) mention(finding, told);
  }
  for (const list of found) for (const note of list.notes) notes.add(note);
  return { apiVersion: 'why.coxswain.dev/v1', kind: 'ExplanationList', items, looked: found.reduce((sum, list) => sum + list.looked, 0), notes: [...notes] };
}

const id = ({ kind, namespace, name }: Named): string => `${kind} ${namespace} ${name}`;

function mention({ about, because = [] }: Finding, told: Set<string>): void {
  // A node that refuses a pod is not ill.
  if (about !== undefined && about.kind !== 'Node') told.add(id(about));
  for (const finding of because) mention(finding, told);
}
