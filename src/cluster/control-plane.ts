import { createAdmission } from '../apiserver/admission/registry.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { openIdPaths } from '../apiserver/authentication/open-id.ts';
import { createAuthenticators } from '../apiserver/authentication/registry.ts';
import { authenticationEndpoints } from '../apiserver/authentication/reviews.ts';
import { ServiceAccountIssuer, defaultIssuer } from '../apiserver/authentication/service-account-issuer.ts';
import { tokenRequestEndpoint } from '../apiserver/authentication/token-request.ts';
import { rbacBootstrapObjects } from '../apiserver/authorization/bootstrap/objects.ts';
import { rbacEscalationCheck } from '../apiserver/authorization/rbac/escalation.ts';
import { createAuthorization } from '../apiserver/authorization/registry.ts';
import type { AuthorizationMode } from '../apiserver/authorization/registry.ts';
import { authorizationEndpoints } from '../apiserver/authorization/reviews.ts';
import { Discovery } from '../apiserver/discovery/discovery.ts';
import { OpenApi } from '../apiserver/openapi/openapi.ts';
import type { Plugged, ServerParts } from '../apiserver/options.ts';
import type { KubeletDialer } from '../apiserver/subresources/kubelet-dialer.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { startControllerManager } from '../controllers/manager.ts';
import type { Pki } from '../pki/pki.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import type { LocalClients } from './identities.ts';
import { localClients } from './identities.ts';

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly pki: Pki;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly serviceCidr: string;
  readonly clusterCidr: string;
  /** Content of the static token file. */
  readonly tokenFile?: string;
  readonly authorizationModes?: readonly AuthorizationMode[];
  readonly kubelet?: KubeletDialer;
  readonly advertise?: { readonly address: string; readonly port: number };
}

export interface ControlPlane extends AsyncDisposable {
  readonly server: ApiServer;
  readonly clients: LocalClients;
  /** Starts the scheduler and the controllers; resolves when they see the cluster. */
  startControllers(selection?: { readonly scheduler?: boolean; readonly controllers?: readonly string[] }): Promise<void>;
}

/** Who asks, may they, and what else must hold: all that shares the authorizer and the token issuer. */
function plugIn(parts: ServerParts, options: ControlPlaneOptions): Plugged {
  const { pki, clock, random } = options;
  const { reader } = parts;
  const authorization = createAuthorization({ reader, ...(options.authorizationModes !== undefined && { modes: options.authorizationModes }) });
  const { authorizer, rbac } = authorization;
  const authenticators = createAuthenticators({
    clock,
    reader,
    clientCa: pki.ca.certificate,
    requestHeader: { clientCa: pki.frontProxyCa.certificate, allowedNames: ['front-proxy-client'] },
    serviceAccount: { keys: [pki.serviceAccount.publicKey], issuers: [defaultIssuer] },
    ...(options.tokenFile !== undefined && { tokenFile: options.tokenFile }),
  });
  const admission = [...createAdmission({ reader, clock, random }), ...(rbac === undefined ? [] : [rbacEscalationCheck({ rbac, authorizer })])];
  const issuer = new ServiceAccountIssuer({ privateKey: pki.serviceAccount.privateKey, clock, random });
  return {
    authenticators,
    authorizers: [authorizer],
    admission,
    endpoints: [
      ...authenticationEndpoints({ authenticators, audiences: issuer.audiences, clock }),
      ...authorizationEndpoints(authorization),
      tokenRequestEndpoint({ reader, clock, issuer, admission }),
    ],
    paths: openIdPaths(issuer),
  };
}

/** An API server with everything that belongs to it, not yet listening; scheduler and controllers when asked for. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { store, pki, clock, random, logger } = options;
  const server = await ApiServer.start({
    store,
    clock,
    random,
    logger: logger.named('apiserver'),
    serviceCidr: options.serviceCidr,
    plugged: (parts) => plugIn(parts, options),
    documents: [(resources) => new Discovery(resources), (resources) => new OpenApi(resources)],
    bootstrapObjects: rbacBootstrapObjects(),
    ...(options.advertise !== undefined && { advertise: options.advertise }),
    ...(options.kubelet !== undefined && { kubelet: options.kubelet }),
  });
  const clients = localClients(server.local);
  const stopping = new AbortController();
  let scheduler: Scheduler | undefined;
  return {
    server,
    clients,
    async startControllers({ scheduler: withScheduler = true, controllers = ['*'] } = {}) {
      const manager = startControllerManager({
        client: clients.component('kube-controller-manager'),
        clientFor: (name) => clients.serviceAccount(name),
        clock,
        random,
        logger: logger.named('controllers'),
        signal: stopping.signal,
        controllers,
        settings: { clusterCidrs: [options.clusterCidr], rootCa: pki.ca.certificate },
      });
      if (withScheduler) {
        scheduler = new Scheduler({ client: clients.component('kube-scheduler'), clock, random, logger: logger.named('scheduler') });
        await scheduler.start();
      }
      await (await manager).ready;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the control plane was stopped'));
      await scheduler?.[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
