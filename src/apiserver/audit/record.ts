import { formatMicroTime } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestInfo } from '../request.ts';
import type { AuditEvent, AuditObjectReference, AuditSink, AuditStage, AuditUser } from './audit.ts';
import type { AuditPlan } from './policy.ts';

const maxUserAgentLength = 1024;

/** What is known of a request when it arrives. */
export interface AuditedRequest {
  readonly auditId: string;
  readonly requestUri: string;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly userAgent: string;
  readonly sourceIps: readonly string[];
  /** The object of the request is a patch: recorded as it was sent, and not looked into. */
  readonly patch: boolean;
}

interface Identified {
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string };
}

const userOf = ({ name, uid, groups, extra }: UserInfo): AuditUser => ({
  ...(name !== '' && { username: name }),
  ...(uid !== undefined && uid !== '' && { uid }),
  ...(groups.length > 0 && { groups }),
  ...(extra !== undefined && Object.keys(extra).length > 0 && { extra }),
});

/** What is being recorded of one request. Each stage becomes an event for every sink. */
export class AuditRecord {
  readonly plan: AuditPlan;
  readonly #request: AuditedRequest;
  readonly #clock: Clock;
  readonly #sinks: readonly AuditSink[];
  readonly #receivedMs: number;
  #reference: AuditObjectReference | undefined;
  #impersonated: AuditUser | undefined;
  #requestObject: unknown;
  #responseObject: unknown;
  #status: Partial<Status> | undefined;
  #annotations: Record<string, string> | undefined;

  constructor(options: { readonly plan: AuditPlan; readonly request: AuditedRequest; readonly clock: Clock; readonly sinks: readonly AuditSink[] }) {
    this.plan = options.plan;
    this.#request = options.request;
    this.#clock = options.clock;
    this.#sinks = options.sinks;
    this.#receivedMs = options.clock.now();
    const { info } = options.request;
    if (info.isResourceRequest) {
      const { resource, namespace, name, apiGroup, apiVersion, subresource } = info;
      this.#reference = { resource, ...(namespace !== '' && { namespace }), ...(name !== '' && { name }), ...(apiGroup !== '' && { apiGroup }), apiVersion, ...(subresource !== '' && { subresource }) };
    }
  }

  /** A fact that a part of the server adds (`authorization.k8s.io/decision`). The first value of a key stays, as in upstream. `level`: only where bodies are recorded, too. */
  annotate(key: string, value: string, level?: 'Request'): void {
    if (level !== undefined && this.plan.level === 'Metadata') return;
    this.#annotations ??= {};
    this.#annotations[key] ??= value;
  }

  impersonated(user: UserInfo): void {
    this.#impersonated = userOf(user);
  }

  /** The body as it was decoded. It is copied where it is recorded: what follows changes it. */
  received(body: unknown): void {
    if (typeof body !== 'object' || body === null) return;
    if (!this.#request.patch) this.#identify(body);
    if (this.plan.level === 'Request' || this.plan.level === 'RequestResponse') this.#requestObject = this.#withoutManagedFields(structuredClone(body));
  }

  #identify(body: Identified): void {
    if (this.#reference === undefined) return;
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = body.metadata ?? {};
    this.#reference = { ...(namespace !== '' && { namespace }), ...(name !== '' && { name }), ...this.#reference, ...(uid !== '' && { uid }), ...(resourceVersion !== '' && { resourceVersion }) };
  }

  /** How the request was answered; `object` is only asked for where it is recorded. */
  answered(code: number, status: Status | undefined, object?: () => unknown): void {
    this.#status = status === undefined
      ? { metadata: {}, code }
      : { metadata: {}, ...(status.status !== undefined && { status: status.status }), ...(status.message !== undefined && { message: status.message }), ...(status.reason !== undefined && { reason: status.reason }), ...(status.details !== undefined && { details: status.details }), code };
    if (this.plan.level === 'RequestResponse' && object !== undefined) this.#responseObject = this.#withoutManagedFields(object());
  }

  #withoutManagedFields(object: unknown): unknown {
    if (!this.plan.omitManagedFields) return object;
    const strip = (one: unknown): unknown => {
      const { metadata } = one as { metadata?: { managedFields?: unknown } };
      if (metadata?.managedFields === undefined) return one;
      const { managedFields: _, ...rest } = metadata;
      return { ...(one as object), metadata: rest };
    };
    const { items } = object as { items?: unknown };
    return Array.isArray(items) ? { ...(object as object), items: items.map(strip) } : strip(object);
  }

  /** Sends an event for the stage, unless the policy leaves it out. */
  stage(stage: AuditStage): void {
    if (this.plan.omitStages.has(stage)) return;
    const event = this.#event(stage);
    for (const sink of this.#sinks) sink.write(event);
  }

  #event(stage: AuditStage): AuditEvent {
    const { auditId, requestUri, info, user, userAgent, sourceIps } = this.#request;
    const agent = userAgent.length > maxUserAgentLength ? `${userAgent.slice(0, maxUserAgentLength)}...TRUNCATED` : userAgent;
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: this.plan.level,
      auditID: auditId,
      stage,
      requestURI: requestUri,
      verb: info.verb,
      user: userOf(user),
      ...(this.#impersonated !== undefined && { impersonatedUser: this.#impersonated }),
      ...(sourceIps.length > 0 && { sourceIPs: sourceIps }),
      ...(agent !== '' && { userAgent: agent }),
      ...(this.#reference !== undefined && { objectRef: this.#reference }),
      ...(this.#status !== undefined && { responseStatus: this.#status }),
      ...(this.#requestObject !== undefined && { requestObject: this.#requestObject }),
      ...(this.#responseObject !== undefined && { responseObject: this.#responseObject }),
      requestReceivedTimestamp: formatMicroTime(this.#receivedMs),
      stageTimestamp: formatMicroTime(this.#clock.now()),
      ...(this.#annotations !== undefined && { annotations: { ...this.#annotations } }),
    };
  }
}
