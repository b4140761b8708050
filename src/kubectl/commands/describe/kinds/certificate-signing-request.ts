import { formatLabels } from '../../../../api/meta/labels.ts';
import { humanDuration } from '../../../../api/meta/time.ts';
import type { CertificateSigningRequest } from '../../../../api/types/certificates/v1.ts';
import { describer } from '../describer.ts';
import { requestOf } from '../certificate-request.ts';
import { longTime } from '../page.ts';

function statusText({ status }: CertificateSigningRequest): string {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const decided = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  return `${decided}${types.includes('Failed') ? ',Failed' : ''}${(status?.certificate ?? '') === '' ? '' : ',Issued'}`;
}

export default describer<CertificateSigningRequest>('certificates.k8s.io/v1', async (request, { page, events }) => {
  const { metadata, spec } = request;
  const { subject, names } = requestOf(Buffer.from(spec?.request ?? '', 'base64').toString('utf8'));
  page.field('Name', metadata.name);
  page.field('Labels', formatLabels(metadata.labels));
  page.field('Annotations', formatLabels(metadata.annotations));
  page.field('CreationTimestamp', longTime(metadata.creationTimestamp));
  page.field('Requesting User', spec?.username);
  if ((spec?.signerName ?? '') !== '') page.field('Signer', spec!.signerName);
  if (spec?.expirationSeconds !== undefined) page.field('Requested Duration', humanDuration(spec.expirationSeconds * 1000));
  page.field('Status', statusText(request));
  page.line(0, 'Subject:');
  page.raw(`\tCommon Name:\t${subject('CN')[0] ?? ''}\n\tSerial Number:\t${subject('2.5.4.5')[0] ?? ''}\n`);
  const values = (title: string, list: readonly string[]): void => { if (list.length > 0) page.raw(`\t${title}:\t${list.join('\n\t\t')}\n`); };
  for (const [title, key] of [['Organization', 'O'], ['Organizational Unit', 'OU'], ['Country', 'C'], ['Locality', 'L'], ['Province', 'ST'], ['StreetAddress', '2.5.4.9'], ['PostalCode', '2.5.4.17']] as const) values(title, subject(key));
  const lists = [['DNS Names', names('dns')], ['Email Addresses', names('email')], ['URIs', names('url')], ['IP Addresses', names('ip')]] as const;
  if (lists.some(([, list]) => list.length > 0)) page.line(0, 'Subject Alternative Names:');
  for (const [title, list] of lists) values(title, list);
  await events();
});
