import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from './admission.ts';

/** The plug-ins that one kind of request concerns, by phase, in their order. */
export interface AdmissionSelection {
  readonly admit: readonly AdmissionPlugin[];
  readonly validate: readonly AdmissionPlugin[];
}

/** A resource as the chain knows it; the same object each time, because what was selected is remembered by it. */
interface Resource { readonly group: string; readonly resource: string }

/**
 * All plug-ins in their order. Which of them a request concerns is found out once for each operation on each resource
 * and subresource, so that a request runs those alone.
 */
export class AdmissionChain {
  readonly plugins: readonly AdmissionPlugin[];
  #selections = new WeakMap<Resource, Map<string, AdmissionSelection>>();
  #following = false;

  /** `plugins` may be filled until the first request. */
  constructor(plugins: readonly AdmissionPlugin[]) {
    this.plugins = plugins;
  }

  select(resource: Resource, operation: AdmissionOperation, subresource: string): AdmissionSelection {
    if (!this.#following) this.#follow();
    let selections = this.#selections.get(resource);
    if (selections === undefined) this.#selections.set(resource, (selections = new Map()));
    const key = subresource === '' ? operation : `${operation}/${subresource}`;
    let selection = selections.get(key);
    if (selection === undefined) {
      const scope = { operation, group: resource.group, resource: resource.resource, subresource };
      const concerned = this.plugins.filter((plugin) => plugin.handles?.(scope) ?? true);
      selection = { admit: concerned.filter(({ admit }) => admit !== undefined), validate: concerned.filter(({ validate }) => validate !== undefined) };
      selections.set(key, selection);
    }
    return selection;
  }

  /** What was selected is forgotten when a plug-in is concerned by other requests than before. */
  #follow(): void {
    this.#following = true;
    for (const plugin of this.plugins) plugin.onHandlesChange?.(() => { this.#selections = new WeakMap(); });
  }
}

/** Runs one phase of plug-ins in order. Undefined when none of them had to wait. */
export function runPlugins(plugins: readonly AdmissionPlugin[], phase: 'admit' | 'validate', attributes: AdmissionAttributes, from = 0): Promise<void> | undefined {
  for (let i = from; i < plugins.length; i++) {
    const outcome = plugins[i]![phase]!(attributes);
    if (outcome !== undefined) return outcome.then(() => runPlugins(plugins, phase, attributes, i + 1));
  }
  return undefined;
}
