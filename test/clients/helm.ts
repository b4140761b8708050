import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { KubeConfig } from '@kubernetes/client-node';

/** An object of a chart, or of the API. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>>; readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[]; readonly uid?: string; readonly resourceVersion?: string };
  readonly [field: string]: unknown;
}

export interface Reply<T = Manifest> { readonly code: number; readonly json: T; readonly text: string }

interface DiscoveredResource { readonly resource: string; readonly scope: string; readonly responseKind?: { readonly kind: string }; readonly verbs: readonly string[] }
interface Discovery { readonly items: readonly { readonly metadata: { readonly name?: string }; readonly versions: readonly { readonly version: string; /** None of what an API service does not answer for. */ readonly resources?: readonly DiscoveredResource[] }[] }[] }

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** The order in which Helm installs kinds; it uninstalls in the opposite one. */
const installOrder = ['PriorityClass', 'Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget', 'ServiceAccount', 'Secret', 'ConfigMap', 'StorageClass', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'Service', 'DaemonSet', 'Pod', 'Deployment', 'StatefulSet', 'Job', 'CronJob', 'Ingress', 'APIService', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const rank = ({ kind }: Manifest): number => (installOrder.includes(kind) ? installOrder.indexOf(kind) : installOrder.length);

/** What Helm asks of an API server, request by request: discovery, releases kept in Secrets, apply and patches, deletions. */
export class HelmCalls implements Disposable {
  readonly #agent: Agent;
  readonly #server: URL;
  #paths = new Map<string, { readonly prefix: string; readonly resource: string; readonly namespaced: boolean }>();

  constructor(config: KubeConfig) {
    const { server, caData } = config.getCurrentCluster()!;
    const { certData, keyData } = config.getCurrentUser()!;
    const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
    this.#server = new URL(server);
    this.#agent = new Agent({ keepAlive: true, ca: text(caData), cert: text(certData), key: text(keyData) });
  }

  ask<T = Manifest>(method: string, path: string, { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<Reply<T>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, this.#server), { method, agent: this.#agent, headers: { accept: 'application/json', 'user-agent': 'Helm/3', ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }), ...headers } }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          resolve({ code: incoming.statusCode ?? 0, text: answer, json: answer.startsWith('{') ? JSON.parse(answer) as T : {} as T });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  /** The same for what must work. */
  async must<T = Manifest>(...[method, path, options]: Parameters<HelmCalls['ask']>): Promise<T> {
    const { code, json, text } = await this.ask<T>(method, path, options);
    assert.ok(code < 300, `${method} ${path}: ${code} ${text.slice(0, 1000)}`);
    return json;
  }

  /** Aggregated discovery, which is where kinds become paths. */
  async discover(): Promise<void> {
    this.#paths = new Map();
    for (const root of ['/api', '/apis']) {
      const { items } = await this.must<Discovery>('GET', root, { headers: { accept: aggregated } });
      for (const { metadata: { name: group }, versions } of items) {
        for (const { version, resources = [] } of versions) {
          const prefix = group === undefined || group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
          for (const { resource, scope, responseKind } of resources) if (responseKind !== undefined) this.#paths.set(`${group === undefined || group === '' ? '' : `${group}/`}${version} ${responseKind.kind}`, { prefix, resource, namespaced: scope === 'Namespaced' });
        }
      }
    }
  }

  knows(apiVersion: string, kind: string): boolean { return this.#paths.has(`${apiVersion} ${kind}`); }

  /** The path of an object, or with `all` of its collection. */
  path({ apiVersion, kind, metadata }: Manifest, { all = false } = {}): string {
    const found = this.#paths.get(`${apiVersion} ${kind}`);
    assert.ok(found !== undefined, `no matches for kind "${kind}" in version "${apiVersion}"`);
    const { prefix, resource, namespaced } = found;
    return `${prefix}${namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : ''}/${resource}${all ? '' : `/${metadata.name}`}`;
  }

  inOrder(manifests: readonly Manifest[]): Manifest[] { return manifests.toSorted((a, b) => rank(a) - rank(b)); }

  /** As Helm 4 installs and upgrades: server-side apply. */
  apply(manifest: Manifest, { force = false, dryRun = false } = {}): Promise<Reply> {
    return this.ask('PATCH', `${this.path(manifest)}?fieldManager=helm&fieldValidation=Strict&force=${force}${dryRun ? '&dryRun=All' : ''}`, { body: manifest, headers: { 'content-type': 'application/apply-patch+yaml' } });
  }

  /** As Helm 3 installs. */
  create(manifest: Manifest): Promise<Manifest> {
    return this.must('POST', `${this.path(manifest, { all: true })}?fieldManager=helm&fieldValidation=Strict`, { body: manifest });
  }

  /** As Helm 3 upgrades: a patch that it computed from the old manifest, the new one and what there is. */
  patch(manifest: Manifest, patch: unknown, type: 'strategic-merge' | 'merge'): Promise<Manifest> {
    return this.must('PATCH', `${this.path(manifest)}?fieldManager=helm`, { body: patch, headers: { 'content-type': `application/${type}-patch+json` } });
  }

  /** Keeps a release where Helm keeps it: gzipped JSON, as base64 twice over. */
  async record(release: { readonly name: string; readonly version: number; readonly status: string; readonly manifest: readonly Manifest[] }): Promise<Manifest> {
    const { name, version, status, manifest } = release;
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `sh.helm.release.v1.${name}.v${version}`, namespace: 'default', labels: { owner: 'helm', name, version: String(version), status, createdAt: '1767225600' } }, type: 'helm.sh/release.v1', data: { release: Buffer.from(gzipSync(JSON.stringify({ name, version, namespace: 'default', info: { status }, manifest: manifest.map((object) => JSON.stringify(object)).join('\n---\n') })).toString('base64')).toString('base64') } };
    const { code } = await this.ask('GET', this.path(secret));
    if (code === 404) return this.create(secret);
    return this.must('PUT', this.path(secret), { body: secret });
  }

  /** The releases of a name, oldest first: their versions, states and manifests. */
  async releases(selector: string): Promise<{ readonly version: number; readonly status: string; readonly manifest: string }[]> {
    const { items } = await this.must<{ items: { data: { release: string }; metadata: { labels: Record<string, string> } }[] }>('GET', `/api/v1/namespaces/default/secrets?labelSelector=${encodeURIComponent(selector)}`);
    return items.map(({ data, metadata }) => {
      const { version, manifest } = JSON.parse(gunzipSync(Buffer.from(Buffer.from(data.release, 'base64').toString(), 'base64')).toString()) as { version: number; manifest: string };
      return { version, status: metadata.labels['status']!, manifest };
    }).sort((a, b) => a.version - b.version);
  }

  [Symbol.dispose](): void { this.#agent.destroy(); }
}
