import { tlsCipherNames, tlsVersionNames } from '../apiserver/http/tls-settings.ts';
import type { ServingSettings } from '../cluster/serving.ts';
import { choice, duration, listOf, oneOf, path, sniCertificates, transportSecurity, wholeNumber } from './checks.ts';
import type { Setting } from './setting.ts';

/** How much is served at a time, for how long and with which certificates. */
export const servingSettings: readonly Setting<ServingSettings>[] = [
  { key: 'enablePriorityAndFairness', flags: '--enable-priority-and-fairness [yes]', description: 'API priority and fairness instead of plain limits (default: true)', default: true, check: choice },
  { key: 'maxRequestsInflight', flags: '--max-requests-inflight <count>', description: 'reading requests at a time; with priority and fairness, the sum of both counts', default: 400, check: wholeNumber(0, 1_000_000) },
  { key: 'maxMutatingRequestsInflight', flags: '--max-mutating-requests-inflight <count>', description: 'writing requests at a time', default: 200, check: wholeNumber(0, 1_000_000) },
  { key: 'requestTimeout', flags: '--request-timeout <duration>', description: 'when a request is given up (default: "1m0s")', default: undefined, check: duration },
  { key: 'profiling', flags: '--profiling [yes]', description: 'show what priority and fairness does under /debug (default: true)', default: true, check: choice },
  { key: 'shutdownDelayDuration', flags: '--shutdown-delay-duration <duration>', description: 'how long to go on serving, not ready any more, before stopping (default: "0s")', default: undefined, check: duration },
  { key: 'shutdownWatchTerminationGracePeriod', flags: '--shutdown-watch-termination-grace-period <duration>', description: 'how long watches may take to end (default: "0s")', default: undefined, check: duration },
  { key: 'tlsCertFile', flags: '--tls-cert-file <file>', description: 'certificate to serve with; read again when it changes (default: the cluster\'s own)', default: undefined, check: path },
  { key: 'tlsPrivateKeyFile', flags: '--tls-private-key-file <file>', description: 'private key of --tls-cert-file', default: undefined, check: path },
  { key: 'tlsSniCertKey', flags: '--tls-sni-cert-key <pair>', description: 'certificate,key or certificate,key:name,name for clients that ask for these names; may be given several times', default: undefined, check: sniCertificates, repeated: true },
  { key: 'clientCaFile', flags: '--client-ca-file <file>', description: 'authorities of client certificates, beside the cluster\'s own; read again when it changes', default: undefined, check: path },
  { key: 'tlsMinVersion', flags: '--tls-min-version <version>', description: `${tlsVersionNames.join(' or ')}`, default: 'VersionTLS12', check: oneOf(...tlsVersionNames) },
  { key: 'tlsCipherSuites', flags: '--tls-cipher-suites <suites>', description: 'comma-separated IANA names of cipher suites (default: Node\'s choice)', default: undefined, check: listOf(tlsCipherNames) },
  { key: 'strictTransportSecurityDirectives', flags: '--strict-transport-security-directives <directives>', description: 'comma-separated: max-age=seconds, includeSubDomains, preload', default: undefined, check: transportSecurity },
];
