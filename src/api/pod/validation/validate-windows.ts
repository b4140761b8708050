/** What only Windows knows, and what Windows does not know. */
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength, dns1123Subdomain } from '../../meta/validation.ts';
import type { WindowsSecurityContextOptions } from '../../types/core/v1.ts';
import type { Errors, LooseSpec } from './rules.ts';
import { addInvalid, visitContainers } from './rules.ts';

const maxCredentialKib = 64;
const maxDomainLength = 256;
const maxUserLength = 104;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controlCharacters = /[\x00-\x1f\x7f]/;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const domainLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const domainName = new RegExp(`^${domainLabel}(?:\\.${domainLabel})*$`);
const userCharacters = /["/\\:;|=,+*?<>@[\]]/;
const dotsAndSpaces = /^[. ]+$/;

function validateUserName(name: string, path: string, errors: Errors): void {
  const wrong = (detail: string): void => void errors.push(invalid(path, name, detail));
  if (name === '') return wrong('runAsUserName cannot be an empty string');
  if (controlCharacters.test(name)) return wrong('runAsUserName cannot contain control characters');
  const parts = name.split('\\');
  if (parts.length > 2) return wrong('runAsUserName cannot contain more than one backslash');
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  if (domain !== undefined && domain.length >= maxDomainLength) wrong(`runAsUserName's Domain length must be under ${maxDomainLength} characters`);
  if (domain !== undefined && !netBios.test(domain) && !domainName.test(domain)) wrong("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') wrong("runAsUserName's User cannot be empty");
  else if (user.length > maxUserLength) wrong(`runAsUserName's User length must not be longer than ${maxUserLength} characters`);
  if (dotsAndSpaces.test(user)) wrong("runAsUserName's User cannot contain only periods or spaces");
  if (userCharacters.test(user)) wrong('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
}

export function validateWindowsOptions(options: Loose<WindowsSecurityContextOptions>, path: string, errors: Errors): void {
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  if (gmsaCredentialSpecName !== undefined) addInvalid(errors, `${path}.gmsaCredentialSpecName`, gmsaCredentialSpecName, dns1123Subdomain(gmsaCredentialSpecName));
  if (gmsaCredentialSpec === '') errors.push(invalid(`${path}.gmsaCredentialSpec`, '', 'gmsaCredentialSpec cannot be an empty string'));
  else if (gmsaCredentialSpec !== undefined && byteLength(gmsaCredentialSpec) > maxCredentialKib * 1024) {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${maxCredentialKib} KiB`));
  }
  if (runAsUserName !== undefined) validateUserName(runAsUserName, `${path}.runAsUserName`, errors);
}

/** Containers that run as processes of a Windows host: all of a pod's or none, and on the host's network. */
export function validateHostProcess(spec: LooseSpec, path: string, errors: Errors): void {
  const podValue = spec.securityContext?.windowsOptions?.hostProcess;
  const asked = (container: { readonly securityContext?: { readonly windowsOptions?: { readonly hostProcess?: boolean | undefined } | undefined } | undefined }): boolean => container.securityContext?.windowsOptions?.hostProcess !== undefined;
  if (podValue === undefined && !spec.containers?.some(asked) && !spec.initContainers?.some(asked) && !spec.ephemeralContainers?.some(asked)) return;
  let containers = 0;
  let hostProcesses = 0;
  visitContainers(spec, path, (container, at) => {
    containers++;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (podValue !== undefined && own !== undefined && podValue !== own) {
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, `pod hostProcess value must be identical if both are specified, was ${podValue}`));
    }
    if (own ?? podValue ?? false) hostProcesses++;
  });
  if (hostProcesses === 0) return;
  if (hostProcesses !== containers) errors.push(invalid(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (spec.hostNetwork !== true) errors.push(invalid(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'));
}

const linuxPodFields = ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'] as const;
const linuxContainerFields = ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const;

function validateForWindows(spec: LooseSpec, path: string, errors: Errors): void {
  const refuse = (at: string): void => void errors.push(forbidden(at, 'cannot be set for a windows pod'));
  const context = spec.securityContext ?? {};
  for (const field of linuxPodFields) if (context[field] !== undefined) refuse(`${path}.securityContext.${field}`);
  if ((context.sysctls ?? []).length > 0) refuse(`${path}.securityContext.sysctls`);
  if (spec.hostUsers !== undefined) refuse(`${path}.hostUsers`);
  if (spec.hostPID === true) refuse(`${path}.hostPID`);
  if (spec.hostIPC === true) refuse(`${path}.hostIPC`);
  if (spec.shareProcessNamespace !== undefined) refuse(`${path}.shareProcessNamespace`);
  visitContainers(spec, path, (container, at) => {
    for (const field of linuxContainerFields) if (container.securityContext?.[field] !== undefined) refuse(`${at}.securityContext.${field}`);
  });
}

function validateForLinux(spec: LooseSpec, path: string, errors: Errors): void {
  const refuse = (at: string): void => void errors.push(forbidden(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'));
  if (spec.securityContext?.windowsOptions !== undefined) refuse(path);
  visitContainers(spec, path, (container, at) => {
    if (container.securityContext?.windowsOptions !== undefined) refuse(at);
  });
}

/** A pod that names its operating system may use only what that system has. */
export function validateOs(spec: LooseSpec, path: string, errors: Errors): void {
  if (spec.os === undefined) return;
  const { name = '' } = spec.os;
  if (name === '') errors.push(required(`${path}.os.name`, 'cannot be empty'));
  else if (name === 'linux') validateForLinux(spec, path, errors);
  else if (name === 'windows') validateForWindows(spec, path, errors);
  else errors.push(notSupported(`${path}.os`, name, ['linux', 'windows']));
}
