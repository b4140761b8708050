import { statfsSync } from 'node:fs';
import { existsSync, readFileSync } from 'node:fs';
import type { HostPaths } from './paths.ts';

export const sandboxImage = 'registry.k8s.io/pause:3.10';

export interface ContainerdConfigOptions {
  readonly paths: HostPaths;
  /** x.y.z */
  readonly containerdVersion: string;
  readonly runcPath: string;
  readonly cniBinDir: string;
  readonly snapshotter: 'overlayfs' | 'native';
  readonly restrictOomScoreAdj: boolean;
}

/** Plugins of containerd that a kubelet never asks for, and which cost start-up time, memory or files outside of our folder. */
const disabledPlugins = [
  'io.containerd.internal.v1.opt', 'io.containerd.internal.v1.restart', 'io.containerd.internal.v1.tracing', 'io.containerd.tracing.processor.v1.otlp',
  'io.containerd.snapshotter.v1.aufs', 'io.containerd.snapshotter.v1.btrfs', 'io.containerd.snapshotter.v1.devmapper', 'io.containerd.snapshotter.v1.zfs',
  'io.containerd.snapshotter.v1.blockfile', 'io.containerd.snapshotter.v1.erofs', 'io.containerd.differ.v1.erofs', 'io.containerd.monitor.v1.cgroups',
];

const kernelOverlay = 'overlay';
/** statfs(2)'s magic number of overlayfs, which cannot lie below another overlay's upper folder. */
const overlayMagic = 0x794c7630;

/** overlayfs where the kernel and the data folder's file system have what it takes, else plain copies. */
export function chooseSnapshotter(directory: string): 'overlayfs' | 'native' {
  const known = existsSync('/proc/filesystems') && readFileSync('/proc/filesystems', 'utf8').split('\n').some((line) => line.trim().split(/\s+/).at(-1) === kernelOverlay);
  return known && statfsSync(directory).type !== overlayMagic ? 'overlayfs' : 'native';
}

/** A basic TOML string. */
function quote(text: string): string {
  return JSON.stringify(text);
}

type Value = string | number | boolean | readonly string[];

function table(name: readonly string[], values: Readonly<Record<string, Value>>): string {
  const heading = name.map((part) => (/^[\w-]+$/.test(part) ? part : quote(part))).join('.');
  const lines = Object.entries(values).map(([key, value]) => `  ${key} = ${typeof value === 'string' ? quote(value) : Array.isArray(value) ? `[${value.map(quote).join(', ')}]` : String(value)}`);
  return `[${heading}]\n${lines.join('\n')}\n`;
}

function versionNumbers(version: string): [number, number] {
  const [major, minor] = version.split('.').map(Number);
  return [major ?? 1, minor ?? 6];
}

/** The configuration file of our private containerd; the format follows its version (2 before containerd 2.0, then 3). */
export function containerdConfig(options: ContainerdConfigOptions): string {
  const { paths } = options;
  const [major, minor] = versionNumbers(options.containerdVersion);
  const stream = { stream_server_address: '127.0.0.1', stream_server_port: '0', stream_idle_timeout: '4h0m0s', disable_tcp_service: true };
  const runtimeValues = {
    restrict_oom_score_adj: options.restrictOomScoreAdj,
    max_container_log_line_size: 16384,
    netns_mounts_under_state_dir: true,
  };
  const runc = { runtime_type: 'io.containerd.runc.v2' };
  const runcOptions = { BinaryName: options.runcPath, Root: paths.runcRoot, SystemdCgroup: false };
  const cni = (major > 2 || (major === 2 && minor >= 1))
    ? { bin_dirs: [options.cniBinDir], conf_dir: paths.cniConfDir, max_conf_num: 1 }
    : { bin_dir: options.cniBinDir, conf_dir: paths.cniConfDir, max_conf_num: 1 };
  const registry = { config_path: paths.certsDir };
  const head = [
    '# Written by coxswain at each start: changes are lost. Registry settings belong into certs.d.',
    `version = ${major >= 2 ? 3 : 2}`,
    `root = ${quote(paths.rootDir)}`,
    `state = ${quote(paths.stateDir)}`,
    `disabled_plugins = [${disabledPlugins.map(quote).join(', ')}]`,
    '',
    table(['grpc'], { address: paths.socketPath, max_recv_message_size: 33554432, max_send_message_size: 33554432 }),
    // NRI would listen at a socket that belongs to the whole machine.
    table(['plugins', 'io.containerd.nri.v1.nri'], { disable: true }),
  ];
  if (major >= 2) {
    const runtime = ['plugins', 'io.containerd.cri.v1.runtime'];
    const images = ['plugins', 'io.containerd.cri.v1.images'];
    return [
      ...head,
      table(images, { snapshotter: options.snapshotter }),
      table([...images, 'pinned_images'], { sandbox: sandboxImage }),
      table([...images, 'registry'], registry),
      table(runtime, runtimeValues),
      table([...runtime, 'cni'], cni),
      table([...runtime, 'containerd'], { default_runtime_name: 'runc' }),
      table([...runtime, 'containerd', 'runtimes', 'runc'], runc),
      table([...runtime, 'containerd', 'runtimes', 'runc', 'options'], runcOptions),
      table(['plugins', 'io.containerd.grpc.v1.cri'], stream),
    ].join('\n');
  }
  const cri = ['plugins', 'io.containerd.grpc.v1.cri'];
  return [
    ...head,
    table(cri, { ...runtimeValues, ...stream, sandbox_image: sandboxImage, ...(minor >= 7 && { enable_cdi: true }) }),
    table([...cri, 'cni'], cni),
    table([...cri, 'containerd'], { default_runtime_name: 'runc', snapshotter: options.snapshotter }),
    table([...cri, 'containerd', 'runtimes', 'runc'], runc),
    table([...cri, 'containerd', 'runtimes', 'runc', 'options'], runcOptions),
    table([...cri, 'registry'], registry),
  ].join('\n');
}
