import { isReason } from '../../../api/status.ts';
import { formatTime } from '../../../base/clock.ts';
import type { Command } from '../../command.ts';
import { command } from '../../command.ts';
import { pathOf } from '../../discovery/resource.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { groupOf } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import { donePrinters } from '../../writes/done-printer.ts';

interface Condition { readonly type: string; readonly status: string }
interface Request extends AnyObject { readonly status?: { readonly conditions?: readonly Condition[] } }

const requests = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests', namespaced: false } as const;

const decisions = {
  approve: { condition: 'Approved', not: 'Denied', reason: 'KubectlApprove', message: 'This CSR was approved by kubectl certificate approve.' },
  deny: { condition: 'Denied', not: 'Approved', reason: 'KubectlDeny', message: 'This CSR was denied by kubectl certificate deny.' },
} as const;

/** Somebody else may decide at the same time. */
const maxTries = 10;

async function decide(session: Session, item: Item, { name, force }: { readonly name: keyof typeof decisions; readonly force: boolean }): Promise<void> {
  const { condition, not, reason, message } = decisions[name];
  const { kind = '', apiVersion } = item.object!;
  if (kind !== 'CertificateSigningRequest') throw new KubectlError(`can only handle CertificateSigningRequest.certificates.k8s.io objects, got ${kind}${groupOf(apiVersion) === '' ? '' : `.${groupOf(apiVersion)}`}`);
  const connection = await session.connection();
  for (let attempt = 0; ; attempt++) {
    const request = await connection.json<Request>({ method: 'GET', path: pathOf(requests, { name: item.name }) });
    const conditions = request.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === not)) throw new KubectlError(`certificate signing request ${JSON.stringify(item.name)} is already ${not}`);
    const decided = conditions.some(({ type }) => type === condition);
    if (decided && !force) return;
    const added = decided ? [] : [{ type: condition, status: 'True', reason, message, lastUpdateTime: formatTime(session.io.clock.now()) }];
    try {
      await connection.json({ method: 'PUT', path: pathOf(requests, { name: item.name, subresource: 'approval' }), body: JSON.stringify({ ...request, status: { ...request.status, conditions: [...conditions, ...added] } }) });
      return;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= maxTries) throw error;
    }
  }
}

/** `kubectl certificate approve` and `kubectl certificate deny`. */
export function decidingCommand(name: keyof typeof decisions): Command {
  const approves = name === 'approve';
  const done = approves ? 'approved' : 'denied';
  return command({
    usage: `${name} (-f FILENAME | NAME)`,
    description: approves
      ? 'Approve a certificate signing request.\n\n A signer may then issue the certificate, with all that was asked for in it: it may give whoever asked access to the cluster, or let them be whom they say. Understand what the certificate can do before you approve it.'
      : 'Deny a certificate signing request.\n\n No signer will issue the certificate.',
    examples: `
    # ${approves ? 'Approve' : 'Deny'} CSR 'csr-sqgzp'
    kubectl certificate ${name} csr-sqgzp`,
    flags: { ...fileFlags, ...outputFlags, force: bool(`Update the CSR even if it is already ${done}.`) },
    async run({ session, flags, args }) {
      const printer = (await donePrinters(session, flags, 'none'))(done);
      const inFiles = flags.filename.length > 0 || flags.kustomize !== '';
      if (args.length === 0 && !inFiles) throw new KubectlError('one or more CSRs must be specified as <name> or -f <filename>');
      const selections = [...(inFiles ? [await select(session, { files: filesOf(flags), latest: true, continueOnError: true })] : []), ...(args.length > 0 ? [await select(session, { args: ['certificatesigningrequests', ...args], continueOnError: true })] : [])];
      const errors: Error[] = [];
      let count = 0;
      for (const selected of selections) {
        for await (const item of selected.visit()) {
          try {
            await decide(session, item, { name, force: flags.force });
            count++;
            await session.io.stdout.write(printer.print(item.object!));
          } catch (error) {
            if (!(error instanceof Error)) throw error;
            errors.push(error);
          }
        }
        errors.push(...selected.errors);
      }
      throwAll(errors);
      if (count === 0) await session.io.stdout.write('No resources found\n');
    },
  });
}
