import { dns1123Subdomain, portName, portNumber } from '../../../../api/meta/validation.ts';
import type { Command } from '../../../command.ts';
import { KubectlError } from '../../../errors.ts';
import { int, list, text } from '../../../flags/flags.ts';
import type { AnyObject } from '../../../resources/item.ts';
import { generatedCommand } from '../generated.ts';

type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

const tcp = list('Port pairs can be specified as \'<port>:<targetPort>\'.');

interface Settings { readonly type: ServiceType; readonly tcp: readonly string[]; readonly clusterIp?: string; readonly nodePort?: number; readonly externalName?: string }

/** `port[:targetPort]`, where the target may be a name. */
function portsOf(pair: string): { readonly port: number; readonly targetPort: number | string } {
  const [first = '', second] = pair.split(':');
  const port = /^\d+$/.test(first) ? Number(first) : NaN;
  if (Number.isNaN(port)) throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(first)}: invalid syntax`);
  if (port > 65535) throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(first)}: value out of range`);
  if (second === undefined) return { port, targetPort: port };
  const target = /^[+-]?\d+$/.test(second) ? Number(second) : second;
  const wrong = typeof target === 'number' ? portNumber(target) : portName(target);
  if (wrong.length > 0) throw new KubectlError(wrong.join(','));
  return { port, targetPort: target };
}

function check({ type, tcp: pairs, clusterIp, externalName }: Settings): void {
  if (clusterIp === 'None' && type !== 'ClusterIP') throw new KubectlError('ClusterIP=None can only be used with ClusterIP service type');
  if (clusterIp !== 'None' && pairs.length === 0 && type !== 'ExternalName') throw new KubectlError('at least one tcp port specifier must be provided');
  if (type === 'ExternalName' && dns1123Subdomain(externalName ?? '').length > 0) throw new KubectlError(`invalid service external name ${externalName ?? ''}`);
}

function serviceObject(name: string, { type, tcp: pairs, clusterIp = '', nodePort = 0, externalName = '' }: Settings): AnyObject {
  const ports = pairs.map((pair) => ({ name: pair.replaceAll(':', '-'), ...(nodePort !== 0 && { nodePort }), ...portsOf(pair), protocol: 'TCP' }));
  return {
    apiVersion: 'v1', kind: 'Service', metadata: { labels: { app: name }, name },
    spec: { ...(clusterIp !== '' && { clusterIP: clusterIp }), ...(externalName !== '' && { externalName }), ...(ports.length > 0 && { ports }), selector: { app: name }, type },
    status: { loadBalancer: {} },
  };
}

interface Texts { readonly usage: string; readonly description: string; readonly examples: string }

const textsOf = (type: ServiceType, word: string, example: string): Texts => ({
  usage: type === 'ExternalName' ? `${word} NAME --external-name external.name [--dry-run=server|client|none]` : `${word} NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]`,
  description: type === 'ExternalName' ? 'Create an ExternalName service with the specified name.\n\n It stands for a DNS name outside of the cluster, which applications reach by the name of the service.' : `Create a ${type} service with the specified name.`,
  examples: `
    # Create a new ${type} service
    kubectl create service ${word} ${example}`,
});

const failureOf = (type: ServiceType): string => `failed to create ${type} service: `;

/** `kubectl create service TYPE`. */
export const serviceCommands: Readonly<Record<'clusterip' | 'nodeport' | 'loadbalancer' | 'externalname', Command>> = {
  clusterip: generatedCommand({
    ...textsOf('ClusterIP', 'clusterip', 'my-cs --tcp=5678:8080'), failure: failureOf('ClusterIP'),
    flags: { tcp, clusterip: text('Assign your own ClusterIP or set to \'None\' for a \'headless\' service (no loadbalancing).') },
    check: ({ flags }) => check({ type: 'ClusterIP', tcp: flags.tcp, clusterIp: flags.clusterip }),
    make: ({ flags }, name) => serviceObject(name, { type: 'ClusterIP', tcp: flags.tcp, clusterIp: flags.clusterip }),
  }),
  nodeport: generatedCommand({
    ...textsOf('NodePort', 'nodeport', 'my-ns --tcp=5678:8080'), failure: failureOf('NodePort'),
    flags: { tcp, 'node-port': int('Port used to expose the service on each node in a cluster.') },
    check: ({ flags }) => check({ type: 'NodePort', tcp: flags.tcp }),
    make: ({ flags }, name) => serviceObject(name, { type: 'NodePort', tcp: flags.tcp, nodePort: flags['node-port'] }),
  }),
  loadbalancer: generatedCommand({
    ...textsOf('LoadBalancer', 'loadbalancer', 'my-lbs --tcp=5678:8080'), failure: failureOf('LoadBalancer'),
    flags: { tcp },
    check: ({ flags }) => check({ type: 'LoadBalancer', tcp: flags.tcp }),
    make: ({ flags }, name) => serviceObject(name, { type: 'LoadBalancer', tcp: flags.tcp }),
  }),
  externalname: generatedCommand({
    ...textsOf('ExternalName', 'externalname', 'my-ns --external-name bar.com'), failure: failureOf('ExternalName'),
    flags: { tcp, 'external-name': text('External name of service', { required: true }) },
    check: ({ flags }) => check({ type: 'ExternalName', tcp: flags.tcp, externalName: flags['external-name'] }),
    make: ({ flags }, name) => serviceObject(name, { type: 'ExternalName', tcp: flags.tcp, externalName: flags['external-name'] }),
  }),
};
