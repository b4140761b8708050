import { ApiError } from '../../api/status.ts';
import type { Explanation, ExplanationList, Finding, Named } from '../../why/explanation.ts';
import { coloured, listText, plain, textOf } from '../../why/text.ts';
import { command } from '../command.ts';
import type { Call } from '../command.ts';
import { pathOf } from '../discovery/resource.ts';
import type { ApiResource } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import { allNamespacesFlag } from '../flags/common-flags.ts';
import { text } from '../flags/flags.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { Session } from '../session.ts';

const flags = {
  ...allNamespacesFlag,
  'output': text('How to answer. One of: (text, json, yaml).', { short: 'o', initial: 'text' }),
} as const;

/** What is looked at when nothing is named, in the order in which it is told: what others stand on comes first. */
const looked = ['nodes', 'namespaces', 'persistentvolumeclaims', 'deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'replicasets.apps', 'replicationcontrollers', 'jobs.batch', 'cronjobs.batch', 'horizontalpodautoscalers.autoscaling', 'poddisruptionbudgets.policy', 'services', 'pods'];

async function run({ session, args, flags: { output, 'all-namespaces': everywhere } }: Call<typeof flags>): Promise<void> {
  if (!['text', 'json', 'yaml'].includes(output)) throw new KubectlError(`--output wants text, json or yaml, not ${JSON.stringify(output)}`);
  const { stdout, environment } = session.io;
  const style = stdout.isTerminal && environment['NO_COLOR'] === undefined ? coloured : plain;
  const answer = args.length === 0 ? await everything(session, everywhere || !session.givenGlobals.has('namespace') ? '' : (await session.namespace()).name) : await one(session, args, everywhere);
  const said = output === 'json' ? `${JSON.stringify(answer, undefined, 2)}\n`
    : output === 'yaml' ? toGoYaml(answer)
    : answer.kind === 'Explanation' ? textOf(answer, style)
    : `${listText(answer, style)}${answer.items.length === 0 ? `All is well: ${answer.looked} objects were looked at.\n` : ''}`;
  await stdout.write(said);
}

async function one(session: Session, words: readonly string[], everywhere: boolean): Promise<Explanation | ExplanationList> {
  const [kind, name] = words.length === 1 ? words[0]!.split('/', 2) : words;
  if (words.length > 2 || kind === undefined || kind === '') throw new KubectlError('why wants KIND/NAME, KIND NAME or KIND');
  const resource = await (await session.mapper()).resource(kind);
  const namespace = everywhere ? '' : (await session.namespace()).name;
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

export default command({
  usage: 'why [TYPE/NAME | TYPE NAME | TYPE]',
  description: `Say why something is as it is: what stands in its way, what to do about it, and how it came to this, back to the command of whoever wanted it.

 Without anything named, all that is not well in the cluster is listed. It is Coxswain that explains itself; other clusters do not.`,
  examples: `
    # A pending pod, node by node and rule by rule
    kubectl why pod/web

    # A rollout that is stuck, down to the container at fault
    kubectl why deploy/web -n shop

    # All claims of the namespace that are not well
    kubectl why pvc

    # Everything in the cluster that is not well
    kubectl why

    # As data
    kubectl why ns/old -o yaml`,
  flags,
  run,
});
