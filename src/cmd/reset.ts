import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { RealClock } from '../base/real-clock.ts';
import { LineLogger } from '../base/logger.ts';
import { Announcer } from '../cloud/providers/local/speaker/announcer.ts';
import { runChecked } from '../cluster/run-checked.ts';
import { contextName } from '../cluster/layout.ts';
import { dataDirEntries } from '../cluster/layout.ts';
import { isServing } from '../cluster/pid-file.ts';
import { hostCapabilities } from '../host/capabilities.ts';
import { hostPaths } from '../host/paths.ts';
import { reset } from '../host/reset.ts';
import { hasLink } from '../network/links.ts';
import { defaultBridge } from '../network/pod-network.ts';
import { defaultKubeconfigPath, removeFromKubeconfig } from '../pki/kubeconfig.ts';
import { IptablesBackend } from '../proxy/backends/iptables/backend.ts';
import { NftablesBackend } from '../proxy/backends/nftables/backend.ts';
import { UsageError } from './options.ts';

/** `coxswain reset`: afterwards the machine is as if Coxswain had never run. */
export async function resetMachine(dataDir: string): Promise<void> {
  const running = isServing(dataDir) ?? isServing(dataDir, 'kubeletPid');
  if (running !== undefined) throw new UsageError(`a cluster or a kubelet is running on ${dataDir} (process ${running}); stop it first: kill ${running}`);
  const clock = new RealClock();
  const logger = new LineLogger({ clock, level: 'warn', write: (line) => process.stderr.write(`${line}\n`) });
  const log = (line: string): void => { process.stdout.write(`${line}\n`); };
  const { nft, iptables, ip, linux, root } = await hostCapabilities();
  // The proxy's rules have the same names in every data directory: those of a running cluster elsewhere must stay.
  const othersBridge = !existsSync(hostPaths(dataDir).cniDir) && hasLink(defaultBridge);
  if (linux && root && !othersBridge) {
    const options = { run: runChecked, clusterCidrs: [] };
    if (nft !== undefined) await new NftablesBackend(options).cleanup();
    if (iptables !== undefined) await new IptablesBackend(options).cleanup();
    if (ip !== undefined) await new Announcer({ run: runChecked, ip, nft: nft?.path }).clear();
  }
  const { left } = await reset({ dataDir, clock, logger, entries: dataDirEntries, log });
  await removeFromKubeconfig(defaultKubeconfigPath(process.env, homedir()), { clusterName: contextName, userName: contextName, contextName });
  for (const path of left) process.stderr.write(`left in place: ${path}\n`);
  log('done: nothing of Coxswain is left on this machine');
}
