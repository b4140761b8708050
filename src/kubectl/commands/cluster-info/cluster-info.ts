import type { Service } from '../../../api/types/core/v1.ts';
import { command } from '../../command.ts';

function linkOf({ metadata, spec, status }: Service, server: string): string {
  const [ingress] = status?.loadBalancer?.ingress ?? [];
  const ports = spec?.ports ?? [];
  if (ingress !== undefined) return ports.map(({ port }) => `http://${ingress.ip ?? ingress.hostname ?? ''}:${port} `).join('');
  const name = metadata.name ?? '';
  const [port] = ports;
  const secure = port !== undefined && (port.name === 'https' || port.port === 443);
  const scheme = secure ? 'https:' : '';
  const suffix = port?.name !== undefined && port.name !== '' ? `:${port.name}` : secure ? ':' : '';
  return `${server}/api/v1/namespaces/${metadata.namespace ?? ''}/services/${scheme}${name}${suffix}/proxy`;
}

export default command({
  usage: 'cluster-info',
  description: 'Display addresses of the control plane and services with label kubernetes.io/cluster-service=true. To further debug and diagnose cluster problems, use \'kubectl cluster-info dump\'.',
  examples: `
    # Where the control plane and the cluster's services are
    kubectl cluster-info`,
  commands: [{ name: 'dump', summary: 'Dump relevant information for debugging and diagnosis', load: async () => (await import('./dump.ts')).default }],
  async run({ session }) {
    const { io } = session;
    const connection = await session.connection();
    const { server } = connection.settings;
    const namespace = session.globals.namespace === '' ? 'kube-system' : session.globals.namespace;
    let failure: unknown;
    try {
      const { items } = await connection.json<{ readonly items: readonly Service[] }>({ method: 'GET', path: `/api/v1/namespaces/${namespace}/services?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue` });
      const lines = [['Kubernetes control plane', server], ...items.map((service) => [service.metadata.labels?.['kubernetes.io/name'] ?? service.metadata.name ?? '', linkOf(service, server)])];
      await io.stdout.write(lines.map(([name, link]) => `${name!} is running at ${link!}\n`).join(''));
    } catch (error) {
      failure = error;
    }
    await io.stdout.write('\nTo further debug and diagnose cluster problems, use \'kubectl cluster-info dump\'.\n');
    if (failure !== undefined) throw failure as Error;
  },
});
