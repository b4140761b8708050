import type { Command } from 'commander';
import { Option } from 'commander';
import { nodeIps } from './checks.ts';
import { file, nodeName } from './component-flags.ts';
import type { JoinFlags } from './join.ts';
import { defaultDataDir } from './options.ts';
import { parser } from './parser.ts';
import type { CreateTokenFlags, TokenFlags } from './token.ts';

const dataDir = (): Option => new Option('--data-dir <folder>', 'where the node keeps everything').default(defaultDataDir());

/** Adds the commands by which machines become nodes of one cluster. */
export function addJoinCommands(root: Command): void {
  root.command('join').description('make this machine a node of a cluster elsewhere, in the foreground').argument('[host:port]', 'an API server of the cluster; nothing: as before')
    .option('--token <token>', 'the token that proves each to the other')
    .addOption(new Option('--discovery-token-ca-cert-hash <hash...>', 'sha256:HEX of the public key that the cluster\'s authority must have'))
    .addOption(new Option('--discovery-token-unsafe-skip-ca-verification', 'believe whoever knows the token').default(false))
    .addOption(dataDir()).addOption(nodeName())
    .addOption(new Option('--node-ip <ips>', 'address of this node, or one of each family (default: those of the default routes, of the families that pods have)').argParser(parser(nodeIps)))
    .addOption(new Option('--runtime <kind>', 'containerd (real containers) or simulated').choices(['containerd', 'simulated']).default('containerd'))
    .addOption(new Option('--proxy-mode <mode>', 'what rules of Services are written with').choices(['auto', 'nftables', 'iptables', 'none']).default('auto'))
    .addOption(new Option('--network <kind>', 'bridge (ours), or none: another\'s CNI configuration is in cni/net.d of the data directory').choices(['bridge', 'none']).default('bridge'))
    .addOption(file('--kubelet-config <file>', 'a KubeletConfiguration with what is different on this node'))
    .addOption(new Option('--no-install', 'never install missing packages'))
    .addOption(new Option('--log-level <level>', 'debug, info, warn or error').choices(['debug', 'info', 'warn', 'error']).default('warn'))
    .addHelpText('after', `
Example (the line is what \`coxswain token create --print-join-command\` prints on the first machine):
  coxswain join 192.168.1.10:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:…

Once joined, \`coxswain join\` alone starts the node again.`)
    .action(async (endpoint: string | undefined, flags: JoinFlags) => (await import('./join.ts')).join(endpoint, flags));

  const token = root.command('token').description('tokens with which machines join');
  const administrated = (command: Command): Command => command.addOption(dataDir()).addOption(file('--kubeconfig <file>', 'an administrator\'s (default: that of the data directory)'));
  administrated(token.command('create').description('make a token known, and print it').argument('[token]', 'default: a new one'))
    .addOption(new Option('--ttl <duration>', 'how long it is good; 0: for ever').default('24h0m0s'))
    .option('--description <text>', 'what it is for')
    .addOption(new Option('--usages <usages>', 'signing, authentication or both').default('signing,authentication'))
    .addOption(new Option('--groups <groups>', 'groups of who shows it (default: those that may become nodes)'))
    .addOption(new Option('--print-join-command', 'print the whole line by which a machine joins').default(false))
    .action(async (given: string | undefined, flags: CreateTokenFlags) => (await import('./token.ts')).createToken(given, flags));
  administrated(token.command('list').description('list the tokens'))
    .action(async (flags: TokenFlags) => (await import('./token.ts')).listTokens(flags));
  administrated(token.command('delete').description('make tokens unknown').argument('<tokens...>', 'tokens, or their first parts'))
    .action(async (names: string[], flags: TokenFlags) => (await import('./token.ts')).deleteTokens(names, flags));
  token.command('generate').description('print a token that nobody knows yet')
    .action(async () => (await import('./token.ts')).printToken());
}
