/** CustomResourceDefinitions for loads. */
export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const description = 'What a field of a real definition says of itself takes about as much room as this sentence, and often more than that, for people like to explain things.';

/** A schema whose JSON takes about so many bytes: objects of a dozen fields each, in a few levels, as generated definitions have them. */
function schemaOf(bytes: number): object {
  const leaf = { type: 'string', description, maxLength: 253 };
  const group = { type: 'object', description, required: ['field0'], properties: Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`field${i}`, i % 4 === 3 ? { type: 'array', description, items: { type: 'integer', format: 'int32', minimum: 0 } } : leaf])) };
  const groups = Math.max(1, Math.round(bytes / JSON.stringify(group).length));
  const sections = Math.ceil(groups / 20);
  const section = (at: number): object => ({ type: 'object', description, properties: Object.fromEntries(Array.from({ length: Math.min(20, groups - at * 20) }, (_, i) => [`group${i}`, group])) });
  return { type: 'object', properties: { spec: { type: 'object', properties: Object.fromEntries(Array.from({ length: sections }, (_, at) => [`section${at}`, section(at)])) }, status: { type: 'object', properties: { phase: { type: 'string' } } } } };
}

/** A namespaced kind `KIND` in `bench.example.com/v1` whose schema takes about so many bytes. */
export function definitionBody(kind: string, schemaBytes: number): object {
  const plural = `${kind.toLowerCase()}s`;
  const schema = schemaOf(schemaBytes);
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.bench.example.com` },
    spec: { group: 'bench.example.com', scope: 'Namespaced', names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` }, versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } }] },
  };
}
