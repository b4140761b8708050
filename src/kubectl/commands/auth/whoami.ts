import type { UserInfo } from '../../../api/types/authentication/v1.ts';
import { isReason } from '../../../api/status.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { outputFlags, printerFor } from '../../printers/output.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import type { AnyObject } from '../../resources/item.ts';

const formats = ['go-template', 'go-template-file', 'json', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file', 'kyaml', 'name', 'template', 'templatefile', 'yaml'];

export default command({
  usage: 'whoami',
  description: 'Experimental: Check who you are and your attributes (groups, extra).',
  examples: `
    # As whom the server sees you
    kubectl auth whoami`,
  flags: outputFlags,
  async run({ session, flags }) {
    const printer = await printerFor({ output: flags.output, template: flags.template, showManagedFields: flags['show-managed-fields'], allowMissing: flags['allow-missing-template-keys'], io: session.io, allowed: formats, typed: true });
    let review: AnyObject;
    try {
      review = await (await session.connection()).json<AnyObject>({ method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} }) });
    } catch (error) {
      if (isReason(error, 'Forbidden')) throw new KubectlError('the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it', { cause: error });
      if (isReason(error, 'NotFound')) throw new KubectlError('the selfsubjectreviews API is not enabled in the cluster', { cause: error });
      throw error;
    }
    if (printer !== undefined) return session.io.stdout.write(printer.print(review));
    const { username = '', uid = '', groups = [], extra = {} } = (review['status'] as { readonly userInfo?: UserInfo } | undefined)?.userInfo ?? {};
    const out = new TabWriter();
    out.write('ATTRIBUTE\tVALUE\n');
    if (username !== '') out.write(`Username\t${username}\n`);
    if (uid !== '') out.write(`UID\t${uid}\n`);
    if (groups.length > 0) out.write(`Groups\t[${groups.join(' ')}]\n`);
    for (const key of Object.keys(extra).sort()) out.write(`Extra: ${key}\t[${(extra[key] as readonly string[]).join(' ')}]\n`);
    await session.io.stdout.write(out.flush());
  },
});
