/** Files made of keys, fields and tokens: secret, configMap, downwardAPI and projected volumes. */
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { dns1123Subdomain } from '../../meta/validation.ts';
import type { ClusterTrustBundleProjection, ConfigMapProjection, DownwardAPIVolumeFile, KeyToPath, PodCertificateProjection, ProjectedVolumeSource, ServiceAccountTokenProjection } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { Errors } from './rules.ts';
import { addFileMode, addInvalid, addLocalPath, addRequired } from './rules.ts';
import { validateFieldRef, validateResourceFieldRef } from './validate-env.ts';

const minTokenSeconds = 10 * 60;
const maxTokenSeconds = 2 ** 32;
const minCertificateSeconds = 3600;
const maxCertificateSeconds = 91 * 86_400;
const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];

function validateItem({ key = '', path: file = '', mode }: Loose<KeyToPath>, path: string, errors: Errors): void {
  addRequired(errors, `${path}.key`, key);
  addRequired(errors, `${path}.path`, file);
  addLocalPath(errors, `${path}.path`, file);
  addFileMode(errors, `${path}.mode`, mode);
}

/** Keys of a secret or a config map and the files that they become; `path` is that of the list. */
export function validateItems(items: readonly Loose<KeyToPath>[] | undefined, path: string, errors: Errors): void {
  items?.forEach((item, i) => validateItem(item, `${path}[${i}]`, errors));
}

