/** How objects are converted between versions. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { CustomResourceConversion } from '../../types/apiextensions/v1.ts';
import { fromBase64, pemBlocks } from '../../x509/pem.ts';
import { parseCertificate, tryParse } from '../../x509/x509.ts';
import { addReviewVersions, addWebhookClient, reviewVersions } from '../webhook-client.ts';

type Errors = FieldError[];

/** Is there one that the API server speaks, or none at all? */
export const hasKnownReviewVersion = (versions: readonly string[]): boolean => versions.length === 0 || versions.some((version) => reviewVersions.includes(version));

/** What is wrong with certificates (base64 of PEM) that a client would trust; empty when nothing is. */
function bundleError(base64: string): string {
  const blocks = pemBlocks(new TextDecoder().decode(fromBase64(base64) ?? new Uint8Array())).filter(({ type, headers }) => type === 'CERTIFICATE' && headers === 0);
  if (blocks.length === 0) return 'unable to load root certificates: unable to parse bytes as PEM block';
  const parsed = blocks.map(({ bytes }) => tryParse(parseCertificate, bytes));
  const wrong = parsed.find((one) => 'error' in one);
  return wrong === undefined || parsed.some((one) => 'value' in one) ? '' : `unable to load root certificates: failed to parse certificate: ${(wrong as { error: string }).error}`;
}

export const isBadBundle = (base64: string): boolean => bundleError(base64) !== '';

/** The paths are those of v1beta1, which had no object `webhook`. */
export function addConversion(errors: Errors, path: string, { strategy = '', webhook }: Loose<CustomResourceConversion>, { knownReviewVersion, badBundle }: { readonly knownReviewVersion: boolean; readonly badBundle: boolean }): void {
  const client = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  const clientPath = `${path}.webhookClientConfig`;
  if (strategy === '') errors.push(required(`${path}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook') errors.push(notSupported(`${path}.strategy`, strategy, ['None', 'Webhook']));
  if (strategy !== 'Webhook') {
    if (client !== undefined) errors.push(forbidden(clientPath, 'should not be set when strategy is not set to Webhook'));
    if (versions.length > 0) errors.push(forbidden(`${path}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'));
    return;
  }
  if (client === undefined) errors.push(required(clientPath, 'required when strategy is set to Webhook'));
  else {
    addWebhookClient(errors, clientPath, client);
    const wrong = badBundle || (client.caBundle ?? '') === '' ? '' : bundleError(client.caBundle!);
    if (wrong !== '') errors.push(invalid(`${clientPath}.caBundle`, client.caBundle, wrong));
  }
  addReviewVersions(errors, `${path}.conversionReviewVersions`, versions, { known: knownReviewVersion });
}
