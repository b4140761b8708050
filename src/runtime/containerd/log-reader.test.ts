import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { LogLine, LogOptions } from '../runtime.ts';
import { parseRecord, readLogFile } from './log-reader.ts';

const never = new AbortController().signal;
const text = (line: LogLine): string => Buffer.from(line.content).toString('utf8');
const record = (second: number, content: string): string => `2024-01-01T00:00:${String(second).padStart(2, '0')}.123456789Z stdout F ${content}\n`;

function logFile(content: string): { path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'cox-log-'));
  const path = join(folder, '0.log');
  writeFileSync(path, content);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

async function read(path: string, options: Partial<LogOptions>, isRunning = (): boolean => false): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLogFile({ path, clock: new VirtualClock(), isRunning: () => Promise.resolve(isRunning()) }, { follow: false, signal: never, ...options })) lines.push(text(line));
  return lines;
}

test('records are taken apart; partial ones have no newline', () => {
  const full = parseRecord(Buffer.from('2024-01-01T00:00:00.1Z stderr F two  words'));
  assert.deepEqual([full?.timestamp, full?.stream, full && text(full)], ['2024-01-01T00:00:00.1Z', 'stderr', 'two  words\n']);
  const partial = parseRecord(Buffer.from('2024-01-01T00:00:00.1Z stdout P half'));
  assert.equal(partial && text(partial), 'half');
  const empty = parseRecord(Buffer.from('2024-01-01T00:00:00.1Z stdout F '));
  assert.equal(empty && text(empty), '\n');
  for (const bad of ['', 'x', 'time stdin F x', 'time']) assert.equal(parseRecord(Buffer.from(bad)), undefined, bad);
});

test('the whole, the tail, and what is new enough', async () => {
  using log = logFile([1, 2, 3, 4, 5].map((second) => record(second, `line ${second}`)).join(''));
  assert.deepEqual(await read(log.path, {}), ['line 1\n', 'line 2\n', 'line 3\n', 'line 4\n', 'line 5\n']);
  assert.deepEqual(await read(log.path, { tailLines: 2 }), ['line 4\n', 'line 5\n']);
  assert.deepEqual(await read(log.path, { tailLines: 0 }), []);
  assert.deepEqual(await read(log.path, { tailLines: 99 }), ['line 1\n', 'line 2\n', 'line 3\n', 'line 4\n', 'line 5\n']);
  assert.deepEqual(await read(log.path, { sinceMs: Date.parse('2024-01-01T00:00:04Z') }), ['line 4\n', 'line 5\n']);
  assert.deepEqual(await read(log.path, { tailLines: 1, sinceMs: Date.parse('2024-01-02T00:00:00Z') }), []);
});

test('the tail of a large log is found from its end', async () => {
  using log = logFile(Array.from({ length: 20_000 }, (_, index) => record(index % 60, `number ${index}`)).join(''));
  assert.deepEqual((await read(log.path, { tailLines: 3000 })).slice(0, 1), ['number 17000\n']);
  assert.equal((await read(log.path, {})).length, 20_000);
});

test('a missing log is not found', async () => {
  await assert.rejects(read('/nowhere/0.log', {}), { code: 'not-found', message: /^failed to try resolving symlinks in path "\/nowhere\/0\.log": lstat/ });
});

test('following goes on over a rotation and ends with the container', async () => {
  using log = logFile(record(1, 'first'));
  let running = true;
  let stopped = (): void => {};
  const lines: string[] = [];
  const source = {
    path: log.path, clock: new VirtualClock(), isRunning: () => Promise.resolve(running),
    onStopped: (callback: () => void) => {
      stopped = callback;
      return () => {};
    },
  };
  for await (const line of readLogFile(source, { follow: true, signal: never })) {
    lines.push(text(line));
    if (lines.length === 1) appendFileSync(log.path, record(2, 'second'));
    if (lines.length === 2) {
      renameSync(log.path, `${log.path}.1`);
      writeFileSync(log.path, record(3, 'third'));
    }
    if (lines.length === 3) {
      appendFileSync(log.path, record(4, 'last'));
      running = false;
      stopped();
    }
  }
  assert.deepEqual(lines, ['first\n', 'second\n', 'third\n', 'last\n']);
});

test('following ends when the caller goes away', async () => {
  using log = logFile(record(1, 'first'));
  const abort = new AbortController();
  const lines: string[] = [];
  for await (const line of readLogFile({ path: log.path, clock: new VirtualClock(), isRunning: () => Promise.resolve(true) }, { follow: true, signal: abort.signal })) {
    lines.push(text(line));
    queueMicrotask(() => abort.abort());
  }
  assert.deepEqual(lines, ['first\n']);
});
