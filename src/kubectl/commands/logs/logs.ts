import { isReason } from '../../../api/status.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { allContainerNames, defaultContainerAnnotation, hasContainer, hasSeveral } from '../../resources/containers-of.ts';
import type { AnyObject } from '../../resources/item.ts';
import { byLogging, goType, podsOf } from '../../resources/pods-of.ts';
import { select } from '../../resources/select.ts';
import { usageError } from '../../usage-error.ts';
import { logQuery } from './log-query.ts';
import type { LogSource } from './follow.ts';
import { readLogs } from './follow.ts';
import type { LogsCall } from './logs-flags.ts';
import { logsFlags } from './logs-flags.ts';

const usage = 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]';

function check({ args, flags, path, given }: LogsCall): void {
  const wrong = usageError(`expected '${usage}'.\nPOD or TYPE/NAME is a required argument for the logs command`, path);
  if (args.length === 0 && flags.selector === '') throw wrong;
  if (args.length === 1 && flags.selector !== '') throw usageError('only a selector (-l) or a POD name is allowed', path);
  if (args.length > 2) throw wrong;
  if (flags['pod-running-timeout'] <= 0) throw new KubectlError('--pod-running-timeout must be higher than zero');
  void given;
}

function checkValues({ args, flags, given }: LogsCall, container: string): void {
  if (flags['since-time'] !== '' && flags.since !== 0) throw new KubectlError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (flags['all-containers'] && container !== '') throw new KubectlError(`--all-containers=true should not be specified with container name ${container}`);
  if (given.has('container') && args.length === 2) throw new KubectlError('only one of -c or an inline [CONTAINER] arg is allowed');
  if (flags['limit-bytes'] < 0) throw new KubectlError('--limit-bytes must be greater than 0');
  if (flags.since < 0) throw new KubectlError('--since must be greater than 0');
  if (flags.tail < -1) throw new KubectlError('--tail must be greater than or equal to -1');
}

/** What the user named: one object, or the pods of a selector. */
async function subjects({ session, args: [argument], flags }: LogsCall): Promise<AnyObject[]> {
  try {
    if (flags.selector !== '') return (await (await select(session, { args: ['pods'], labelSelector: flags.selector, typeAlone: true, singleType: true })).items()).map(({ object }) => object!);
    const found = await (await select(session, { args: argument!.includes('/') ? [argument!] : ['pods', argument!], singleType: true })).items();
    return found.map(({ object }) => object!);
  } catch (error) {
    if (isReason(error, 'NotFound')) throw new KubectlError(`error from server (NotFound): ${(error as Error).message} in namespace ${JSON.stringify((await session.namespace()).name)}`, { cause: error });
    throw error;
  }
}

/** The pods whose logs are read: the pod itself, or one, or all, of an object's. */
async function podsOfSubject({ session, flags }: LogsCall, object: AnyObject): Promise<Pod[]> {
  if (object.kind === 'Pod') return [object as unknown as Pod];
  let pods: Pod[];
  try {
    pods = await podsOf(session, object, { timeoutMs: flags['pod-running-timeout'], compare: byLogging });
  } catch (error) {
    throw error instanceof KubectlError && /^selector for|^invalid service/.test(error.message) ? new KubectlError(`cannot get the logs from ${goType(object)}: ${error.message}`, { cause: error }) : error;
  }
  if (flags['all-pods'] || pods.length === 1) return pods;
  await session.io.stderr.write(`Found ${pods.length} pods, using pod/${pods[0]!.metadata.name ?? ''}\n`);
  return pods.slice(0, 1);
}

async function containersOf({ session: { io }, flags }: LogsCall, pod: Pod, container: string): Promise<string[]> {
  const names = (list: readonly { readonly name: string }[] | undefined): string[] => (list ?? []).map(({ name }) => name);
  if (flags['all-containers']) return [...names(pod.spec?.initContainers), ...names(pod.spec?.containers), ...names(pod.spec?.ephemeralContainers)];
  let chosen = container;
  const preset = pod.metadata.annotations?.[defaultContainerAnnotation] ?? '';
  if (chosen === '' && preset !== '') {
    if (hasContainer(pod, preset)) chosen = preset;
    else await io.stderr.write(`Default container name ${JSON.stringify(preset)} not found in pod ${pod.metadata.name ?? ''}\n`);
  }
  if (chosen === '') {
    chosen = pod.spec?.containers[0]?.name ?? '';
    if (hasSeveral(pod) && !flags['all-pods']) await io.stderr.write(`Defaulted container ${JSON.stringify(chosen)} out of: ${allContainerNames(pod)}\n`);
  }
  if (!hasContainer(pod, chosen)) throw new KubectlError(`container ${chosen} is not valid for pod ${pod.metadata.name ?? ''} out of: ${allContainerNames(pod)}`);
  return [chosen];
}

async function run(call: LogsCall): Promise<void> {
  const { session, args, flags } = call;
  check(call);
  const container = args[1] ?? flags.container;
  const query = logQuery(call);
  const objects = await subjects(call);
  if (flags.selector !== '' && objects.length === 0) await session.io.stderr.write(`No resources found in ${(await session.namespace()).name} namespace.\n`);
  checkValues(call, container);
  const sources: LogSource[] = [];
  for (const object of objects) {
    for (const pod of await podsOfSubject(call, object)) {
      const [namespace, name] = [pod.metadata.namespace ?? '', pod.metadata.name ?? ''];
      for (const one of await containersOf(call, pod, container)) {
        sources.push({ prefix: flags.prefix || flags['all-pods'] ? `[pod/${name}/${one}] ` : '', path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log?${new URLSearchParams({ ...query, container: one }).toString()}` });
      }
    }
  }
  if (flags.follow && sources.length > 1 && sources.length > flags['max-log-requests']) throw new KubectlError(`you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags['max-log-requests']}, use --max-log-requests to increase the limit`);
  await readLogs(session, sources, { follow: flags.follow, ignoreErrors: flags['ignore-errors'], timeoutMs: flags['pod-running-timeout'] });
}

export default command({
  usage,
  description: 'Print the logs for a container in a pod or specified resource. If the pod has only one container, the container name is optional.',
  examples: `
    # The logs of a pod that has one container
    kubectl logs web-0

    # Of all containers, and what they say next
    kubectl logs -f web-0 --all-containers

    # Of every pod with a label, each line with its source
    kubectl logs -l app=web --prefix

    # Of the container before it was restarted
    kubectl logs -p -c app web-0

    # The last twenty lines, or those of the last hour
    kubectl logs --tail=20 web-0
    kubectl logs --since=1h web-0

    # Of a pod of a deployment
    kubectl logs deployment/web`,
  flags: logsFlags,
  run,
});
