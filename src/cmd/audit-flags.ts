import type { AuditSettings } from '../cluster/start-options.ts';
import { flag, path, wholeNumber } from './checks.ts';
import type { Setting } from './setting.ts';

/** What is recorded of requests: kube-apiserver's own flags. */
export const auditSettings: readonly Setting<AuditSettings>[] = [
  { key: 'auditPolicyFile', flags: '--audit-policy-file <file>', description: 'which requests are recorded, and how much of them (audit.k8s.io/v1 Policy)', default: undefined, check: path },
  { key: 'auditLogPath', flags: '--audit-log-path <file>', description: 'where requests are recorded; - is standard output', default: undefined, check: (value, name) => (value === '-' ? value : path(value, name)) },
  { key: 'auditLogMaxsize', flags: '--audit-log-maxsize <megabytes>', description: 'size at which the audit log is put aside; 0: never', default: 100, check: wholeNumber(0, 1_000_000) },
  { key: 'auditLogMaxbackup', flags: '--audit-log-maxbackup <count>', description: 'audit logs put aside that are kept; 0: all', default: 0, check: wholeNumber(0, 100_000) },
  { key: 'auditLogMaxage', flags: '--audit-log-maxage <days>', description: 'days that audit logs put aside are kept; 0: for ever', default: 0, check: wholeNumber(0, 100_000) },
  { key: 'auditLogCompress', flags: '--audit-log-compress', description: 'compress audit logs that are put aside', default: false, check: flag },
  { key: 'auditWebhookConfigFile', flags: '--audit-webhook-config-file <kubeconfig>', description: 'a server that records of requests are sent to', default: undefined, check: path },
];
