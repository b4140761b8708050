/** Keys and values of a flag such as `--runtime-config` or `--feature-gates`. */
export type ConfigurationMap = Readonly<Record<string, string>>;

/** Reads a flag's `key=value,key=value`; a key without a value has the empty one, a later key replaces an earlier. */
export function parseConfigurationMap(text: string): ConfigurationMap {
  const result: Record<string, string> = {};
  for (const part of text.split(',')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) result[part.trim()] = '';
    else result[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return result;
}
