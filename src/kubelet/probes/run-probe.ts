import type { Container, Pod, Probe } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { goDuration } from '../go-duration.ts';
import type { Host, ProbeKind } from '../host.ts';
import { resolvePort } from '../pods/pod-spec.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { RuntimeError } from '../../runtime/runtime.ts';

/** More than this of a probe's output is not kept. */
const maxOutputChars = 10_240;

export interface ProbeRequest {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string | undefined;
  readonly startedAtMs: number;
}

export interface ProbeOutcome {
  /** `unknown`: the probe itself could not be run; counts as a failure. */
  readonly result: 'success' | 'failure' | 'unknown';
  readonly output: string;
}

/** Runs a probe once, with outputs worded as upstream's. Never rejects. */
export async function runProbe(parts: { readonly host: Host; readonly runtime: Runtime; readonly clock: Clock }, request: ProbeRequest): Promise<ProbeOutcome> {
  const { host, runtime } = parts;
  const { probe, container } = request;
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const failure = (output: string): ProbeOutcome => ({ result: 'failure', output: output.slice(0, maxOutputChars) });
  const unknown = (output: string): ProbeOutcome => ({ result: 'unknown', output });
  if (host.answerProbe !== undefined) {
    const { success, output } = host.answerProbe(request);
    return success ? { result: 'success', output } : failure(output);
  }
  try {
    if (probe.exec !== undefined) {
      const command = probe.exec.command ?? [];
      try {
        const { stdout, stderr, exitCode } = await runtime.execSync(request.containerId, command, timeoutMs);
        const output = Buffer.concat([stdout, stderr]).toString('utf8');
        return exitCode === 0 ? { result: 'success', output } : failure(output);
      } catch (error) {
        if (error instanceof RuntimeError && error.code === 'deadline-exceeded') return failure(`command timed out: ${JSON.stringify(command.join(' '))} timed out after ${goDuration(timeoutMs)}`);
        return unknown((error as Error).message);
      }
    }
    const target = probe.httpGet ?? probe.tcpSocket ?? probe.grpc;
    if (target === undefined) return unknown(`missing probe handler for ${container.name}`);
    const port = resolvePort(target.port, container);
    if (port === undefined || port < 1 || port > 65_535) return unknown(`invalid port number: ${target.port}`);
    const address = ('host' in target && target.host !== undefined && target.host !== '' ? target.host : request.podIp) ?? '';
    if (probe.httpGet !== undefined) {
      const { scheme = 'HTTP', path = '/', httpHeaders = [] } = probe.httpGet;
      const headers = httpHeaders.map(({ name, value }) => [name, value] as const);
      const has = (name: string): boolean => headers.some(([key]) => key.toLowerCase() === name);
      const { status } = await host.network.httpGet({
        scheme: scheme === 'HTTPS' ? 'https' : 'http',
        host: address,
        port,
        path: path.startsWith('/') ? path : `/${path}`,
        headers: [...headers, ...(has('user-agent') ? [] : [['User-Agent', 'kube-probe/1.36'] as const]), ...(has('accept') ? [] : [['Accept', '*/*'] as const])],
        timeoutMs,
      });
      return status >= 200 && status < 400 ? { result: 'success', output: '' } : failure(`HTTP probe failed with statuscode: ${status}`);
    }
    if (probe.tcpSocket !== undefined) {
      await host.network.tcpConnect({ host: address, port, timeoutMs });
      return { result: 'success', output: '' };
    }
    const status = await host.network.grpcHealth({ host: address, port, service: probe.grpc?.service ?? '', timeoutMs });
    return status === 'SERVING' ? { result: 'success', output: `service healthy` } : failure(`service unhealthy (responded with ${JSON.stringify(status)})`);
  } catch (error) {
    return failure((error as Error).message);
  }
}
