/**
 * The formats of names and other short strings, after apimachinery's `util/validation`. Each function returns what is
 * wrong with the value in upstream's words; an empty list means that it is well-formed.
 */

const encoder = new TextEncoder();

/** Bytes in UTF-8: what upstream's length limits count. */
export function byteLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length;
  return text.length;
}

export const maxLengthMessage = (length: number): string => `must be no more than ${length} characters`;
export const rangeMessage = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;
export const emptyMessage = 'must be non-empty';

/** A failed match, with the regular expression and examples as upstream prints them. */
export function regexMessage(message: string, format: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`;
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${format}')`;
}

const labelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelRegex = new RegExp(`^${labelFormat}$`);
const labelMessage = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`;
const subdomainRegex = new RegExp(`^${subdomainFormat}$`);
const subdomainMessage = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const dns1035Format = '[a-z]([-a-z0-9]*[a-z0-9])?';
const dns1035Regex = new RegExp(`^${dns1035Format}$`);

export const dnsLabelMaxLength = 63;
export const dnsSubdomainMaxLength = 253;

/** A label of DNS (RFC 1123): `my-name`, `123-abc`. */
export function dns1123Label(value: string): string[] {
  // What is well-formed is ASCII.
  if (value.length <= dnsLabelMaxLength && labelRegex.test(value)) return [];
  const errors: string[] = [];
  if (byteLength(value) > dnsLabelMaxLength) errors.push(maxLengthMessage(dnsLabelMaxLength));
  if (!labelRegex.test(value)) {
    errors.push(subdomainRegex.test(value) ? 'must not contain dots' : regexMessage(labelMessage, labelFormat, 'my-name', '123-abc'));
  }
  return errors;
}

/** Labels joined by dots: `example.com`. */
export function dns1123Subdomain(value: string): string[] {
  if (value.length <= dnsSubdomainMaxLength && subdomainRegex.test(value)) return [];
  const errors: string[] = [];
  if (byteLength(value) > dnsSubdomainMaxLength) errors.push(maxLengthMessage(dnsSubdomainMaxLength));
  if (!subdomainRegex.test(value)) errors.push(regexMessage(subdomainMessage, subdomainFormat, 'example.com'));
  return errors;
}

const underscoreLabelFormat = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscoreSubdomainFormat = `${underscoreLabelFormat}(\\.${underscoreLabelFormat})*`;
const underscoreSubdomainRegex = new RegExp(`^${underscoreSubdomainFormat}$`);

/** A subdomain that may hold underscores (search paths). */
export function dns1123SubdomainWithUnderscore(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > dnsSubdomainMaxLength) errors.push(maxLengthMessage(dnsSubdomainMaxLength));
  if (!underscoreSubdomainRegex.test(value)) errors.push(regexMessage(subdomainMessage.replace("characters, '-'", "characters, '_', '-'"), underscoreSubdomainFormat, 'example.com'));
  return errors;
}

/** A label that starts with a letter (RFC 1035): names of Services. */
export function dns1035Label(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > dnsLabelMaxLength) errors.push(maxLengthMessage(dnsLabelMaxLength));
  if (!dns1035Regex.test(value)) {
    errors.push(regexMessage("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", dns1035Format, 'my-name', 'abc-123'));
  }
  return errors;
}

const keyFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const keyRegex = new RegExp(`^${keyFormat}$`);
const keyMessage = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const keyExamples = ['MyName', 'my.name', '123-abc'] as const;
const labelValueFormat = `(${keyFormat})?`;

/** A qualified name: the key of a label, an annotation, a finalizer, a taint: `[example.com/]MyName`. */
export function qualifiedName(value: string): string[] {
  if (isPlainName(value)) return [];
  const errors: string[] = [];
  const parts = value.split('/');
  if (parts.length > 2) return [`a valid label key ${regexMessage(keyMessage, keyFormat, ...keyExamples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    if (parts[0] === '') errors.push(`prefix part ${emptyMessage}`);
    else errors.push(...dns1123Subdomain(parts[0]!).map((message) => `prefix part ${message}`));
  }
  if (name === '') errors.push(`name part ${emptyMessage}`);
  else if (byteLength(name) > 63) errors.push(`name part ${maxLengthMessage(63)}`);
  if (!keyRegex.test(name)) errors.push(`name part ${regexMessage(keyMessage, keyFormat, ...keyExamples)}`);
  return errors;
}

