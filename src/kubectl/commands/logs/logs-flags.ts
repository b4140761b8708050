import type { Call } from '../../command.ts';
import { selectorFlag } from '../../flags/common-flags.ts';
import { bool, duration, int, text } from '../../flags/flags.ts';

export const logsFlags = {
  ...selectorFlag,
  'all-containers': bool('Get all containers\' logs in the pod(s).'),
  'all-pods': bool('Get logs from all pod(s). Sets prefix to true.'),
  'container': text('Print the logs of this container', { short: 'c' }),
  'follow': bool('Specify if the logs should be streamed.', { short: 'f' }),
  'ignore-errors': bool('If watching / following pod logs, allow for any errors that occur to be non-fatal'),
  'insecure-skip-tls-verify-backend': bool('Skip verifying the identity of the kubelet that logs are requested from.  In theory, an attacker could provide invalid log content back. You might want to use this if your kubelet serving certificates have expired.'),
  'limit-bytes': int('Maximum bytes of logs to return. Defaults to no limit.'),
  'max-log-requests': int('Specify maximum number of concurrent logs to follow when using by a selector. Defaults to 5.', { initial: 5 }),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 20_000, text: '20s' }),
  'prefix': bool('Prefix each log line with the log source (pod name and container name)'),
  'previous': bool('If true, print the logs for the previous instance of the container in a pod if it exists.', { short: 'p' }),
  'since': duration('Only return logs newer than a relative duration like 5s, 2m, or 3h. Defaults to all logs. Only one of since-time / since may be used.', { initial: 0, text: '0s' }),
  'since-time': text('Only return logs after a specific date (RFC3339). Defaults to all logs. Only one of since-time / since may be used.'),
  'tail': int('Lines of recent log file to display. Defaults to -1 with no selector, showing all log lines otherwise 10, if a selector is provided.', { initial: -1 }),
  'timestamps': bool('Include timestamps on each line in the log output'),
} as const;

export type LogsCall = Call<typeof logsFlags>;
