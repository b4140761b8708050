/** On the containers of a pod in which some have processors of their own: whose are which, as JSON. */
export const cpusAnnotation = 'coxswain.io/cpus';

/** Has the container processors of its own, as far as it carries with it? */
export function ownsCpus({ name, annotations }: { readonly name: string; readonly annotations: Readonly<Record<string, string>> }): boolean {
  const written = annotations[cpusAnnotation];
  return written !== undefined && Object.hasOwn(JSON.parse(written) as object, name);
}
