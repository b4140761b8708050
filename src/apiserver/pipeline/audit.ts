import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { isReason } from '../../api/status.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { Answer } from '../answer.ts';
import type { AuditSink } from '../audit/audit.ts';
import type { AuditPlan, AuditPolicy } from '../audit/policy.ts';
import { AuditRecord } from '../audit/record.ts';
import { servedObject } from '../encoding/render.ts';
import { attributesOf } from './authorize.ts';
import { apiErrorOf } from './dispatch.ts';
import { isLongRunning } from './limit-in-flight.ts';
import type { ServerRequest } from './server-request.ts';
import type { Step } from './step.ts';

export interface AuditParts {
  readonly policy: AuditPolicy;
  readonly sinks: readonly AuditSink[];
  readonly clock: Clock;
  readonly random: Random;
}

/** X-Forwarded-For, X-Real-Ip, and the connection's own address last: all but the last are the client's word. */
function sourceIpsOf(request: ServerRequest): string[] {
  const isAddress = (text: string): boolean => /^[\d.]+$|:/.test(text);
  const ips = (request.header('x-forwarded-for') ?? '').split(',').map((one) => one.trim()).filter(isAddress);
  const real = (request.header('x-real-ip') ?? '').trim();
  if (isAddress(real) && !ips.includes(real)) ips.push(real);
  const { remoteAddress } = request;
  if (remoteAddress !== '' && ips.at(-1) !== remoteAddress) ips.push(remoteAddress);
  return ips;
}

function recordOf(parts: AuditParts, request: ServerRequest, plan: AuditPlan): AuditRecord {
  const record = new AuditRecord({
    plan, clock: parts.clock, sinks: parts.sinks,
    request: {
      auditId: (request.auditId ??= request.header('audit-id') ?? parts.random.uuid()),
      requestUri: request.requestUri, info: request.info, user: request.user, userAgent: request.header('user-agent') ?? '', sourceIps: sourceIpsOf(request), patch: request.info.verb === 'patch',
    },
  });
  if (request.noted !== undefined) for (const [key, value] of request.noted) record.annotate(key, value);
  return record;
}

/** Records what the policy wants recorded of a request; what comes after it may add annotations to `request.audit`. */
export function audit(parts: AuditParts): Step {
  return (next) => (request) => {
    const plan = parts.policy.planFor(attributesOf(request.info, request.user));
    if (plan.level === 'None') return next(request);
    const record = recordOf(parts, request, plan);
    request.audit = record;
    record.stage('RequestReceived');
    const fail = (error: unknown): never => {
      const failure = apiErrorOf(error);
      record.answered(failure.code, failure.toStatus(), () => failure.toStatus());
      if (isLongRunning(request.info)) record.stage('ResponseStarted');
      record.stage('ResponseComplete');
      throw error;
    };
    try {
      const result = next(request);
      return result instanceof Promise ? result.then((answer) => answered(record, request, answer), fail) : answered(record, request, result);
    } catch (error) {
      return fail(error);
    }
  };
}

/** Requests that nobody could be found for; placed around authentication. */
export function auditUnauthenticated(parts: AuditParts): Step {
  return (next) => (request) => {
    const record = (error: unknown): never => {
      if (request.audit === undefined && isReason(error, 'Unauthorized')) {
        const plan = parts.policy.planFor(attributesOf(request.info, request.user));
        if (plan.level !== 'None') {
          const failed = recordOf(parts, request, plan);
          const methods = [...((request.credentials?.bearerToken ?? '') === '' ? [] : ['bearer']), ...(request.credentials?.clientCertificate === undefined ? [] : ['x509'])];
          failed.answered(401, { metadata: {}, status: 'Failure', reason: 'Unauthorized', message: methods.length === 0 ? 'Authentication failed, no credentials provided' : `Authentication failed, attempted: ${methods.join(', ')}` });
          failed.stage('ResponseStarted');
        }
      }
      throw error;
    };
    try {
      const result = next(request);
      return result instanceof Promise ? result.catch(record) : result;
    } catch (error) {
      return record(error);
    }
  };
}

/** Ends the record with the answer, or, for what goes on for a while, when that has ended. */
function answered(record: AuditRecord, request: ServerRequest, answer: Answer): Answer {
  const started = (code: number): void => {
    record.answered(code, undefined);
    record.stage('ResponseStarted');
  };
  const complete = (): void => record.stage('ResponseComplete');
  switch (answer.kind) {
    case 'stored':
      record.answered(answer.code, undefined, () => servedObject(answer.served, answer.object));
      complete();
      return answer;
    case 'list':
      record.answered(200, undefined, () => ({ kind: `${answer.served.schema.kind}List`, apiVersion: answer.served.apiVersion, metadata: { resourceVersion: String(answer.revision) }, items: answer.items.map((item) => servedObject(answer.served, item)) }));
      complete();
      return answer;
    case 'object': {
      const { kind, status } = answer.object as { kind?: string; status?: unknown };
      record.answered(answer.code, kind === 'Status' && typeof status === 'string' ? (answer.object as Status) : undefined, () => answer.object);
      complete();
      return answer;
    }
    case 'hijacked':
      started(101);
      request.signal.addEventListener('abort', complete, { once: true });
      return answer;
    case 'watch':
      started(200);
      return {
        ...answer,
        start: (sink) => answer.start({
          event: (type, object, change) => sink.event(type, object, change),
          bookmark: (revision, initialEventsEnd) => sink.bookmark(revision, initialEventsEnd),
          flush: () => sink.flush(),
          end: (error) => {
            complete();
            sink.end(error);
          },
        }),
      };
    case 'raw': {
      const { body } = answer;
      if (typeof body === 'string' || body instanceof Uint8Array) {
        record.answered(answer.code, undefined);
        complete();
        return answer;
      }
      started(answer.code);
      return { ...answer, body: untilEnd(body, complete) };
    }
  }
}

async function* untilEnd(body: AsyncIterable<Uint8Array>, ended: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    ended();
  }
}
