import { nodes, subjectaccessreviews, tokenreviews } from '../../api/resources.ts';
import type { UserInfo } from '../../api/types/authentication/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { ExpiringCache } from '../../base/expiring-cache.ts';
import type { Client } from '../../client/client.ts';

/** How long answers of the API are good for, as upstream's defaults. */
const tokenMs = 120_000;
const allowedMs = 300_000;
const deniedMs = 30_000;
const maxAnswers = 1000;

/** Who asks the kubelet. */
export type KubeletUser = Omit<UserInfo, 'username' | 'groups'> & { readonly username: string; readonly groups: readonly string[] };

export interface KubeletRequest { readonly method: string; readonly path: string }

export type Access = { readonly status: 200 } | { readonly status: 401 | 403 | 500; readonly message: string };

export interface KubeletAccessOptions {
  /** The kubelet's own client, which may ask who somebody is and what he may do. */
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
}

/**
 * Who may ask a kubelet for what: the API says whose a token is (TokenReview), and what of the node its user may see
 * (SubjectAccessReview of `nodes/metrics`, `nodes/log` … `nodes/proxy`). The API server and administrators that show a
 * certificate are let in without: they must be when the API does not answer. What a token says is only the API's word.
 */
export class KubeletAccess {
  readonly #options: KubeletAccessOptions;
  /** By token; null: it is nobody's. */
  readonly #users: ExpiringCache<string, KubeletUser | null>;
  readonly #verdicts: ExpiringCache<string, boolean>;

  constructor(options: KubeletAccessOptions) {
    this.#options = options;
    this.#users = new ExpiringCache(maxAnswers, options.clock);
    this.#verdicts = new ExpiringCache(maxAnswers, options.clock);
  }

  /** `certified`: who the client is by its certificate, where the cluster's authority has signed one. Never rejects. */
  async check(certified: KubeletUser | undefined, authorization: string | undefined, request: KubeletRequest): Promise<Access> {
    if (certified !== undefined && isTrusted(certified)) return { status: 200 };
    let user = certified;
    try {
      user ??= await this.#userOf(authorization);
    } catch {
      // Whoever cannot be known is nobody, as upstream.
    }
    if (user === undefined) return { status: 401, message: 'Unauthorized' };
    const { method, path } = request;
    const verb = verbs[method] ?? '';
    const subresources = subresourcesOf(new URL(path, 'https://kubelet').pathname);
    for (const subresource of subresources) {
      try {
        if (await this.#may(user, verb, subresource)) return { status: 200 };
      } catch {
        return { status: 500, message: `Authorization error (user=${user.username}, verb=${verb}, resource=nodes, subresource=${subresource})` };
      }
    }
    return { status: 403, message: `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n` };
  }

  async #userOf(authorization: string | undefined): Promise<KubeletUser | undefined> {
    const token = /^bearer\s+(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
    if (token === undefined) return undefined;
    const known = this.#users.get(token);
    if (known !== undefined) return known ?? undefined;
    const { status } = await this.#options.client.create(tokenreviews, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } });
    const { username, groups = [], ...more } = status?.authenticated === true ? status.user ?? {} : {};
    const user = username === undefined ? undefined : { username, groups, ...more };
    this.#users.set(token, user ?? null, tokenMs);
    return user;
  }

  async #may(user: KubeletUser, verb: string, subresource: string): Promise<boolean> {
    const { client, nodeName } = this.#options;
    const key = JSON.stringify([user, verb, subresource]);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const { username, groups, uid, extra } = user;
    const { status } = await client.create(subjectaccessreviews, {
      apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {},
      spec: { user: username, groups: [...groups], ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }), resourceAttributes: { verb, group: nodes.group, version: nodes.version, resource: nodes.resource, subresource, name: nodeName } },
    });
    const allowed = status?.allowed === true;
    this.#verdicts.set(key, allowed, allowed ? allowedMs : deniedMs);
    return allowed;
  }
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** What of a node a path shows; any of them is enough (KubeletFineGrainedAuthz). */
export function subresourcesOf(path: string): readonly string[] {
  const isBelow = (folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
  for (const [folder, subresource] of [['/pods', 'pods'], ['/healthz', 'healthz'], ['/configz', 'configz'], ['/runningpods', 'pods']] as const) if (isBelow(folder)) return [subresource, 'proxy'];
  for (const [folder, subresource] of [['/stats', 'stats'], ['/metrics', 'metrics'], ['/logs', 'log'], ['/checkpoint', 'checkpoint'], ['/statusz', 'statusz'], ['/flagz', 'configz']] as const) if (isBelow(folder)) return [subresource];
  return ['proxy'];
}

function isTrusted({ username, groups }: KubeletUser): boolean {
  return username === 'kube-apiserver-kubelet-client' || groups.includes('system:masters');
}
