import { readFile } from 'node:fs/promises';
import type { AuditSink } from '../apiserver/audit/audit.ts';
import type { AuditPolicy } from '../apiserver/audit/policy.ts';
import { parseAuditPolicy } from '../apiserver/audit/policy.ts';
import { days, LogFileSink } from '../apiserver/audit/sinks/log-file.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { AuditSettings } from './start-options.ts';

/** Upstream's defaults for the batches of an audit webhook. */
const webhookBatch = { maxBatch: 400, maxWaitMs: 30_000, bufferSize: 10_000, initialBackoffMs: 10_000 };

/** Reads the policy and opens what requests are recorded to. Rejects with an Error of one line that names the setting. */
export async function openAudit(settings: AuditSettings & { readonly clock: Clock; readonly random: Random; readonly logger: Logger }): Promise<{ readonly policy: AuditPolicy; readonly sinks: readonly AuditSink[] }> {
  const { auditPolicyFile: policyFile, auditLogPath: path, auditWebhookConfigFile: webhook, clock, random, logger: all } = settings;
  if (policyFile === undefined) throw new Error('--audit-policy-file is missing: without it nothing is recorded to the audit log or webhook');
  if (path === undefined && webhook === undefined) throw new Error('--audit-policy-file alone records nothing: give --audit-log-path or --audit-webhook-config-file, too');
  const policy = await readPolicy(policyFile);
  const logger = all.named('audit');
  const sinks: AuditSink[] = [];
  if (path !== undefined) {
    const { auditLogMaxsize = 100, auditLogMaxbackup = 0, auditLogMaxage = 0, auditLogCompress = false } = settings;
    sinks.push(await LogFileSink.open({ path, maxBytes: auditLogMaxsize * 1024 * 1024, maxBackups: auditLogMaxbackup, maxAgeMs: days(auditLogMaxage), compress: auditLogCompress, clock, logger })
      .catch((error: unknown) => { throw new Error(`--audit-log-path: ${(error as Error).message}`, { cause: error }); }));
  }
  if (webhook !== undefined) {
    const [{ WebhookSink }, { loadKubeconfig }, { createHttpClient }] = await Promise.all([import('../apiserver/audit/sinks/webhook.ts'), import('../client/kubeconfig.ts'), import('../client/transports/http.ts')]);
    const connection = await loadKubeconfig(webhook).catch((error: unknown) => { throw new Error(`--audit-webhook-config-file: ${(error as Error).message}`, { cause: error }); });
    const client = createHttpClient({ ...connection, clock, random });
    sinks.push(new WebhookSink({ ...webhookBatch, clock, logger, send: (list) => client.raw('POST', '', list) }));
  }
  return { policy, sinks };
}

async function readPolicy(file: string): Promise<AuditPolicy> {
  try {
    const { parse } = await import('yaml');
    return parseAuditPolicy(parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Error(`--audit-policy-file ${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}
