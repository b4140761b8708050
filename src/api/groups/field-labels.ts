/** Which field labels a selector may name: what upstream's conversion functions let pass, which is not all that an object offers. */
import type { FieldSelector } from '../meta/fields.ts';
import { fieldSelectorOf } from '../meta/fields.ts';
import { SelectorError } from '../meta/labels.ts';

interface Labelled {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Older names of labels, by `group/Kind`. */
const aliases: Readonly<Record<string, Readonly<Record<string, string>>>> = { '/Pod': { 'spec.host': 'spec.nodeName' } };

/** Labels that pass though no object has a value for them. */
const empty: Readonly<Record<string, readonly string[]>> = { '/Pod': ['status.podIPs'] };

/** What objects offer but no selector may ask for. */
const hidden: Readonly<Record<string, (label: string) => boolean>> = {
  '/Namespace': (label) => label === 'name',
  '/PersistentVolume': (label) => label === 'name',
  '/PersistentVolumeClaim': (label) => label === 'name',
  '/Event': (label) => label === 'reportingController' || label.startsWith('regarding.'),
};

function refusal({ group, version, kind }: Labelled, label: string, selectable: boolean): string {
  if (!selectable) return `${JSON.stringify(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  if (group === 'batch' && kind === 'Job') return `field label ${JSON.stringify(label)} not supported for batchv1.Job`;
  if (group === 'resource.k8s.io') return `field label not supported for ${group}/${version}, Kind=${kind}: ${label}`;
  return `field label not supported: ${label}`;
}

/**
 * The selector with older labels replaced by today's. `offered`: the fields that objects of the kind have beside
 * metadata.name and metadata.namespace. Throws SelectorError, in upstream's words, for a label that the kind does not
 * know.
 */
export function convertFieldLabels(selector: FieldSelector, type: Labelled, offered: readonly string[]): FieldSelector {
  const key = `${type.group}/${type.kind}`;
  const known = offered.filter((label) => hidden[key]?.(label) !== true);
  const older = aliases[key] ?? {};
  let changed = false;
  const requirements = selector.requirements.map((requirement) => {
    const { field } = requirement;
    const newer = Object.hasOwn(older, field) ? older[field] : undefined;
    if (newer !== undefined) {
      changed = true;
      return { ...requirement, field: newer };
    }
    // Kinds that have fields of their own know of a namespace only if they have one.
    const accepted = field === 'metadata.name' || (field === 'metadata.namespace' && (type.namespaced || known.length === 0)) || known.includes(field) || empty[key]?.includes(field) === true;
    if (!accepted) throw new SelectorError(refusal(type, field, known.length > 0));
    return requirement;
  });
  return changed ? fieldSelectorOf(requirements) : selector;
}