/** One file of the downward API. Upstream's path names the volume's source, not the file. */
export function validateDownwardFile(file: Loose<DownwardAPIVolumeFile>, path: string, errors: Errors): void {
  const { path: target = '', fieldRef, resourceFieldRef, mode } = file;
  addRequired(errors, `${path}.path`, target);
  addLocalPath(errors, `${path}.path`, target);
  if (fieldRef !== undefined) {
    validateFieldRef(fieldRef, 'volume', `${path}.fieldRef`, errors);
    if (resourceFieldRef !== undefined) errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (resourceFieldRef !== undefined) {
    validateResourceFieldRef(resourceFieldRef, 'volume', `${path}.resourceFieldRef`, errors);
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  addFileMode(errors, `${path}.mode`, mode);
}

/** Files of one projected volume, where each path may be used once. */
class Paths {
  readonly #seen = new Set<string>();
  readonly #volume: string;
  readonly #errors: Errors;

  constructor(volume: string, errors: Errors) {
    this.#volume = volume;
    this.#errors = errors;
  }

  use(path: string | undefined, owner: string | undefined): void {
    if (path === undefined || path === '') return;
    if (this.#seen.has(path)) this.#errors.push(invalid(this.#volume, owner ?? '', 'conflicting duplicate paths'));
    this.#seen.add(path);
  }
}

function validateKeys(source: Loose<ConfigMapProjection>, path: string, paths: Paths, errors: Errors): void {
  addRequired(errors, `${path}.name`, source.name);
  source.items?.forEach((item, i) => {
    validateItem(item, `${path}.items[${i}]`, errors);
    paths.use(item.path, source.name);
  });
}

function validateToken(token: Loose<ServiceAccountTokenProjection>, path: string, volume: string, errors: Errors): void {
  const { expirationSeconds = 0, path: target = '' } = token;
  if (expirationSeconds < minTokenSeconds) errors.push(invalid(`${path}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  if (expirationSeconds > maxTokenSeconds) errors.push(invalid(`${path}.expirationSeconds`, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  // Upstream's path is the volume's.
  if (target === '') errors.push(required(`${volume}.path`));
  else addLocalPath(errors, `${volume}.path`, target);
}

/** `example.com/name`: a domain of at least two labels, and segments below it. */
function addSignerName(errors: Errors, path: string, name: string): void {
  if (name === '') return void errors.push(required(path));
  const segments = name.split('/');
  if (segments.length !== 2) return void errors.push(invalid(path, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"'));
  const [domain = '', signer = ''] = segments;
  addInvalid(errors, path, segments[0], dns1123Subdomain(domain));
  if (!domain.includes('.')) errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  for (const part of signer.split('.')) addInvalid(errors, path, name, dns1123Subdomain(part).map((message) => `validating label "${part}": ${message}`));
}

function validateTrustBundle(bundle: Loose<ClusterTrustBundleProjection>, path: string, paths: Paths, errors: Errors): void {
  const { name, signerName, labelSelector, path: target = '' } = bundle;
  if (name !== undefined && signerName !== undefined) errors.push(invalid(path, bundle, 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    if (name === '') errors.push(required(`${path}.name`, 'must be a valid object name'));
    // Bundles of a signer are called `example.com:signer:name`.
    const own = name.slice(name.lastIndexOf(':') + 1);
    addInvalid(errors, `${path}.name`, name, dns1123Subdomain(own).map((message) => `not a valid clustertrustbundlename: ${message}`));
    if (labelSelector !== undefined) errors.push(invalid(`${path}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'));
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${path}.signerName`, 'must be a valid signer name'));
    addSignerName(errors, `${path}.signerName`, signerName);
    errors.push(...validateLabelSelector(labelSelector as LabelSelector | undefined, `${path}.labelSelector`));
  } else {
    errors.push(required(path, 'either name or signerName must be specified'));
  }
  addRequired(errors, `${path}.path`, target);
  addLocalPath(errors, `${path}.path`, target);
  paths.use(target, target);
}

function validateCertificate(certificate: Loose<PodCertificateProjection>, path: string, paths: Paths, errors: Errors): void {
  const { signerName = '', keyType = '', maxExpirationSeconds, credentialBundlePath = '', keyPath = '', certificateChainPath = '' } = certificate;
  addSignerName(errors, `${path}.signerName`, signerName);
  if (!keyTypes.includes(keyType)) errors.push(notSupported(`${path}.keyType`, keyType, keyTypes));
  if (maxExpirationSeconds !== undefined) {
    if (maxExpirationSeconds < minCertificateSeconds) errors.push(invalid(`${path}.maxExpirationSeconds`, maxExpirationSeconds, `if provided, maxExpirationSeconds must be >= ${minCertificateSeconds}`));
    if (maxExpirationSeconds > maxCertificateSeconds) errors.push(invalid(`${path}.maxExpirationSeconds`, maxExpirationSeconds, `if provided, maxExpirationSeconds must be <= ${maxCertificateSeconds}`));
  }
  let files = 0;
  for (const [field, target] of [['credentialBundlePath', credentialBundlePath], ['keyPath', keyPath], ['certificateChainPath', certificateChainPath]] as const) {
    if (target === '') continue;
    files++;
    addLocalPath(errors, `${path}.${field}`, target);
    paths.use(target, target);
  }
  if (files === 0) errors.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
}

/** A projected volume; `path` is that of its source. */
export function validateProjected({ defaultMode, sources }: Loose<ProjectedVolumeSource>, path: string, errors: Errors): void {
  addFileMode(errors, `${path}.defaultMode`, defaultMode);
  const paths = new Paths(path, errors);
  sources?.forEach((source, i) => {
    const at = `${path}.sources[${i}]`;
    const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
    if (secret !== undefined) validateKeys(secret, `${at}.secret`, paths, errors);
    if (configMap !== undefined) validateKeys(configMap, `${at}.configMap`, paths, errors);
    for (const file of downwardAPI?.items ?? []) {
      validateDownwardFile(file, `${at}.downwardAPI`, errors);
      paths.use(file.path, file.path);
    }
    if (serviceAccountToken !== undefined) validateToken(serviceAccountToken, `${at}.serviceAccountToken`, path, errors);
    if (clusterTrustBundle !== undefined) validateTrustBundle(clusterTrustBundle, `${at}.clusterTrustBundle`, paths, errors);
    if (podCertificate !== undefined) validateCertificate(podCertificate, `${at}.podCertificate`, paths, errors);
    const given = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate].filter((one) => one !== undefined);
    if (given.length > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  });
}
