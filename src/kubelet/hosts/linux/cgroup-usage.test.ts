import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { legacyUsage, parseInterfaces, unifiedUsage } from './cgroup-usage.ts';

async function folderOf(files: Readonly<Record<string, string>>): Promise<{ readonly path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'cgroup-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const counted = {
  cpuNanoseconds: 3_000_000, userNanoseconds: 2_000_000, systemNanoseconds: 1_000_000, periods: 5, throttledPeriods: 2, throttledNanoseconds: 7000, memoryBytes: 1000, workingSetBytes: 900, rssBytes: 500, cacheBytes: 400, swapBytes: 3, mappedFileBytes: 6, pageFaults: 8, majorPageFaults: 1, processes: 4,
  disks: [{ device: '8:0', readBytes: 10, writeBytes: 20, reads: 1, writes: 2 }], interfaces: [],
};

test('what a cgroup of version 2 has used is read', async () => {
  await using folder = await folderOf({
    'cpu.stat': 'usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 5\nnr_throttled 2\nthrottled_usec 7\n', 'memory.current': '1000\n', 'memory.stat': 'anon 500\nfile 400\ninactive_file 100\nfile_mapped 6\npgfault 8\npgmajfault 1\n',
    'memory.swap.current': '3\n', 'pids.current': '4\n', 'io.stat': '8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n', 'cgroup.procs': '',
  });
  assert.deepEqual(await unifiedUsage(folder.path), counted);
  assert.equal(await unifiedUsage(join(folder.path, 'none')), undefined);
});

test('what a cgroup of version 1 has used is read', async () => {
  await using folder = await folderOf({
    'cpuacct/p/cpuacct.usage': '3000000\n', 'cpuacct/p/cpuacct.stat': 'user 0\nsystem 0\n', 'cpu/p/cpu.stat': 'nr_periods 5\nnr_throttled 2\nthrottled_time 7000\n', 'cpu/p/cgroup.procs': '', 'pids/p/pids.current': '4\n',
    'memory/p/memory.usage_in_bytes': '1000\n', 'memory/p/memory.stat': 'total_rss 500\ntotal_cache 400\ntotal_inactive_file 100\ntotal_mapped_file 6\ntotal_swap 3\ntotal_pgfault 8\ntotal_pgmajfault 1\n',
    'blkio/p/blkio.throttle.io_service_bytes': '8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n', 'blkio/p/blkio.throttle.io_serviced': '8:0 Read 1\n8:0 Write 2\n',
  });
  assert.deepEqual(await legacyUsage(folder.path, 'p'), { ...counted, userNanoseconds: 0, systemNanoseconds: 0 });
  assert.equal(await legacyUsage(folder.path, 'none'), undefined);
});

test('what interfaces have carried is read, without the loop', () => {
  const text = 'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0\n  eth0:    5000      40    1    2    0     0          0         0     7000      60    3    4    0     0       0          0\n';
  assert.deepEqual(parseInterfaces(text), [{ name: 'eth0', receivedBytes: 5000, receivedPackets: 40, receiveErrors: 1, receiveDropped: 2, sentBytes: 7000, sentPackets: 60, sendErrors: 3, sendDropped: 4 }]);
});
