import { credentials } from '@grpc/grpc-js';
import type { Context, Span as OtelSpan, Tracer as OtelTracer } from '@opentelemetry/api';
import { isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { Span, TracedRequest, Tracer } from './tracer.ts';

const propagator = new W3CTraceContextPropagator();
const headers = { get: (request: TracedRequest, name: string) => request.header(name), keys: () => ['traceparent', 'tracestate'] };

class OpenTelemetrySpan implements Span {
  readonly #tracer: OtelTracer;
  readonly #span: OtelSpan;
  readonly #context: Context;

  constructor(tracer: OtelTracer, span: OtelSpan, context: Context) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(context, span);
  }

  child(name: string): Span {
    return new OpenTelemetrySpan(this.#tracer, this.#tracer.startSpan(name, {}, this.#context), this.#context);
  }

  attribute(name: string, value: string | number): void {
    this.#span.setAttribute(name, value);
  }

  end(error?: unknown): void {
    if (error !== undefined) {
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    }
    this.#span.end();
  }
}

/** Traces as OpenTelemetry has them. Requests without a trace of their own are sampled by `ratio`, from 0 to 1. */
export class OpenTelemetryTracer implements Tracer {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: OtelTracer;

  constructor(options: { readonly exporter: SpanExporter; readonly ratio: number; readonly instanceId: string }) {
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'apiserver', 'service.instance.id': options.instanceId }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
      spanProcessors: [new BatchSpanProcessor(options.exporter)],
    });
    this.#tracer = this.#provider.getTracer('k8s.io/apiserver');
  }

  start(request: TracedRequest): Span | undefined {
    const incoming = request.header('traceparent') === undefined ? ROOT_CONTEXT : propagator.extract(ROOT_CONTEXT, request, headers);
    const remote = trace.getSpanContext(incoming);
    const known = remote !== undefined && isSpanContextValid(remote);
    const parent = request.trusted ? incoming : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(request.name, {
      kind: SpanKind.SERVER, attributes: request.attributes, ...(known && !request.trusted && { links: [{ context: remote }] }),
    }, parent);
    return (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : new OpenTelemetrySpan(this.#tracer, span, parent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#provider.shutdown();
  }
}

/** Sends traces by OTLP over gRPC to a collector, as upstream does. `endpoint` is `host:port`. */
export function openTracer(options: { readonly endpoint: string; readonly samplingRatePerMillion: number; readonly instanceId: string }): Tracer {
  const exporter = new OTLPTraceExporter({ url: `http://${options.endpoint}`, credentials: credentials.createInsecure() });
  return new OpenTelemetryTracer({ exporter, ratio: options.samplingRatePerMillion / 1_000_000, instanceId: options.instanceId });
}
