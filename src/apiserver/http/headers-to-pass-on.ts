import { hopByHop } from '../../base/hop-by-hop.ts';

/** True for what of a client's headers concerns the API server alone, and is not for backends to see. */
export const isWithheld = (name: string): boolean => name === 'authorization' || name.startsWith('impersonate-') || name.startsWith('x-remote-') || name.startsWith(':');

/** A client's headers as a backend may see them: credentials and what belongs to the connection are left out. */
export function headersToPassOn(headers: NodeJS.Dict<string | readonly string[]>): Record<string, string | string[]> {
  const named = String(headers['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !named.includes(name) && !isWithheld(name)) passed[name] = typeof value === 'string' ? value : [...value];
  }
  return passed;
}
