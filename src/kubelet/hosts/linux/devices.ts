import { mkdir, open, readFile, readdir, realpath, rm, stat, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DevicePlaces, HostDevices, MountRequest } from '../../host.ts';
import { bindMount, isMountPoint, mountFileSystem, unmountBelow } from './mounts.ts';
import { realPathOf } from './real-path.ts';
import { runCommand } from './run-command.ts';

const loopDevices = '/sys/block';
/** blkid's word for "there is nothing on it that I know". */
const nothingFound = 2;
/** fsck's, for errors that it left. */
const uncorrected = 4;

/** Block devices of this machine, as upstream's volume path handler treats them. */
export const linuxDevices: HostDevices = {
  async map(device, places) {
    const source = await realpath(device);
    if (!(await isDevice(places.place))) {
      await mkdir(dirname(places.place), { recursive: true, mode: 0o750 });
      await (await open(places.place, 'a', 0o750)).close();
      await bindMount(source, places.place).catch((error: unknown) => { throw new Error(`failed to bind mount devicePath: ${source} to linkPath ${places.place}: ${(error as Error).message}`, { cause: error }); });
    }
    await mkdir(dirname(places.link), { recursive: true, mode: 0o750 });
    // After a reboot it may lead to another device.
    await rm(places.link, { force: true });
    await symlink(source, places.link);
    // An open device does not go, so that no other gets its name while a container may ask for it by that.
    if ((await loopOf(places.place)) === undefined) {
      const { ok, stderr } = await runCommand('losetup', ['-f', places.place]);
      if (!ok) throw new Error(`makeLoopDevice failed for path ${places.place}: losetup -f ${places.place} failed: ${stderr}`);
    }
  },
  async unmap({ place, link }) {
    const loop = await loopOf(place);
    if (loop !== undefined) {
      const { ok, stderr } = await runCommand('losetup', ['-d', loop]);
      if (!ok) throw new Error(`losetup -d ${loop} failed: ${stderr}`);
    }
    await rm(link, { force: true });
    if (await isMountPoint(place)) await unmountBelow(place);
    await rm(place, { force: true });
  },
  async sizeOf(device) {
    const { ok, stdout, stderr } = await runCommand('blockdev', ['--getsize64', device]);
    if (!ok) throw new Error(stderr);
    return Number(stdout.trim());
  },
  mountFormatted,
};

async function isDevice(place: DevicePlaces['place']): Promise<boolean> {
  return stat(place).then((found) => found.isBlockDevice() || found.isCharacterDevice(), () => false);
}

/** The loop device that keeps this file open; undefined without, or without the file. */
async function loopOf(path: string): Promise<string | undefined> {
  const real = await realPathOf(path);
  if (real === undefined) return undefined;
  for (const name of await readdir(loopDevices).catch(() => [])) {
    if (!name.startsWith('loop')) continue;
    const backing = await readFile(`${loopDevices}/${name}/loop/backing_file`, 'utf8').catch(() => '');
    // The kernel marks a file that is gone, and tells a device by its own name.
    if (backing.replace(/ \(deleted\)\n?$/, '').trim() === real) return `/dev/${name}`;
  }
  return undefined;
}

/** Mounts the file system of a device, which is made first where there is none (upstream's FormatAndMount). */
async function mountFormatted({ source, target, type, options }: MountRequest): Promise<void> {
  if (await isMountPoint(target)) return;
  const wanted = type === '' ? 'ext4' : type;
  const present = await formatOf(source);
  const isReadOnly = options.includes('ro');
  if (present === undefined) {
    if (isReadOnly) throw new Error(`cannot mount unformatted disk ${source} as we are manipulating it in read-only mode`);
    const args = wanted === 'ext4' || wanted === 'ext3' ? ['-F', '-m0', source] : wanted === 'xfs' ? ['-f', source] : [source];
    const { ok, stderr, exitCode } = await runCommand(`mkfs.${wanted}`, args);
    if (!ok) throw new Error(`format of disk ${JSON.stringify(source)} failed: type:(${JSON.stringify(wanted)}) target:(${JSON.stringify(target)}) options:(${JSON.stringify(options.join(','))}) errcode:(exit status ${exitCode ?? 127}) output:(${stderr}) `);
  } else if (!isReadOnly) {
    const { exitCode, stdout } = await runCommand('fsck', ['-a', source]);
    if (exitCode === uncorrected) throw new Error(`'fsck' found errors on device ${source} but could not correct them: ${stdout}`);
  }
  await mountFileSystem({ source, target, type: wanted, options: [...options, 'defaults'] });
}

/** What is on a device; undefined where there is nothing. */
async function formatOf(device: string): Promise<string | undefined> {
  const { ok, stdout, stderr, exitCode } = await runCommand('blkid', ['-p', '-s', 'TYPE', '-s', 'PTTYPE', '-o', 'export', device]);
  if (exitCode === nothingFound) return undefined;
  if (!ok) throw new Error(`failed to get disk format of disk ${device}: ${stderr}`);
  const found = new Map(stdout.split('\n').filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  if (found.has('PTTYPE')) return 'unknown data, probably partitions';
  return found.get('TYPE') || undefined;
}
