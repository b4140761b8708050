/** What a field of a configuration file may hold. Lists and maps are checked down to the last field. */
export type Shape =
  | 'string'
  | 'boolean'
  | { readonly list: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

type Tree = Readonly<Record<string, unknown>>;

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return value === null ? 'null' : typeof value === 'object' ? 'map' : typeof value;
}

/** What is wrong with a value, the path of the first offence first; undefined for none. */
function offence(value: unknown, shape: Shape, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === 'string') return typeof value === shape ? undefined : `${path}: wants a ${shape}, not a ${describe(value)}`;
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${path}: wants a list, not a ${describe(value)}`;
    for (const [index, item] of value.entries()) {
      const found = offence(item, shape.list, `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (describe(value) !== 'map') return `${path === '' ? 'the file' : path}: wants a map, not a ${describe(value)}`;
  for (const [key, inner] of Object.entries(value as Tree)) {
    const full = path === '' ? key : `${path}.${key}`;
    const known = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (known === undefined) return `strict decoding error: unknown field ${JSON.stringify(full)}`;
    const found = offence(inner, known, full);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Null stands for a field that is left out, as in Kubernetes' own decoding. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null).map(([key, inner]) => [key, withoutNulls(inner)]));
}

/**
 * Reads a configuration file of group `apiserver.config.k8s.io`, YAML or JSON, strictly: what is not in `fields` is
 * refused. Rejects with an Error of one line. The caller checks what the values mean.
 */
export async function readConfiguration(text: string, wanted: { readonly kind: string; readonly versions: readonly string[]; readonly fields: Readonly<Record<string, Shape>> }): Promise<unknown> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new Error((error as Error).message.split('\n')[0], { cause: error });
  }
  const { apiVersion, kind } = (document ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const known = wanted.versions.map((version) => `apiserver.config.k8s.io/${version}`);
  if (kind !== wanted.kind || typeof apiVersion !== 'string' || !known.includes(apiVersion)) {
    throw new Error(`wants kind ${wanted.kind} of ${known.join(' or ')}, not kind ${JSON.stringify(kind ?? '')} of ${JSON.stringify(apiVersion ?? '')}`);
  }
  const wrong = offence(document, { fields: { apiVersion: 'string', kind: 'string', ...wanted.fields } }, '');
  if (wrong !== undefined) throw new Error(wrong);
  return withoutNulls(document);
}
