import { specOf } from '../pods/pod-spec.ts';
import type { Admission } from './verdict.ts';

/** Safe: a pod's own, and without influence on others. With the first kernel in which it is a pod's own. */
const safe: ReadonlyMap<string, string> = new Map([
  ['kernel.shm_rmid_forced', '0'], ['net.ipv4.ip_local_port_range', '0'], ['net.ipv4.tcp_syncookies', '0'], ['net.ipv4.ping_group_range', '0'],
  ['net.ipv4.ip_unprivileged_port_start', '0'], ['net.ipv4.ip_local_reserved_ports', '3.16'], ['net.ipv4.tcp_keepalive_time', '4.5'], ['net.ipv4.tcp_fin_timeout', '4.6'],
  ['net.ipv4.tcp_keepalive_intvl', '4.5'], ['net.ipv4.tcp_keepalive_probes', '4.5'], ['net.ipv4.tcp_rmem', '4.15'], ['net.ipv4.tcp_wmem', '4.15'],
]);

/** The namespace that a sysctl belongs to, as messages name it; undefined: the whole machine's. */
function namespaceOf(name: string): 'ipc' | 'net' | undefined {
  if (name.startsWith('net.')) return 'net';
  return name.startsWith('fs.mqueue.') || /^kernel\.(sem|shm|msg)/.test(name) ? 'ipc' : undefined;
}

/** `net/ipv4/tcp_rmem` in the form with dots. */
function normalized(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  return separator === '/' ? name.replace(/[./]/g, (one) => (one === '/' ? '.' : '/')) : name;
}

function isAtLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Sysctls must be safe, or allowed by the node's administrator, and must not be the host's own. */
export const sysctls: Admission = (pod, { kernelVersion, allowedUnsafeSysctls }) => {
  const spec = specOf(pod);
  const refuse = (why: string): { readonly reason: string; readonly message: string } => ({ reason: 'SysctlForbidden', message: `forbidden sysctl: ${why}` });
  for (const { name: written } of spec.securityContext?.sysctls ?? []) {
    const name = normalized(written);
    const since = safe.get(name);
    const isAllowed = (since !== undefined && isAtLeast(kernelVersion, since)) || allowedUnsafeSysctls.some((one) => (one.endsWith('*') ? name.startsWith(normalized(one.slice(0, -1))) : name === normalized(one)));
    if (!isAllowed) return refuse(`${JSON.stringify(name)} not allowlisted`);
    const namespace = namespaceOf(name);
    if ((namespace === 'ipc' && spec.hostIPC === true) || (namespace === 'net' && spec.hostNetwork === true)) return refuse(`${JSON.stringify(name)} not allowed with host ${namespace} enabled`);
  }
  return undefined;
};
