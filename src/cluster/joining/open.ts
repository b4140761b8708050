import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Pki } from '../../pki/pki.ts';
import { certificateAuthority } from '../certificate-authority.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { JoinSettings } from './publish.ts';
import { joinAccess, nodeAgentAccess, publishForJoining } from './publish.ts';
import { startServingApprover } from './serving-approver.ts';

export interface OpenOptions extends Omit<JoinSettings, 'authority'> {
  readonly controlPlane: ControlPlane;
  readonly pki: Pki;
  readonly address: string;
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** False: an API server alone, whose controllers run elsewhere. */
  readonly controllers?: boolean;
}

/** Lets machines join a cluster whose API server they can reach: the `kubernetes` Service leads to that address from now on. */
export async function openForJoining({ controlPlane: { server, clients }, pki, address, port, clock, random, logger, controllers = true, ...settings }: OpenOptions): Promise<Disposable> {
  await server.advertise({ address, port });
  await server.ensure([...joinAccess, ...nodeAgentAccess]);
  await publishForJoining(clients.administrator(), { ...settings, authority: pki.ca.certificate });
  if (!controllers) return { [Symbol.dispose]: () => {} };
  return startServingApprover({ client: clients.administrator(), authority: certificateAuthority(pki.ca, clock), clock, random, logger });
}
