import type { JwtIssuer } from '../apiserver/authentication/oidc/configuration.ts';
import type { AuthorizerSettings } from '../apiserver/authorization/registry.ts';
import type { ControllerSettings } from '../controllers/common/settings.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Pki } from '../pki/pki.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import type { ConfigFile } from './reloaded-file.ts';
import type { ServingSettings } from './serving.ts';

/** Where a start tells how far it is. */
export interface ProgressSink {
  ready(what: string): void;
  done(text: string): void;
  doing(text: string): void;
  note(text: string): void;
}

/** What is recorded of requests, and where it goes. */
export interface AuditSettings {
  readonly auditPolicyFile?: string | undefined;
  readonly auditLogPath?: string | undefined;
  /** Megabytes; 0: never put aside. Default 100. */
  readonly auditLogMaxsize?: number | undefined;
  /** How many that were put aside are kept; 0, the default: all. */
  readonly auditLogMaxbackup?: number | undefined;
  /** Days that they are kept; 0, the default: for ever. */
  readonly auditLogMaxage?: number | undefined;
  readonly auditLogCompress?: boolean | undefined;
  /** A kubeconfig. */
  readonly auditWebhookConfigFile?: string | undefined;
}

/** Which admission plug-ins run, and how: kube-apiserver's flags. */
export interface AdmissionFlags {
  /** Names, separated by commas: on beside those that are on by default. */
  readonly enableAdmissionPlugins?: string | undefined;
  readonly disableAdmissionPlugins?: string | undefined;
  /** An AdmissionConfiguration. */
  readonly admissionControlConfigFile?: string | undefined;
  /** How long pods stay on a node that is not ready, seconds. Default 300. */
  readonly defaultNotReadyTolerationSeconds?: number | undefined;
  readonly defaultUnreachableTolerationSeconds?: number | undefined;
}

/** Whether any of them says something else than by default. */
export function hasAdmissionFlags(flags: AdmissionFlags): boolean {
  const { enableAdmissionPlugins, disableAdmissionPlugins, admissionControlConfigFile, defaultNotReadyTolerationSeconds = 300, defaultUnreachableTolerationSeconds = 300 } = flags;
  return [enableAdmissionPlugins, disableAdmissionPlugins, admissionControlConfigFile].some((one) => one !== undefined) || defaultNotReadyTolerationSeconds !== 300 || defaultUnreachableTolerationSeconds !== 300;
}

/** What a user chooses of a cluster. The command line adds to it only what is the command line's. */
export interface ClusterSettings extends AdmissionFlags, AuditSettings, ServingSettings {
  readonly dataDir: string;
  readonly port: number;
  readonly bindAddress: string;
  /** By which other machines and all pods reach this one. Default: what it is bound to, or the machine's own. */
  readonly advertiseAddress?: string | undefined;
  readonly store: 'sqlite' | 'memory';
  readonly runtime: 'auto' | 'containerd' | 'simulated' | 'none';
  /** Nodes in all; those beyond the first are simulated. */
  readonly nodes: number;
  /** A file that lists simulated nodes by groups, instead of `nodes`. */
  readonly nodeConfig?: string | undefined;
  readonly nodeName: string;
  /** A KubeletConfiguration for the node of this machine. */
  readonly kubeletConfig?: string | undefined;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDomain: string;
  /** A TracingConfiguration. */
  readonly tracingConfigFile?: string | undefined;
  /** An EncryptionConfiguration. */
  readonly encryptionProviderConfig?: string | undefined;
  /** Whether that is read again when it changes. Default false. */
  readonly encryptionProviderConfigAutomaticReload?: boolean | undefined;
  readonly writeKubeconfig: string | undefined;
  /** False: what is missing is reported, never installed. */
  readonly install: boolean;
  /** API versions to turn on or off, as kube-apiserver's flag of this name. Undefined: what upstream serves. */
  readonly runtimeConfig?: Readonly<Record<string, string>> | undefined;
  readonly featureGates?: Readonly<Record<string, string>> | undefined;
  readonly proxyMode: 'auto' | 'nftables' | 'iptables' | 'none';
  /** Where Services of type LoadBalancer get their addresses from; undefined: nobody gives them any. */
  readonly loadBalancerPool?: readonly string[] | undefined;
  /** None: another's CNI plugins make the pods' network, its routes and its policies. Default bridge: ours. */
  readonly network?: 'bridge' | 'none';
  /** How controllers behave, where that is not as usual. */
  readonly controllerSettings?: Partial<ControllerSettings>;
  /** Whether the real node serves Ingresses. Default false. */
  readonly ingress?: boolean;
}

/** Configurations of access that are followed: when a file changes, so does who is let in. */
export interface AccessFiles {
  readonly authentication?: ConfigFile<readonly JwtIssuer[]>;
  readonly authorization?: ConfigFile<readonly AuthorizerSettings[]>;
}

/** What starting it takes beside that. */
export interface StartOptions extends ClusterSettings {
  /** The path of the static token file, which is read again when it changes. */
  readonly tokenFile: string | undefined;
  /** Who else may be proven, and how, and what they may do. Default: the cluster's own tokens; Node and RBAC. */
  readonly access?: NonNullable<ControlPlaneOptions['access']> & { readonly files?: AccessFiles };
  /** The flags of the command, as /flagz shows them. Undefined: it does not. */
  readonly flags?: Readonly<Record<string, string>>;
  /** False: the control plane alone. */
  readonly node: boolean;
  readonly controllers?: boolean;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly progress: ProgressSink;
}

/** What the nodes of a cluster need beside the options of its start. */
export interface NodesOptions extends StartOptions {
  readonly pki: Pki;
  readonly controlPlane: ControlPlane;
}
