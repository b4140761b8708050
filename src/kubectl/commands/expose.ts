import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { fileFlags, filesOf } from '../flags/common-flags.ts';
import { bool, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { select } from '../resources/select.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { labelsOf } from '../writes/labels-of.ts';
import { withLastApplied } from '../writes/last-applied.ts';
import { overrideFlags, overridden } from '../writes/overridden.ts';
import { recordFlag, recorded } from '../writes/record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../writes/write-flags.ts';
import { createObject } from '../writes/write-object.ts';

const flags = {
  ...fileFlags, ...outputFlags, ...overrideFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-expose'), ...recordFlag,
  'cluster-ip': text('ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to \'None\' to create a headless service.'),
  'external-ip': text('Additional external IP address (not managed by Kubernetes) to accept for the service.'),
  'labels': text('Labels to apply to the service created by this call.', { short: 'l' }),
  'load-balancer-ip': text('IP to assign to the LoadBalancer.'),
  'name': text('The name for the newly created object.'),
  'port': text('The port that the service should serve on. Copied from the resource being exposed, if unspecified'),
  'protocol': text('The network protocol for the service to be created. Default is \'TCP\'.'),
  'save-config': bool('If true, the configuration of current object will be saved in its annotation.'),
  'selector': text('A label selector to use for this service. Only equality-based selector requirements are supported. If empty (the default) infer the selector from the replication controller or replica set.'),
  'session-affinity': text('If non-empty, set the session affinity for the service to this; legal values: \'None\', \'ClientIP\''),
  'target-port': text('Name or number for the port on the container that the service should direct traffic to. Optional.'),
  'type': text('Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is \'ClusterIP\'.'),
} as const;

type ExposeCall = Call<typeof flags>;

interface ContainerPort { readonly containerPort?: number; readonly port?: number; readonly protocol?: string }
interface Exposed extends AnyObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly ports?: readonly ContainerPort[];
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly ports?: readonly ContainerPort[] }[] } };
    readonly containers?: readonly { readonly ports?: readonly ContainerPort[] }[];
  };
}

function selectorOf(object: Exposed): Readonly<Record<string, string>> {
  const { kind, spec = {}, metadata } = object;
  switch (kind) {
    case 'Pod': {
      const labels = metadata?.labels ?? {};
      if (Object.keys(labels).length === 0) throw new KubectlError('couldn\'t retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed');
      return labels;
    }
    case 'Service': {
      if (spec.selector === undefined) throw new KubectlError('couldn\'t retrieve selectors via --selector flag or introspection: the service has no pod selector set');
      return spec.selector as Readonly<Record<string, string>>;
    }
    case 'ReplicationController': return spec.selector as Readonly<Record<string, string>>;
    default: {
      const { matchLabels = {}, matchExpressions = [] } = (spec.selector ?? {}) as { readonly matchLabels?: Readonly<Record<string, string>>; readonly matchExpressions?: readonly unknown[] };
      if (matchExpressions.length > 0) throw new KubectlError(`couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "${JSON.stringify(matchExpressions)}" to map-based selector format`);
      return matchLabels;
    }
  }
}

function portsOf({ kind, spec = {} }: Exposed): readonly ContainerPort[] {
  if (kind === 'Service') return (spec.ports ?? []).map(({ port, protocol }) => ({ ...(port !== undefined && { containerPort: port }), ...(protocol !== undefined && { protocol }) }));
  const containers = (kind === 'Pod' ? spec.containers : spec.template?.spec?.containers) ?? [];
  return containers.flatMap(({ ports = [] }) => ports);
}

const targetOf = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

function serviceOf(item: Item, { flags: values }: ExposeCall): AnyObject {
  const object = item.object as Exposed;
  const exposable = ['Pod', 'Service', 'ReplicationController', 'ReplicaSet', 'Deployment'];
  if (!exposable.includes(object.kind ?? '')) throw new KubectlError(`cannot expose a ${object.kind ?? ''}${item.resource!.group === '' ? '' : `.${item.resource!.group}`}`);
  const known = portsOf(object);
  const wanted = values.port === '' ? known.map(({ containerPort }) => String(containerPort)) : values.port.split(',');
  const selector = values.selector === '' ? selectorOf(object) : labelsOf(values.selector);
  if (wanted.length === 0 && values['cluster-ip'] !== 'None') throw new KubectlError('couldn\'t find port via --port flag or introspection');
  const name = values.name === '' ? item.name.slice(0, 63) : values.name;
  const labels = values.labels === '' ? object.metadata?.labels : labelsOf(values.labels);
  const protocolOf = (port: string): string => (values.protocol === '' ? known.find(({ containerPort }) => String(containerPort) === port)?.protocol ?? 'TCP' : values.protocol);
  return {
    apiVersion: 'v1', kind: 'Service',
    metadata: { name, ...(labels !== undefined && { labels }) },
    spec: {
      selector,
      ports: wanted.map((port, i) => ({ ...(wanted.length > 1 && { name: `port-${i + 1}` }), protocol: protocolOf(port), port: Number(port), targetPort: values['target-port'] === '' ? Number(port) : targetOf(values['target-port']) })),
      ...(values.type !== '' && { type: values.type }),
      ...(values['cluster-ip'] !== '' && { clusterIP: values['cluster-ip'] }),
      ...(values['external-ip'] !== '' && { externalIPs: [values['external-ip']] }),
      ...(values['load-balancer-ip'] !== '' && { loadBalancerIP: values['load-balancer-ip'] }),
      ...(values['session-affinity'] !== '' && { sessionAffinity: values['session-affinity'] }),
    },
    status: { loadBalancer: {} },
  };
}

async function run(call: ExposeCall): Promise<void> {
  const { session, flags: values, args } = call;
  const dryRun = dryRunOf(values);
  const printer = (await donePrinters(session, values, dryRun, { typed: true }))('exposed');
  const { name: namespace, explicit } = await session.namespace();
  const selected = await select(session, { args, files: filesOf(values), continueOnError: true });
  for await (const item of selected.visit()) {
    const made = await overridden(serviceOf(item, call), values);
    const object = recorded(call, values['save-config'] ? withLastApplied(made) : made);
    if (dryRun === 'client') {
      await session.io.stdout.write(printer.print(explicit ? { ...object, metadata: { ...object.metadata, namespace } } : object));
      continue;
    }
    const resource = await (await session.mapper()).kind('v1', 'Service');
    const created = await createObject(await session.connection(), { resource, namespace, name: object.metadata!.name!, subresource: '' }, object, { dryRun, fieldManager: values['field-manager'] });
    await session.io.stdout.write(printer.print(created));
  }
  throwAll(selected.errors);
}

export default command({
  usage: 'expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  description: `Expose a resource as a new Kubernetes service.

 Looks up a deployment, service, replica set, replication controller or pod by name and uses the selector for that resource as the selector for a new service on the specified port. Without --port, the service takes the ports of the resource.`,
  examples: `
    # Create a service for an nginx deployment, which serves on port 80 and connects to the containers on port 8000
    kubectl expose deployment nginx --port=80 --target-port=8000`,
  flags,
  run,
});
