import type { ApiServerOptions } from '../apiserver/api-server.ts';
import type { TlsPolicy } from '../apiserver/http/tls-settings.ts';
import type { ListenOptions } from '../apiserver/http/listener.ts';

/** How the API server serves and protects itself, under the names of kube-apiserver's flags. Undefined: upstream's default. */
export interface ServingSettings {
  readonly enablePriorityAndFairness?: boolean | undefined;
  readonly maxRequestsInflight?: number | undefined;
  readonly maxMutatingRequestsInflight?: number | undefined;
  /** Milliseconds, as are the others. */
  readonly requestTimeout?: number | undefined;
  readonly shutdownDelayDuration?: number | undefined;
  readonly shutdownWatchTerminationGracePeriod?: number | undefined;
  readonly profiling?: boolean | undefined;
  readonly strictTransportSecurityDirectives?: string | undefined;
  readonly tlsMinVersion?: string | undefined;
  readonly tlsCipherSuites?: string | undefined;
  readonly tlsCertFile?: string | undefined;
  readonly tlsPrivateKeyFile?: string | undefined;
  /** Each `certificate file,key file`, and `:name,name` where names are given. */
  readonly tlsSniCertKey?: readonly string[] | undefined;
  readonly clientCaFile?: string | undefined;
}

const defaultRequestTimeoutMs = 60_000;

/** How long a server that stops may take at most, milliseconds. */
export function shutdownMs(settings: ServingSettings): number {
  const { shutdownDelayDuration = 0, requestTimeout = defaultRequestTimeoutMs, shutdownWatchTerminationGracePeriod = 0 } = settings;
  return shutdownDelayDuration + requestTimeout + shutdownWatchTerminationGracePeriod;
}

export function protectionOf(settings: ServingSettings): Pick<ApiServerOptions, 'flowControl' | 'maxInFlight' | 'requestTimeoutMs' | 'profiling' | 'shutdown'> {
  const { requestTimeout = defaultRequestTimeoutMs, enablePriorityAndFairness = true } = settings;
  // Without priority and fairness, zero turns a limit off.
  const seats = (count: number): number => (count === 0 && !enablePriorityAndFairness ? Infinity : count);
  return {
    flowControl: enablePriorityAndFairness,
    maxInFlight: { reading: seats(settings.maxRequestsInflight ?? 400), writing: seats(settings.maxMutatingRequestsInflight ?? 200) },
    requestTimeoutMs: requestTimeout,
    profiling: settings.profiling ?? true,
    shutdown: { delayMs: settings.shutdownDelayDuration ?? 0, requestsMs: requestTimeout, watchesMs: settings.shutdownWatchTerminationGracePeriod ?? 0 },
  };
}

export function listenPolicyOf(settings: ServingSettings): Pick<ListenOptions, 'tls' | 'strictTransportSecurity'> {
  const tls: TlsPolicy = {
    ...(settings.tlsMinVersion !== undefined && { minVersion: settings.tlsMinVersion }),
    ...(settings.tlsCipherSuites !== undefined && { cipherSuites: settings.tlsCipherSuites.split(',') }),
  };
  const { strictTransportSecurityDirectives: directives } = settings;
  return { tls, ...(directives !== undefined && { strictTransportSecurity: directives.split(',').join('; ') }) };
}
