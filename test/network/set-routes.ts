import { nftTables } from '../../src/host/firewall-cleanup.ts';
import { runCommand } from '../../src/host/run-command.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { linkSubnets } from '../../src/network/links.ts';
import { BridgePodNetwork } from '../../src/network/pod-network.ts';
import { NodeRoutes } from '../../src/network/routes/node-routes.ts';
import type { NetworkNode } from '../../src/network/routes/plan.ts';
import { planRoutes } from '../../src/network/routes/plan.ts';
import { text } from 'node:stream/consumers';

/** Does on the machine that it runs on what a node does for its pods' network, and prints the plan. */
const { own, others, cniDir, clusterCidr } = JSON.parse(await text(process.stdin)) as { own: NetworkNode; others: NetworkNode[]; cniDir: string; clusterCidr: string };
const network = new BridgePodNetwork({ cniDir, run: runCommand, listNftTables: nftTables, logger: silentLogger, tools: { ip: 'ip', nft: 'nft', iptables: undefined }, clusterCidr });
await network.configure(own.podCidrs.join(','));
const plan = planRoutes(own, others, linkSubnets((name) => name.startsWith('cox')));
await new NodeRoutes({ run: runCommand, ip: 'ip' }).apply(own, plan);
process.stdout.write(JSON.stringify(plan));