/** Is it well-formed at sight? */
function isPlainName(value: string): boolean {
  const slash = value.indexOf('/');
  const name = slash < 0 ? value : value.slice(slash + 1);
  if (name.length > 63 || !keyRegex.test(name)) return false;
  return slash < 0 || (slash <= dnsSubdomainMaxLength && subdomainRegex.test(value.slice(0, slash)));
}

/** A qualified name that has its prefix: `example.com/MyName`. */
export function domainPrefixedKey(value: string): string[] {
  const errors = qualifiedName(value);
  if (errors.length > 0) return errors;
  return value.includes('/') ? [] : ['must be a domain-prefixed key (such as "acme.io/foo")'];
}

/** The value of a label; may be empty. */
export function labelValue(value: string): string[] {
  if (value === '' || (value.length <= 63 && keyRegex.test(value))) return [];
  const errors: string[] = [];
  if (byteLength(value) > 63) errors.push(maxLengthMessage(63));
  if (!keyRegex.test(value)) {
    errors.push(regexMessage("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", labelValueFormat, 'MyValue', 'my_value', '12345'));
  }
  return errors;
}

/** 1 to 65535. */
export function portNumber(port: number): string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? [] : [rangeMessage(1, 65535)];
}

/** An IANA service name: up to 15 of `[-a-z0-9]`, with a letter. */
export function portName(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 15) errors.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** `12%`. */
export function percent(value: string): string[] {
  return /^[0-9]+%$/.test(value) ? [] : [regexMessage("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];
}

export function httpHeaderName(value: string): string[] {
  return /^[-A-Za-z0-9]+$/.test(value) ? [] : [regexMessage("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name')];
}

/** The name of an environment variable: any printable ASCII but `=` (relaxed since v1.34). */
export function envVarName(value: string): string[] {
  if (value === '') return [`environment variable name ${emptyMessage}`];
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(value) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** A key of a ConfigMap or Secret: a file's name. */
export function configMapKey(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > dnsSubdomainMaxLength) errors.push(maxLengthMessage(dnsSubdomainMaxLength));
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) errors.push(regexMessage("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** What may stand in a path of the API: names of RBAC roles. */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return pathSegmentPrefix(value);
}

export function pathSegmentPrefix(value: string): string[] {
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

const wildcardFormat = `\\*\\.${subdomainFormat}`;
const wildcardRegex = new RegExp(`^${wildcardFormat}$`);

/** `*.example.com`. */
export function wildcardDns1123Subdomain(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > dnsSubdomainMaxLength) errors.push(maxLengthMessage(dnsSubdomainMaxLength));
  if (!wildcardRegex.test(value)) errors.push(regexMessage("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", wildcardFormat, '*.example.com'));
  return errors;
}

/** What is wrong with a name, for kinds whose names follow a rule of their own; `prefix`: it is a generateName. */
export type NameCheck = (name: string, options: { readonly prefix?: boolean }) => string[];

/** Which rule the names of a resource follow. */
export type NameRule = 'dns-1123-subdomain' | 'dns-1123-label' | 'dns-1035-label' | 'path-segment' | NameCheck;

/** What is wrong with a name; `prefix`: it is a generateName, so a trailing dash is well. */
export function validateName(rule: NameRule, name: string, options: { readonly prefix?: boolean } = {}): string[] {
  const { prefix = false } = options;
  if (typeof rule === 'function') return rule(name, options);
  if (rule === 'path-segment') return prefix ? pathSegmentPrefix(name) : pathSegment(name);
  const checked = prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
  if (rule === 'dns-1123-label') return dns1123Label(checked);
  return rule === 'dns-1035-label' ? dns1035Label(checked) : dns1123Subdomain(checked);
}
