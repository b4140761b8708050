/** Which versions the API servers of a cluster store and read. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1035Label, dns1123Subdomain, emptyMessage, qualifiedName, regexMessage } from '../../meta/validation.ts';
import { addInvalid, addRequired } from '../../pod/validation/rules.ts';
import type { ServerStorageVersion, StorageVersion, StorageVersionCondition } from '../../types/apiserverinternal/v1alpha1.ts';

type Errors = FieldError[];

/** `<group>.<resource>`. */
export function storageVersionNameErrors(name: string): string[] {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return ['name must be in the form of <group>.<resource>'];
  return [...dns1123Subdomain(name.slice(0, dot)).map((message) => `the group segment ${message}`), ...dns1035Label(name.slice(dot + 1)).map((message) => `the resource segment ${message}`)];
}

const partErrors = (part: string, value: string, check: (value: string) => string[]): string[] => (value === '' ? [`${part} part: ${emptyMessage}`] : check(value).map((message) => `${part} part: ${message}`));

function apiVersionErrors(apiVersion: string): string[] {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [`an apiVersion is ${regexMessage("a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", '[a-z]([-a-z0-9]*[a-z0-9])?', 'my-name', 'abc-123')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')`];
  return [...(parts.length === 2 ? partErrors('group', parts[0]!, dns1123Subdomain) : []), ...partErrors('version', parts.at(-1)!, dns1035Label)];
}

function addVersion(errors: Errors, path: string, version: string): void {
  const wrong = apiVersionErrors(version);
  if (wrong.length > 0) errors.push(invalid(path, version, wrong.join(',')));
}

function addServer(errors: Errors, path: string, { apiServerID = '', encodingVersion = '', decodableVersions = [], servedVersions = [] }: Loose<ServerStorageVersion>): void {
  addInvalid(errors, `${path}.apiServerID`, apiServerID, dns1123Subdomain(apiServerID));
  addVersion(errors, `${path}.encodingVersion`, encodingVersion);
  decodableVersions.forEach((version, i) => addVersion(errors, `${path}.decodableVersions[${i}]`, version));
  if (!decodableVersions.includes(encodingVersion)) errors.push(invalid(`${path}.decodableVersions`, decodableVersions, `decodableVersions must include encodingVersion ${encodingVersion}`));
  servedVersions.forEach((version, i) => {
    addVersion(errors, `${path}.servedVersions[${i}]`, version);
    if (!decodableVersions.includes(version)) errors.push(invalid(`${path}.servedVersions[${i}]`, version, `individual served version : ${version} must be included in decodableVersions : [${decodableVersions.join(' ')}]`));
  });
}

function addCommon(errors: Errors, servers: readonly Loose<ServerStorageVersion>[], common: string | undefined): void {
  const path = 'status.commonEncodingVersion';
  const [first] = servers;
  const actual = first !== undefined && servers.every(({ encodingVersion }) => encodingVersion === first.encodingVersion) ? (first.encodingVersion ?? '') : undefined;
  if (actual === common) return;
  if (actual === undefined) errors.push(invalid(path, common, 'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'));
  else if (common === undefined) errors.push(invalid(path, null, `the common encoding version is ${actual}`));
  else errors.push(invalid(path, common, `the actual common encoding version is ${actual}`));
}

function addCondition(errors: Errors, path: string, { type = '', status = '', reason = '', message = '' }: Loose<StorageVersionCondition>): void {
  addInvalid(errors, `${path}.type`, type, qualifiedName(type));
  addInvalid(errors, `${path}.status`, status, qualifiedName(status));
  if (reason === '') errors.push(required(`${path}.reason`));
  addRequired(errors, `${path}.message`, message);
}

/** What the servers write about themselves. */
export function validateStorageVersionStatus({ status }: Loose<StorageVersion>): FieldError[] {
  const errors: Errors = [];
  const { storageVersions: servers = [], conditions = [], commonEncodingVersion } = status ?? {};
  servers.forEach((server, i) => {
    const path = `status.storageVersions[${i}]`;
    if (servers.findIndex(({ apiServerID }) => apiServerID === server.apiServerID) < i) errors.push(duplicate(`${path}.apiServerID`, server.apiServerID));
    addServer(errors, path, server);
  });
  addCommon(errors, servers, commonEncodingVersion);
  conditions.forEach((condition, i) => {
    // Upstream leaves `conditions` out of these paths.
    const before = conditions.findLastIndex(({ type }, j) => j < i && type === condition.type);
    if (before >= 0) errors.push(invalid(`status[${i}].type`, condition.type, `the type of the condition is not unique, it also appears in conditions[${before}]`));
    addCondition(errors, `status[${i}]`, condition);
  });
  return errors;
}
