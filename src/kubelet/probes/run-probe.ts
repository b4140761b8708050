import type { Container, HTTPHeader, Pod, Probe } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { expand } from '../environment/expansion.ts';
import { formatGoDuration } from '../../base/go-duration.ts';
import type { Host, ProbeKind } from '../host.ts';
import { resolvePort } from '../pods/pod-spec.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { RuntimeError } from '../../runtime/runtime.ts';

/** More than this of a probe's output is not kept. */
const maxOutputChars = 10_240;
/** As Go's client. */
const maxRedirects = 10;

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
  /** `unknown`: the probe itself could not be run; counts as a failure. `warning`: a success that users should know of. */
  readonly result: 'success' | 'warning' | 'failure' | 'unknown';
  readonly output: string;
}

/** The headers of a request to a container: what the pod says, and who we are unless it says that, too. An empty value takes a default away. */
export function httpHeadersOf(own: readonly HTTPHeader[] = [], userAgent: string): (readonly [string, string])[] {
  const headers = own.map(({ name, value }) => [name, value] as const);
  const has = (name: string): boolean => headers.some(([key]) => key.toLowerCase() === name);
  const all = [...headers, ...(has('user-agent') ? [] : [['User-Agent', userAgent] as const]), ...(has('accept') ? [] : [['Accept', '*/*'] as const])];
  return all.filter(([name, value]) => value !== '' || !['user-agent', 'accept'].includes(name.toLowerCase()));
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
      const command = expandStatic(probe.exec.command ?? [], container);
      try {
        const { stdout, stderr, exitCode } = await runtime.execSync(request.containerId, command, timeoutMs);
        const output = Buffer.concat([stdout, stderr]).toString('utf8');
        return exitCode === 0 ? { result: 'success', output } : failure(output);
      } catch (error) {
        if (error instanceof RuntimeError && error.code === 'deadline-exceeded') return failure(`command timed out: ${JSON.stringify(command.join(' '))} timed out after ${formatGoDuration(timeoutMs)}`);
        return unknown((error as Error).message);
      }
    }
    const target = probe.httpGet ?? probe.tcpSocket ?? probe.grpc;
    if (target === undefined) return unknown(`missing probe handler for ${container.name}`);
    const port = resolvePort(target.port, container);
    if (port === undefined || port < 1 || port > 65_535) return unknown(`invalid port number: ${target.port}`);
    const address = ('host' in target && target.host !== undefined && target.host !== '' ? target.host : request.podIp) ?? '';
    if (probe.httpGet !== undefined) {
      const { scheme = 'HTTP', path = '/', httpHeaders } = probe.httpGet;
      return await getFollowing(host, {
        scheme: scheme === 'HTTPS' ? 'https' : 'http',
        host: address,
        port,
        path: path.startsWith('/') ? path : `/${path}`,
        headers: httpHeadersOf(httpHeaders, 'kube-probe/1.36'),
        timeoutMs,
      });
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

/** Follows redirects that stay with the container; those that lead elsewhere count as a success that is warned of. */
async function getFollowing(host: Host, request: Parameters<Host['network']['httpGet']>[0]): Promise<ProbeOutcome> {
  let next = request;
  for (let count = 0; ; count++) {
    const { status, body, location } = await host.network.httpGet(next);
    if (status < 200 || status >= 400) return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
    if (status < 300 || location === undefined) return { result: 'success', output: body };
    const before = urlOf(next);
    const target = new URL(location, before);
    if (target.hostname !== urlOf(request).hostname) return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}`.slice(0, maxOutputChars) };
    if (count >= maxRedirects) return { result: 'failure', output: `Get ${JSON.stringify(location)}: stopped after 10 redirects` };
    next = { ...request, scheme: target.protocol === 'https:' ? 'https' : 'http', port: Number(target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : target.port), path: target.pathname + target.search };
  }
}

function urlOf({ scheme, host, port, path }: Parameters<Host['network']['httpGet']>[0]): URL {
  return new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`);
}

/** `$(NAME)` in a command that is run from outside: only variables with a plain value are known there. */
function expandStatic(command: readonly string[], { env = [] }: Container): string[] {
  const values = new Map<string, string>();
  for (const { name, value = '', valueFrom } of env) if (valueFrom === undefined) values.set(name, expand(value, (other) => values.get(other)));
  return command.map((word) => expand(word, (name) => values.get(name)));
}
