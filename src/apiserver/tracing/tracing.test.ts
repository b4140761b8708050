import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { TestServer } from '../testing/server.ts';
import type { RequestInfo } from '../request.ts';
import { spanName } from '../pipeline/trace.ts';
import { parseTracingConfiguration } from './configuration.ts';
import { OpenTelemetryTracer, openTracer } from './open-telemetry.ts';
import type { TracedRequest } from './tracer.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const asked = (more: Partial<TracedRequest> & { readonly sampled?: boolean } = {}): TracedRequest => ({
  name: 'GET /api/v1/pods', trusted: true, attributes: { a: 1 }, header: (name) => (name === 'traceparent' ? `00-${trace}-b7ad6b7169203331-0${more.sampled === false ? 0 : 1}` : undefined), ...more,
});

test('a request belongs to the trace that it comes with, if it comes from those who may say so', async () => {
  const exporter = new InMemorySpanExporter();
  const tracer = new OpenTelemetryTracer({ exporter, ratio: 0, instanceId: 'x' });
  const span = tracer.start(asked())!;
  const child = span.child('List');
  child.end();
  span.attribute('http.status_code', 500);
  span.end(new Error('broken'));
  assert.equal(tracer.start(asked({ sampled: false })), undefined);
  assert.equal(tracer.start(asked({ trusted: false })), undefined);
  assert.equal(tracer.start(asked({ header: () => undefined })), undefined);
  await tracer[Symbol.asyncDispose]();
});

test('spans, parents and links as they are sent', async () => {
  const sent: { name: string; parent: string | undefined; trace: string; links: number; status: number }[] = [];
  const exporter = new InMemorySpanExporter();
  exporter.export = (spans, done) => {
    for (const one of spans) sent.push({ name: one.name, parent: one.parentSpanContext?.spanId, trace: one.spanContext().traceId, links: one.links.length, status: one.status.code });
    done({ code: 0 });
  };
  {
    await using tracer = new OpenTelemetryTracer({ exporter, ratio: 1, instanceId: 'x' });
    const span = tracer.start(asked())!;
    span.child('List').end();
    span.end(new Error('broken'));
    tracer.start(asked({ trusted: false }))!.end();
  }
  assert.deepEqual(sent.map(({ name, links, status }) => [name, links, status]), [['List', 0, 0], ['GET /api/v1/pods', 0, 2], ['GET /api/v1/pods', 1, 0]]);
  assert.deepEqual([sent[0]!.trace, sent[1]!.trace, sent[1]!.parent], [trace, trace, 'b7ad6b7169203331']);
  assert.notEqual(sent[2]!.trace, trace);
});

test('names are for all requests of a kind', () => {
  const info: RequestInfo = { isResourceRequest: true, path: '', verb: 'get', apiGroup: 'apps', apiVersion: 'v1', namespace: 'd', resource: 'deployments', subresource: 'scale', name: 'x', remainder: '' };
  assert.equal(spanName('GET', info), 'GET /apis/apps/v1/namespaces/{:namespace}/deployments/{:name}/scale');
  assert.equal(spanName('GET', { ...info, apiGroup: '', namespace: '', resource: 'nodes', subresource: '', name: '' }), 'GET /api/v1/nodes');
  assert.equal(spanName('GET', { ...info, isResourceRequest: false }), 'GET');
});

test('a configuration that cannot be meant is refused', () => {
  const head = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'TracingConfiguration' };
  assert.deepEqual(parseTracingConfiguration(head), { endpoint: 'localhost:4317', samplingRatePerMillion: 0 });
  assert.deepEqual(parseTracingConfiguration({ ...head, endpoint: 'http://c:4317', samplingRatePerMillion: 7 }), { endpoint: 'c:4317', samplingRatePerMillion: 7 });
  assert.throws(() => parseTracingConfiguration({ ...head, samplingRatePerMillion: -1 }), { message: 'samplingRatePerMillion: Invalid value: -1: sampling rate must be positive' });
  assert.throws(() => parseTracingConfiguration({ ...head, samplingRatePerMillion: 2e6 }), /less than or equal to one million/);
  assert.throws(() => parseTracingConfiguration({ ...head, endpoint: 'a/b' }), /endpoint is invalid/);
  assert.throws(() => parseTracingConfiguration({ kind: 'X' }), /wants kind TracingConfiguration/);
});

test('a server sends its traces to a collector over gRPC', async () => {
  const collector = new Server();
  const got: Buffer[] = [];
  collector.addService({
    Export: { path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export', requestStream: false, responseStream: false, requestSerialize: (x: Buffer) => x, requestDeserialize: (x: Buffer) => x, responseSerialize: (x: Buffer) => x, responseDeserialize: (x: Buffer) => x },
  }, { Export: (call: { request: Buffer }, callback: (error: null, answer: Buffer) => void) => { got.push(call.request); callback(null, Buffer.alloc(0)); } });
  const port = await new Promise<number>((resolve, reject) => collector.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error))));
  try {
    {
      await using api = await TestServer.start({ tracer: openTracer({ endpoint: `127.0.0.1:${port}`, samplingRatePerMillion: 1_000_000, instanceId: 'i' }) });
      await api.get('/api/v1/namespaces/default/configmaps');
      await assert.rejects(api.get('/api/v1/namespaces/default/configmaps/none'));
    }
    const text = Buffer.concat(got).toString('latin1');
    for (const part of ['apiserver', 'GET /api/v1/namespaces/{:namespace}/configmaps', 'GET /api/v1/namespaces/{:namespace}/configmaps/{:name}', 'List', 'http.status_code', 'http.target']) assert.ok(text.includes(part), part);
  } finally {
    collector.forceShutdown();
  }
});
