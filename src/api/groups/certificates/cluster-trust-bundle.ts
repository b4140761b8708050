import type { FieldError } from '../../field-error.ts';
import { invalid, tooLong } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { byteLength, validateName } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { clustertrustbundles } from '../../resources.ts';
import type { ClusterTrustBundle } from '../../types/certificates/v1beta1.ts';
import { pemBlocks } from '../../x509/pem.ts';
import type { PemBlock } from '../../x509/pem.ts';
import { parseCertificate, tryParse } from '../../x509/x509.ts';
import { column, nameColumn, orNone } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { validateSignerName } from './signer-name.ts';

const path = 'spec.trustBundle';
const maxBundleBytes = 1024 * 1024;
const omitted = '<value omitted>';

function blockError({ type, headers, bytes }: PemBlock, i: number): string {
  if (type !== 'CERTIFICATE') return `entry ${i} has bad block type: ${type}`;
  if (headers > 0) return `entry ${i} has PEM block headers`;
  const parsed = tryParse(parseCertificate, bytes);
  if ('error' in parsed) return `entry ${i} does not parse as X.509`;
  return parsed.value.isCa ? '' : `entry ${i} does not have the CA bit set`;
}

function validateBundle(bundle: string): FieldError[] {
  if (byteLength(bundle) > maxBundleBytes) return [tooLong(path, maxBundleBytes)];
  const blocks = pemBlocks(bundle);
  const wrong = blocks.map(blockError).filter((message) => message !== '');
  if (wrong.length > 0) return wrong.map((message) => invalid(path, omitted, message));
  if (blocks.length === 0) return [invalid(path, omitted, 'at least one trust anchor must be provided')];
  const indices = new Map<string, number[]>();
  blocks.forEach(({ base64 }, i) => indices.set(base64, [...(indices.get(base64) ?? []), i]));
  return [...indices.values()].filter(({ length }) => length > 1).map((list) => invalid(path, omitted, `duplicate trust anchor (indices [${list.join(' ')}])`));
}

/** A bundle of a signer is called after it. */
function nameErrors(name: string, signerName: string): string[] {
  if (signerName === '') return name.includes(':') ? ['ClusterTrustBundle without signer name must not have ":" in its name'] : validateName('dns-1123-subdomain', name);
  const prefix = `${signerName.replaceAll('/', ':')}:`;
  return name.startsWith(prefix) ? validateName('dns-1123-subdomain', name.slice(prefix.length)) : [`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`];
}

/** `old`: a bundle that an update does not touch is not read again. */
function validateClusterTrustBundle({ metadata, spec = {} }: Loose<ClusterTrustBundle>, old?: Loose<ClusterTrustBundle>): FieldError[] {
  const errors: FieldError[] = [];
  const { signerName = '', trustBundle = '' } = spec;
  const name = metadata?.name ?? '';
  if (name !== '') addInvalid(errors, 'metadata.name', name, nameErrors(name, signerName));
  if (signerName !== '') errors.push(...validateSignerName('spec.signerName', signerName));
  if (old === undefined || trustBundle !== old.spec?.trustBundle) errors.push(...validateBundle(trustBundle));
  if (old !== undefined) errors.push(...validateImmutable('spec.signerName', signerName, old.spec?.signerName ?? ''));
  return errors;
}

/** Certificates of authorities that pods may trust. */
export const clusterTrustBundleDefinition: ResourceDefinition<ClusterTrustBundle> = {
  type: clustertrustbundles,
  // What a name must be depends on the signer: it is checked with the rest.
  nameRule: () => [],
  validate: (object) => validateClusterTrustBundle(object),
  update: { validateUpdate: (object, old) => validateClusterTrustBundle(object, old) },
  columns: [nameColumn, column('SignerName', ({ spec }) => orNone(spec.signerName))],
  selectableFields: (object) => ({ 'spec.signerName': (object.spec as { signerName?: string } | undefined)?.signerName ?? '' }),
};
