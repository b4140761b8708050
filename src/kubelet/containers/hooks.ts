import type { Container, LifecycleHandler } from '../../api/types/core/v1.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { resolvePort } from '../pods/pod-spec.ts';

/** Runs a postStart or preStop handler to its end. Rejects with an Error that says what went wrong. */
export async function runHook(context: KubeletContext, options: { readonly handler: LifecycleHandler; readonly container: Container; readonly containerId: string; readonly podIp: string | undefined; readonly timeoutMs: number }): Promise<void> {
  const { handler, container, timeoutMs } = options;
  const { host, runtime, clock } = context;
  if (handler.sleep !== undefined) return clock.sleep(Math.min(handler.sleep.seconds * 1000, timeoutMs));
  // What a simulated container would answer is not known.
  if (host.virtual) return;
  if (handler.exec !== undefined) {
    const command = handler.exec.command ?? [];
    const { exitCode, stdout, stderr } = await runtime.execSync(options.containerId, command, timeoutMs);
    if (exitCode !== 0) throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${Buffer.from(stderr).toString('utf8')}, message: ${JSON.stringify(Buffer.from(stdout).toString('utf8') + Buffer.from(stderr).toString('utf8'))}`);
    return;
  }
  if (handler.httpGet !== undefined) {
    const { httpGet } = handler;
    const port = resolvePort(httpGet.port, container);
    if (port === undefined) throw new Error(`failed to find named port ${JSON.stringify(httpGet.port)} in container ${JSON.stringify(container.name)}`);
    const target = httpGet.host !== undefined && httpGet.host !== '' ? httpGet.host : options.podIp;
    if (target === undefined) throw new Error('failed to find networking container: no pod IP');
    await host.network.httpGet({
      scheme: httpGet.scheme === 'HTTPS' ? 'https' : 'http',
      host: target,
      port,
      path: httpGet.path ?? '/',
      headers: (httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value] as const),
      timeoutMs,
    });
    return;
  }
  throw new Error('invalid handler: not supported: tcpSocket in a lifecycle hook');
}
