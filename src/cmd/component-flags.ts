import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { ComponentFlags, ComponentName } from './component.ts';
import { controllerOptions } from './controller-flags.ts';
import { addressPools, configurationMap, texts } from './checks.ts';
import { clusterCidrCheck, defaultDataDir, dnsName, ipAddress, wholeNumber } from './options.ts';
import { parser } from './parser.ts';

const path = (value: string): string => resolve(value);
const leaderElection = (): Option[] => [new Option('--leader-elect <yes>', 'wait for the lease kube-system/NAME, so that one of several leads').default(true, 'true').argParser((value) => {
  if (value !== 'true' && value !== 'false') throw new InvalidArgumentError('It wants true or false.');
  return value === 'true';
})];
const controllers = (): Option => new Option('--controllers <names>', 'comma-separated; `*` for all, `-name` to leave one out').default(['*'], '*').argParser((value) => value.split(',').map((name) => name.trim()));
const featureGates = (): Option => new Option('--feature-gates <pairs>', 'features to turn on or off, as the API server has them: name=true or name=false').argParser(parser(configurationMap));
const listenOn = (): Option => new Option('--listen <ip>', 'address to listen on').default('127.0.0.1').argParser(parser(ipAddress));
const clusterCidr = (): Option => new Option('--cluster-cidr <cidr>', 'addresses of pods').default('10.244.0.0/16').argParser(parser(clusterCidrCheck));
/** The flag that names this machine's node. */
export const nodeName = (): Option => new Option('--node-name <name>', 'name of this node (default: the host name)').argParser(parser(dnsName));
const clusterDomain = (): Option => new Option('--cluster-domain <domain>', 'DNS domain of the cluster').default('cluster.local').argParser(parser(dnsName));
/** A flag that names a file. */
export const file = (flags: string, description: string): Option => new Option(flags, description).argParser(path);

/** The flags that a component has beside those that all have. */
const flagsOf: Readonly<Record<ComponentName, () => readonly Option[]>> = {
  scheduler: () => [...leaderElection(), featureGates(), file('--config <file>', 'a KubeSchedulerConfiguration: profiles, plug-ins and their arguments, extenders')],
  'controller-manager': () => [
    ...leaderElection(),
    featureGates(),
    controllers(),
    clusterCidr(),
    file('--root-ca-file <file>', 'the certificate authority that pods are told to trust (default: the kubeconfig\'s)'),
    ...controllerOptions(),
  ],
  'cloud-controller-manager': () => [
    ...leaderElection(),
    controllers(),
    clusterCidr(),
    new Option('--load-balancer-pool <addresses>', 'addresses for Services of type LoadBalancer: ranges like 192.168.1.240/28 or 192.168.1.240-192.168.1.250, separated by commas').argParser(parser(addressPools)).makeOptionMandatory(),
  ],
  ingress: () => [
    listenOn(),
    new Option('--http-port <port>', 'port to listen on for HTTP').default(80).argParser(parser(wholeNumber(0, 65_535))),
    new Option('--https-port <port>', 'port to listen on for HTTPS').default(443).argParser(parser(wholeNumber(0, 65_535))),
    new Option('--publish-address <ips>', 'addresses by which clients reach it, for the status of Ingresses (default: the one that is listened on)').default([]).argParser(parser(texts)),
  ],
  proxy: () => [new Option('--proxy-mode <mode>', 'what the rules are written with').choices(['auto', 'nftables', 'iptables']).default('auto'), clusterCidr(), nodeName()],
  dns: () => [
    listenOn(),
    new Option('--port <port>', 'port to listen on, UDP and TCP').default(53).argParser(parser(wholeNumber(0, 65_535))),
    clusterDomain(),
  ],
  kubelet: () => [
    file('--config <file>', 'a KubeletConfiguration: eviction, reserves, images, logs, DNS and more; it wins over flags'),
    new Option('--data-dir <folder>', 'where the kubelet keeps everything').default(defaultDataDir()).argParser(path),
    nodeName(),
    new Option('--runtime <kind>', 'containerd (real containers) or simulated').choices(['containerd', 'simulated']).default('containerd'),
    new Option('--no-install', 'never install missing packages'),
    clusterCidr(),
    new Option('--cluster-dns <ip>', 'address of the cluster DNS, for pods').default('10.96.0.10').argParser(parser(ipAddress)),
    clusterDomain(),
    file('--bootstrap-kubeconfig <file>', 'how to ask for a certificate while the --kubeconfig does not exist: it is written when there is one'),
    file('--tls-cert-file <file>', 'serving certificate (default: one signed by the pki folder of the data directory)'),
    file('--tls-private-key-file <file>', 'its key'),
    file('--client-ca-file <file>', 'authority of the clients\' certificates'),
  ],
};

const about: Readonly<Record<ComponentName, readonly [description: string, example: string]>> = {
  scheduler: ['start the scheduler alone, against any API server', 'coxswain scheduler --kubeconfig admin.kubeconfig'],
  'controller-manager': ['start the controllers alone, against any API server', 'coxswain controller-manager --kubeconfig admin.kubeconfig --controllers \'*,-garbage-collector-controller\''],
  'cloud-controller-manager': ['start the controllers of the local cloud alone, against any API server: they give Services of type LoadBalancer their addresses', 'coxswain cloud-controller-manager --kubeconfig admin.kubeconfig --load-balancer-pool 192.168.1.240/28'],
  ingress: ['start the ingress controller alone, against any API server: it serves Ingresses of class coxswain.io/ingress-controller', 'coxswain ingress --kubeconfig admin.kubeconfig --listen 192.168.1.10'],
  proxy: ['start the service proxy of this machine alone, against any API server', 'coxswain proxy --kubeconfig admin.kubeconfig --proxy-mode nftables'],
  dns: ['start the cluster DNS alone, against any API server', 'coxswain dns --kubeconfig admin.kubeconfig --listen 127.0.0.1 --port 1053'],
  kubelet: ['start the kubelet of this machine alone, against any API server', 'coxswain kubelet --kubeconfig admin.kubeconfig --runtime simulated --node-name node-2 --data-dir /tmp/node-2'],
};

/** Adds a command for each component that can be started alone. */
export function addComponentCommands(root: Command): void {
  for (const name of Object.keys(about) as ComponentName[]) {
    const [description, example] = about[name];
    const command = root.command(name).description(description)
      .addOption(file('--kubeconfig <file>', 'how to reach the API server, and as whom').makeOptionMandatory())
      .addOption(new Option('--log-level <level>', 'debug, info, warn or error').choices(['debug', 'info', 'warn', 'error']).default('info'))
      .addHelpText('after', `\nExample:\n  ${example}`);
    for (const option of flagsOf[name]()) command.addOption(option);
    command.action(async (flags: ComponentFlags) => (await import('./component.ts')).runComponent(name, flags));
  }
}
