import { parseTime } from '../../../api/meta/time.ts';
import { KubectlError } from '../../errors.ts';
import type { LogsCall } from './logs-flags.ts';

/** With a selector, so many lines of each pod, unless the user says how many. */
const selectorTail = 10;

/** What the server is asked for. Throws KubectlError for a time that is none. */
export function logQuery({ flags, given }: Pick<LogsCall, 'flags' | 'given'>): Record<string, string> {
  if (flags['since-time'] !== '' && parseTime(flags['since-time']) === undefined) throw new KubectlError(`parsing time ${JSON.stringify(flags['since-time'])} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(flags['since-time'])} as "2006"`);
  const tail = flags.selector !== '' && flags.tail === -1 && !given.has('tail') ? selectorTail : flags.tail;
  return {
    ...(flags.follow && { follow: 'true' }),
    ...(flags.previous && { previous: 'true' }),
    ...(flags.timestamps && { timestamps: 'true' }),
    ...(flags['insecure-skip-tls-verify-backend'] && { insecureSkipTLSVerifyBackend: 'true' }),
    ...(flags['since-time'] !== '' && { sinceTime: flags['since-time'] }),
    ...(flags.since !== 0 && { sinceSeconds: String(Math.round(flags.since / 1000)) }),
    ...(flags['limit-bytes'] !== 0 && { limitBytes: String(flags['limit-bytes']) }),
    ...(tail !== -1 && { tailLines: String(tail) }),
  };
}
