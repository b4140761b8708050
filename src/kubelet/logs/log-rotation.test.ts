import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { silentLogger } from '../../base/logger.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import { linuxFiles } from '../hosts/linux/linux-files.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { rotateLogs } from './log-rotation.ts';

test('logs are put aside, compressed, and the oldest go', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cox-logs-'));
  const logPath = join(folder, '0.log');
  const clock = new VirtualClock();
  let fails = false;
  const reopenLog = async (): Promise<void> => {
    if (fails) throw new Error('not now');
    writeFileSync(logPath, '');
  };
  const context = { clock, logger: silentLogger, host: { files: linuxFiles(clock) }, runtime: { reopenLog } } as unknown as KubeletContext;
  const containers = [{ id: 'c', name: 'main', state: 'running', logPath } as ContainerStatus];
  const rotate = () => rotateLogs(context, containers, { maxBytes: 10, maxFiles: 3 });
  try {
    writeFileSync(logPath, 'short');
    await rotate();
    assert.deepEqual(readdirSync(folder), ['0.log']);
    for (const text of ['first log', 'second log', 'third log', 'fourth log']) {
      appendFileSync(logPath, `${text} which is long`);
      await rotate();
      await clock.advance(1000);
    }
    assert.deepEqual(readdirSync(folder).sort(), ['0.log', '0.log.20260101-000002.gz', '0.log.20260101-000003']);
    assert.equal(gunzipSync(readFileSync(join(folder, '0.log.20260101-000002.gz'))).toString(), 'third log which is long');
    assert.equal(readFileSync(join(folder, '0.log.20260101-000003'), 'utf8'), 'fourth log which is long');
    fails = true;
    writeFileSync(logPath, 'one that the runtime does not leave');
    await rotate();
    assert.equal(readFileSync(logPath, 'utf8'), 'one that the runtime does not leave', 'it stays where the runtime writes');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
