import { apiErrorOf } from './dispatch.ts';
import type { RequestInfo } from '../request.ts';
import type { Answer } from '../answer.ts';
import type { Span, Tracer } from '../tracing/tracer.ts';
import type { ServerRequest } from './server-request.ts';
import type { Step } from './step.ts';

const trustedGroups: readonly string[] = ['system:masters', 'system:monitoring'];

/** `GET /api/v1/namespaces/{:namespace}/pods/{:name}`: a name for all requests of a kind, as upstream forms it. */
export function spanName(method: string, info: RequestInfo): string {
  if (!info.isResourceRequest) return method;
  const { apiGroup, apiVersion, namespace, resource, name, subresource } = info;
  const prefix = apiGroup === '' ? '/api' : `/apis/${apiGroup}`;
  return `${method} ${prefix}/${apiVersion}${namespace === '' ? '' : '/namespaces/{:namespace}'}/${resource}${name === '' ? '' : '/{:name}'}${subresource === '' ? '' : `/${subresource}`}`;
}

const codeOf = (answer: Answer): number => (answer.kind === 'hijacked' ? 101 : answer.kind === 'list' || answer.kind === 'watch' ? 200 : answer.code);

/** Runs the rest of the pipeline inside a span. `ended` sees the outcome before the span ends. */
function inside(span: Span, run: () => Answer | Promise<Answer>, ended?: (code: number) => void): Answer | Promise<Answer> {
  const done = (answer: Answer): Answer => {
    ended?.(codeOf(answer));
    span.end();
    return answer;
  };
  const fail = (error: unknown): never => {
    const { code } = apiErrorOf(error);
    ended?.(code);
    span.end(code >= 500 ? error : undefined);
    throw error;
  };
  try {
    const result = run();
    return result instanceof Promise ? result.then(done, fail) : done(result);
  } catch (error) {
    return fail(error);
  }
}

/** Traces a request, once it is known who asks. A watch's span ends when the watch begins. */
export function traceRequests(tracer: Tracer): Step {
  return (next) => (request) => {
    const { info, method, user } = request;
    const span = tracer.start({
      name: spanName(method, info),
      header: (name) => request.header(name),
      trusted: user.groups.some((group) => trustedGroups.includes(group)),
      attributes: { 'http.method': method, 'http.target': request.requestUri, 'http.user_agent': request.header('user-agent') ?? '', 'audit-id': request.auditId ?? '' },
    });
    if (span === undefined) return next(request);
    request.span = span;
    return inside(span, () => next(request), (code) => span.attribute('http.status_code', code));
  };
}

const handlerNames: Readonly<Record<string, string>> = { create: 'Create', get: 'Get', list: 'List', watch: 'Watch', update: 'Update', patch: 'Patch', delete: 'Delete', deletecollection: 'Delete' };

/** The part of a traced request that is the verb itself: what came before it decided whether it may run, and when. */
export const traceHandler: Step = (next) => (request: ServerRequest) => {
  const { span } = request;
  return span === undefined ? next(request) : inside(span.child(handlerNames[request.info.verb] ?? request.method), () => next(request));
};
