import type { FieldError } from '../../../api/field-error.ts';
import { duplicate, invalid } from '../../../api/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../../api/meta/validation.ts';
import type { Level, LevelVersion, Policy } from '../../../api/pod-security/policy.ts';
import { levelError, parseVersion, versionError } from '../../../api/pod-security/policy.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { decodeConfiguration, listOf, recordOf, strings, text } from '../decode-configuration.ts';

/** What the plug-in does where a namespace says nothing, and whom it never looks at. */
export interface PodSecuritySettings {
  readonly defaults: Policy;
  readonly exemptUsers: ReadonlySet<string>;
  readonly exemptNamespaces: ReadonlySet<string>;
  readonly exemptRuntimeClasses: ReadonlySet<string>;
}

const modes = ['enforce', 'audit', 'warn'] as const;

function exemptions(field: string, names: readonly string[], problem: (name: string) => string, errors: FieldError[]): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    const path = `exemptions.${field}[${i}]`;
    const wrong = problem(name);
    if (wrong !== '') errors.push(invalid(path, name, wrong));
    else if (seen.has(name)) errors.push(duplicate(path, name));
    else seen.add(name);
  }
  return seen;
}

/** From a PodSecurityConfiguration of pod-security.admission.config.k8s.io; undefined: the defaults. Throws ConfigurationError. */
export function podSecuritySettings(configuration: PluginConfiguration | undefined): PodSecuritySettings {
  return decodeConfiguration(configuration, { group: 'pod-security.admission.config.k8s.io', versions: ['v1', 'v1beta1', 'v1alpha1'], kind: 'PodSecurityConfiguration' }, ({ defaults, exemptions: exempt, ...rest }, errors) => {
    recordOf(rest, 'configuration', []);
    const given = recordOf(defaults ?? {}, 'defaults', modes.flatMap((mode) => [mode, `${mode}-version`]));
    const modeOf = (mode: (typeof modes)[number]): LevelVersion => {
      const level = text(given[mode] ?? '', `defaults.${mode}`) || 'privileged';
      const version = text(given[`${mode}-version`] ?? '', `defaults.${mode}-version`) || 'latest';
      const [wrongLevel, wrongVersion] = [levelError(level), versionError(version)];
      if (wrongLevel !== undefined) errors.push(invalid(`defaults.${mode}`, level, wrongLevel));
      if (wrongVersion !== undefined) errors.push(invalid(`defaults.${mode}-version`, version, wrongVersion));
      return { level: level as Level, version: parseVersion(version) };
    };
    const [enforce, warn, audit] = [modeOf('enforce'), modeOf('warn'), modeOf('audit')];
    const lists = recordOf(exempt ?? {}, 'exemptions', ['usernames', 'namespaces', 'runtimeClasses']);
    const named = (field: string): readonly string[] => strings(listOf(lists[field] ?? [], `exemptions.${field}`), `exemptions.${field}`);
    return {
      defaults: { enforce, audit, warn },
      exemptNamespaces: exemptions('namespaces', named('namespaces'), (name) => dns1123Label(name).join(', '), errors),
      exemptRuntimeClasses: exemptions('runtimeClasses', named('runtimeClasses'), (name) => dns1123Subdomain(name).join(', '), errors),
      exemptUsers: exemptions('usernames', named('usernames'), (name) => (name === '' ? 'username must not be empty' : ''), errors),
    };
  });
}
