import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { Container, HTTPGetAction, LifecycleHandler, Pod } from '../../api/types/core/v1.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { httpHeadersOf } from '../probes/run-probe.ts';
import { resolvePort } from '../pods/pod-spec.ts';

export interface HookRequest {
  readonly handler: LifecycleHandler;
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string | undefined;
  readonly timeoutMs: number;
}

/** Runs a postStart or preStop handler to its end. Rejects with an Error worded as upstream's, which users see. */
export async function runHook(context: KubeletContext, request: HookRequest): Promise<void> {
  const { handler, pod, container, timeoutMs } = request;
  const { host, clock } = context;
  const where = `for Container ${JSON.stringify(container.name)} in Pod ${JSON.stringify(`${nameOf(pod)}_${namespaceOf(pod)}(${pod.metadata.uid ?? ''})`)} failed - error:`;
  if (handler.sleep !== undefined) return clock.sleep(Math.min(handler.sleep.seconds * 1000, timeoutMs));
  // What a simulated container would answer is not known.
  if (host.virtual) return;
  if (handler.exec !== undefined) {
    const command = handler.exec.command ?? [];
    const { error, output } = await exec(context, request, command);
    if (error !== undefined) throw new Error(`Exec lifecycle hook ([${command.join(' ')}]) ${where} ${error}, message: ${JSON.stringify(output)}`);
    return;
  }
  if (handler.httpGet !== undefined) {
    await get(context, request, handler.httpGet).catch((error: unknown) => { throw new Error(`HTTP lifecycle hook (${handler.httpGet?.path ?? ''}) ${where} ${(error as Error).message}`, { cause: error }); });
    return;
  }
  throw new Error('Cannot run handler: invalid handler: tcpSocket is not supported in a lifecycle hook');
}

async function exec({ runtime }: KubeletContext, { containerId, timeoutMs }: HookRequest, command: readonly string[]): Promise<{ readonly error: string | undefined; readonly output: string }> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutMs);
    return { error: exitCode === 0 ? undefined : `command '${command.join(' ')}' exited with ${exitCode}: ${Buffer.from(stderr).toString('utf8')}`, output: Buffer.concat([stdout, stderr]).toString('utf8') };
  } catch (error) {
    return { error: (error as Error).message, output: '' };
  }
}

/** The answer's status does not matter, only that there is one. An HTTPS hook that meets plain HTTP is tried with that, as upstream does. */
async function get({ host }: KubeletContext, { container, podIp, timeoutMs }: HookRequest, action: HTTPGetAction): Promise<void> {
  const { port: wanted, host: named = '', path = '/', scheme = 'HTTP', httpHeaders } = action;
  const port = resolvePort(wanted, container);
  if (port === undefined) throw new Error(`failed to find named port ${JSON.stringify(wanted)} in container ${JSON.stringify(container.name)}`);
  const target = named !== '' ? named : podIp;
  if (target === undefined) throw new Error('failed to find networking container: no pod IP');
  const ask = (asked: 'http' | 'https', headers: ReturnType<typeof httpHeadersOf>): Promise<unknown> => host.network.httpGet({ scheme: asked, host: target, port, path: path.startsWith('/') ? path : `/${path}`, headers, timeoutMs });
  const headers = httpHeadersOf(httpHeaders, 'kube-lifecycle/1.36');
  if (scheme !== 'HTTPS') await ask('http', headers);
  else {
    await ask('https', headers).catch((error: unknown) => {
      if (!(error as Error).message.includes('server gave HTTP response to HTTPS client')) throw error;
      return ask('http', headers.filter(([name]) => name.toLowerCase() !== 'authorization'));
    });
  }
}
