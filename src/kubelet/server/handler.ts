import { HealthResults } from '../../base/health-results.ts';
import type { UpgradeRequest } from '../../streaming/streaming.ts';
import { cadvisorMetrics } from './cadvisor.ts';
import { containerLog } from './container-logs.ts';
import type { ServedKubelet } from './served-kubelet.ts';
import { findPod, HttpError, runningContainer } from './served-kubelet.ts';
import { kubeletMetrics, probeMetrics } from './kubelet-metrics-page.ts';
import { resourceMetrics } from './resource-page.ts';
import { statsSummary } from './statistics.ts';
import { systemLog } from './system-logs.ts';
import { serveAttach, serveExec, serveForward } from './streams.ts';

export interface KubeletResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | AsyncIterable<Uint8Array>;
}

const measuredPaths: ReadonlySet<string> = new Set(['/healthz', '/pods', '/stats/summary', '/metrics', '/metrics/probes', '/metrics/resource', '/metrics/cadvisor', '/metrics/slis', '/containerLogs', '/logs', '/run', '/exec', '/attach', '/portForward']);
/** What /healthz asks of upstream's kubelet. One that answers here is well: its loop is this process's. */
const healthChecks = ['ping', 'log', 'syncloop'] as const;
const runTimeoutMs = 120_000;
const numbers = (body: string): KubeletResponse => ({ status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body });
const text = (status: number, body: string): KubeletResponse => ({ status, contentType: 'text/plain; charset=utf-8', body });

/**
 * The kubelet's HTTP API for one or many kubelets, without a listener: `KubeletServer` puts it behind TLS, and a dialer
 * in the same process may call it directly.
 */
export class KubeletHandler {
  readonly #kubelets: () => Iterable<ServedKubelet>;
  readonly #health = new HealthResults(Math.round(performance.timeOrigin));

  constructor(kubelets: () => Iterable<ServedKubelet>) {
    this.#kubelets = kubelets;
  }

  /** Answers a request that is no upgrade. Never rejects. `path` has its query. */
  async handle(method: string, path: string, signal: AbortSignal): Promise<KubeletResponse> {
    const url = new URL(path, 'https://kubelet');
    try {
      return await this.#measured(method, url, () => this.#route(method, url, signal));
    } catch (error) {
      return text(error instanceof HttpError ? error.status : 500, `${(error as Error).message}\n`);
    }
  }

  /** Takes the connection over. What is refused is answered as HTTP on the socket, which is then closed. */
  async upgrade(request: UpgradeRequest): Promise<void> {
    try {
      const url = new URL(request.url, 'https://kubelet');
      const [verb, namespace = '', name = '', ...rest] = segments(url);
      const find = (uid: string | undefined): ReturnType<typeof findPod> => findPod(this.#kubelets(), namespace, name, uid);
      const [uid, container] = rest.length > 1 ? [rest[0], rest[1]!] : [undefined, rest[0] ?? ''];
      if (verb === 'exec') await serveExec(find(uid), container, url.searchParams, request);
      else if (verb === 'attach') await serveAttach(find(uid), container, url.searchParams, request);
      else if (verb === 'portForward') await serveForward(find(rest[0]), request);
      else throw new HttpError(404, '404 page not found');
    } catch (error) {
      const { socket } = request;
      const body = `${(error as Error).message}\n`;
      // After the switch of protocols an HTTP answer would only confuse the client.
      if (error instanceof HttpError) socket.end(`HTTP/1.1 ${error.status} ${error.status === 404 ? 'Not Found' : error.status === 400 ? 'Bad Request' : 'Internal Server Error'}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
      else socket.destroy(error as Error);
    }
  }

  /** Counts the request at the first kubelet: the only one where there is one a process. */
  async #measured<T>(method: string, { pathname, searchParams }: URL, work: () => Promise<T>): Promise<T> {
    const [first] = this.#kubelets();
    if (first === undefined) return await work();
    const { metrics, clock } = first.context;
    // Not which pod's: that would be a series each.
    const verb = pathname.split('/')[1] ?? '';
    const isLong = searchParams.get('follow') === 'true' || ['exec', 'attach', 'portForward'].includes(verb);
    const labels = [method, measuredPaths.has(pathname) ? pathname.slice(1) : measuredPaths.has(`/${verb}`) ? verb : 'other', 'readwrite', String(isLong)] as const;
    const startMs = clock.monotonicMs();
    metrics.count('kubelet_http_requests_total', ...labels);
    try {
      return await work();
    } finally {
      metrics.observe('kubelet_http_requests_duration_seconds', (clock.monotonicMs() - startMs) / 1000, ...labels);
    }
  }

  async #route(method: string, url: URL, signal: AbortSignal): Promise<KubeletResponse> {
    const [verb = '', namespace = '', name = '', ...rest] = segments(url);
    const query = url.searchParams;
    const json = (value: unknown): KubeletResponse => ({ status: 200, contentType: 'application/json', body: JSON.stringify(value) });
    switch (url.pathname) {
      case '/healthz':
        for (const check of healthChecks) this.#health.observe(check, 'healthz', true);
        return text(200, 'ok');
      case '/metrics/slis':
        return numbers(this.#health.render());
      case '/pods':
      case '/pods/':
        return json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [...this.#kubelets()].flatMap((kubelet) => kubelet.pods()) });
      case '/stats/summary':
        return json(await statsSummary(this.#kubelet(query)));
      case '/metrics':
        return numbers(await kubeletMetrics(this.#kubelet(query)));
      case '/metrics/probes':
        return numbers(probeMetrics(this.#kubelet(query)));
      case '/metrics/resource':
        return numbers(await resourceMetrics(this.#kubelet(query)));
      case '/metrics/cadvisor':
        return numbers(await cadvisorMetrics(this.#kubelet(query)));
      default:
    }
    if (verb === 'logs') {
      if (method !== 'GET' && method !== 'HEAD') throw new HttpError(405, `method ${method} is not allowed`);
      return { status: 200, ...await systemLog(this.#kubelet(query), segments(url).slice(1)) };
    }
    if (verb === 'containerLogs' && rest.length === 1) {
      if (method !== 'GET' && method !== 'HEAD') throw new HttpError(405, `method ${method} is not allowed`);
      return { status: 200, contentType: 'text/plain', body: containerLog(findPod(this.#kubelets(), namespace, name, undefined), rest[0]!, query, signal) };
    }
    if (verb === 'run' && rest.length > 0) {
      const found = findPod(this.#kubelets(), namespace, name, rest.length > 1 ? rest[0] : undefined);
      const { id } = runningContainer(found, rest.at(-1)!);
      const { stdout, stderr, exitCode } = await found.kubelet.context.runtime.execSync(id, (query.get('cmd') ?? '').split(' '), runTimeoutMs);
      const output = Buffer.concat([stdout, stderr]).toString('utf8');
      return exitCode === 0 ? text(200, output) : text(500, `command exited with ${exitCode}: ${output}`);
    }
    if (verb === 'exec' || verb === 'attach' || verb === 'portForward') throw new HttpError(400, 'unable to upgrade: missing upgrade headers in request');
    throw new HttpError(404, '404 page not found');
  }

  /** The kubelet that the query names, else the first. */
  #kubelet(query: URLSearchParams): ServedKubelet {
    const wanted = query.get('node');
    for (const kubelet of this.#kubelets()) if (wanted === null || kubelet.nodeName === wanted) return kubelet;
    throw new HttpError(404, 'no such node here');
  }
}

function segments(url: URL): string[] {
  return url.pathname.split('/').filter((part) => part !== '').map(decodeURIComponent);
}
