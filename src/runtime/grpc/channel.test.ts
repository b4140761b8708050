import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { RealClock } from '../../base/real-clock.ts';
import { CriClient } from '../containerd/cri-client.ts';
import { GrpcChannel } from './channel.ts';
import type { GrpcMethod } from './channel.ts';
import { wire } from '../containerd/wire.ts';

const clock = new RealClock();
const loadWire = () => Promise.resolve(wire);
const { decoder, encoder } = wire;
const subscribe: GrpcMethod = ['/containerd.services.events.v1.Events/Subscribe', 'SubscribeRequest', 'EventEnvelope'];

/** A runtime that is asked in three ways: the container named `missing` is not found, `slow` never answers, others answer. */
async function fakeRuntime(socketPath: string): Promise<Server> {
  const server = new Server();
  const method = (path: string, requestType: string, responseType: string, responseStream: boolean) => ({
    path, requestStream: false, responseStream,
    requestSerialize: encoder(requestType), requestDeserialize: decoder(requestType), responseSerialize: encoder(responseType), responseDeserialize: decoder(responseType),
  });
  server.addService(
    { execSync: method('/runtime.v1.RuntimeService/ExecSync', 'ExecSyncRequest', 'ExecSyncResponse', false), subscribe: method(...subscribe, true) },
    {
      execSync: ({ request }: ServerUnaryCall<{ containerId: string }, object>, answer: sendUnaryData<object>) => {
        if (request.containerId === 'missing') answer({ code: status.NOT_FOUND, details: 'no "missing" – gone' });
        else if (request.containerId !== 'slow') answer(null, { stdout: Buffer.from(request.containerId), exitCode: 7 });
      },
      subscribe: (call: ServerWritableStream<{ filters: string[] }, object>) => {
        for (const topic of call.request.filters) call.write({ topic });
        if (call.request.filters.length > 0) call.end();
      },
    },
  );
  await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) => { if (error) reject(error); else resolve(); }));
  return server;
}

async function withSocket(work: (socketPath: string, channel: GrpcChannel) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'grpc-'));
  const socketPath = join(folder, 'socket');
  const channel = new GrpcChannel({ socketPath, clock, loadWire });
  try {
    await work(socketPath, channel);
  } finally {
    channel.close();
    rmSync(folder, { recursive: true });
  }
}

test('calls answer, fail with their code and end with their deadline', () => withSocket(async (socketPath, channel) => {
  const server = await fakeRuntime(socketPath);
  const cri = new CriClient(channel);
  const answer = await cri.call('ExecSync', { containerId: 'grüezi' });
  assert.deepEqual([Buffer.from(answer.stdout).toString(), answer.stderr.length, answer.exitCode], ['grüezi', 0, 7]);
  await assert.rejects(cri.call('ExecSync', { containerId: 'missing' }), { code: 'not-found', message: 'rpc error: code = NotFound desc = no "missing" – gone' });
  await assert.rejects(cri.call('ExecSync', { containerId: 'slow' }, { timeoutMs: 20 }), { code: 'deadline-exceeded', message: /^rpc error: code = DeadlineExceeded desc = / });
  await assert.rejects(cri.call('Version', {}), { code: 'unknown', message: /^rpc error: code = Unimplemented/ });
  const pending = assert.rejects(cri.call('ExecSync', { containerId: 'slow' }, { timeoutMs: 2 ** 31 }), { message: /code = Canceled/ });
  await cri.call('ExecSync', { containerId: 'x' });
  channel.close();
  await pending;
  await assert.rejects(cri.call('ExecSync', { containerId: 'x' }), { message: /code = Canceled desc = grpc: the client connection is closing/ });
  server.forceShutdown();
}));

test('without a runtime calls fail at once, and a broken connection is made again', () => withSocket(async (socketPath, channel) => {
  const other = new GrpcChannel({ socketPath, clock, loadWire });
  await assert.rejects(new CriClient(other).call('ExecSync', { containerId: 'x' }), { code: 'unavailable', message: /ENOENT/ });
  other.close();
  const cri = new CriClient(channel);
  const first = await fakeRuntime(socketPath);
  assert.equal((await cri.call('ExecSync', { containerId: 'x' })).exitCode, 7);
  const cut = assert.rejects(cri.call('ExecSync', { containerId: 'slow' }));
  await cri.call('ExecSync', { containerId: 'x' });
  first.forceShutdown();
  await cut;
  const second = await fakeRuntime(socketPath);
  assert.equal((await cri.call('ExecSync', { containerId: 'x' })).exitCode, 7);
  second.forceShutdown();
}));

test('a stream gives each message, ends with the server, and is cut off by its signal', () => withSocket(async (socketPath, channel) => {
  const server = await fakeRuntime(socketPath);
  const topics: string[] = [];
  const take = (message: unknown): void => { topics.push((message as { topic: string }).topic); };
  await channel.stream(subscribe, { filters: ['a', 'b'] }, take);
  assert.deepEqual(topics, ['a', 'b']);
  const abort = new AbortController();
  const cut = assert.rejects(channel.stream(subscribe, { filters: [] }, take, { signal: abort.signal }), { code: 'Canceled' });
  abort.abort();
  await cut;
  await assert.rejects(channel.stream(subscribe, { filters: ['a', 'b'] }, () => { throw new Error('enough'); }), { message: 'enough' });
  server.forceShutdown();
}));
