import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { RealClock } from '../../base/real-clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { GrpcChannel } from '../grpc/channel.ts';
import type { GrpcMethod } from '../grpc/channel.ts';
import type { RuntimeEvent } from '../runtime.ts';
import { criWire } from './cri-client.ts';
import type { EventSource, RawEvent } from './events.ts';
import { watchEvents } from './events.ts';
import { methods } from './generated/cri.ts';
import { wire } from './wire.ts';

type Stream = ServerWritableStream<object, object>;
const streaming = ([path, requestType, responseType]: GrpcMethod) => ({ path, requestStream: false, responseStream: true, requestSerialize: wire.encoder(requestType), requestDeserialize: wire.decoder(requestType), responseSerialize: wire.encoder(responseType), responseDeserialize: wire.decoder(responseType) });
const subscribe: GrpcMethod = ['/containerd.services.events.v1.Events/Subscribe', 'SubscribeRequest', 'EventEnvelope'];

/** A runtime with some of the event streams that there are; hands over what it is asked for. */
async function withRuntime(streams: readonly ('cri' | 'containerd')[], work: (parts: { readonly asked: (of: 'cri' | 'containerd') => Promise<Stream>; readonly events: RuntimeEvent[]; readonly raw: RawEvent[]; readonly sources: EventSource[]; readonly next: () => Promise<void> }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'events-'));
  const server = new Server();
  const waiting = { cri: [] as ((stream: Stream) => void)[], containerd: [] as ((stream: Stream) => void)[] };
  const open = (of: 'cri' | 'containerd') => (stream: Stream): void => waiting[of].shift()?.(stream);
  if (streams.includes('cri')) server.addService({ events: streaming(methods.GetContainerEvents) }, { events: open('cri') });
  if (streams.includes('containerd')) server.addService({ subscribe: streaming(subscribe) }, { subscribe: open('containerd') });
  const asked = (of: 'cri' | 'containerd'): Promise<Stream> => new Promise((resolve) => { waiting[of].push(resolve); });
  const socketPath = join(folder, 'socket');
  await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) => { if (error) reject(error); else resolve(); }));
  const clock = new RealClock();
  const channel = new GrpcChannel({ socketPath, clock, loadWire: criWire });
  const [events, raw, sources]: [RuntimeEvent[], RawEvent[], EventSource[]] = [[], [], []];
  let told = Promise.withResolvers<void>();
  const tell = (): void => {
    told.resolve();
    told = Promise.withResolvers<void>();
  };
  const note = <T>(list: T[]) => (one: T): void => {
    list.push(one);
    tell();
  };
  const next = (): Promise<void> => told.promise;
  const first = [asked('cri'), asked('containerd')] as const;
  const undo = watchEvents({ channel, clock, logger: silentLogger, onEvent: note(events), onRawEvent: note(raw), onSource: note(sources) });
  try {
    await work({ asked: (of) => first[of === 'cri' ? 0 : 1], events, raw, sources, next });
  } finally {
    undo();
    channel.close();
    server.forceShutdown();
    rmSync(folder, { recursive: true });
  }
}

test('CRI\'s events are told with their pod', { timeout: 120_000 }, () => withRuntime(['cri', 'containerd'], async ({ asked, events, sources, next }) => {
  const stream = await asked('cri');
  const seen = next();
  stream.write({ containerId: 'c', containerEventType: 'CONTAINER_STOPPED_EVENT', podSandboxStatus: { id: 's', metadata: { uid: 'u' } } });
  await seen;
  assert.deepEqual(events, [{ type: 'stopped', containerId: 'c', podUid: 'u' }]);
  assert.deepEqual(sources, []);
}));

test('a runtime without them has containerd\'s own', { timeout: 120_000 }, () => withRuntime(['containerd'], async ({ asked, raw, sources, next }) => {
  const stream = await asked('containerd');
  assert.deepEqual(sources, ['containerd']);
  const seen = next();
  stream.write({ namespace: 'k8s.io', topic: '/containers/delete', event: { typeUrl: 'x', value: wire.encoder('TaskEvent')({ containerId: 'c' }) } });
  await seen;
  assert.deepEqual(raw, [{ type: 'deleted', containerId: 'c' }]);
}));

test('a runtime with neither is left to be listed', { timeout: 120_000 }, () => withRuntime([], async ({ sources, next }) => {
  while (sources.length < 2) await next();
  assert.deepEqual(sources, ['containerd', 'none']);
}));
