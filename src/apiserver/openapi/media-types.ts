/** The media types that operations take and give, as the documents state them. */

export const objectTypes: readonly string[] = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
/** Those of custom resources. */
export const customTypes: readonly string[] = ['application/json', 'application/yaml'];
export const watchTypes: readonly string[] = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

/** Custom resources have no strategic merge patch. */
export function patchTypes(strategic: boolean): readonly string[] {
  return ['application/json-patch+json', 'application/merge-patch+json', ...(strategic ? ['application/strategic-merge-patch+json'] : []), 'application/apply-patch+yaml'];
}

export const codeTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' };
