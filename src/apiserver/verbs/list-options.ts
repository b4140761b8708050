import type { FieldError } from '../../api/field-error.ts';
import { forbidden, notSupported } from '../../api/field-error.ts';
import { convertFieldLabels } from '../../api/groups/field-labels.ts';
import type { FieldSelector } from '../../api/meta/fields.ts';
import { parseFieldSelector } from '../../api/meta/fields.ts';
import { parseLabelSelector } from '../../api/meta/label-selector-parser.ts';
import type { Selector } from '../../api/meta/labels.ts';
import { SelectorError } from '../../api/meta/labels.ts';
import { ApiError, badRequestError, invalidError } from '../../api/status.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { WatchFilter } from '../cache/watcher.ts';
import { queryFlag } from '../request-info.ts';
import type { StoredResource } from '../served-resources.ts';

/** What the query of a list, watch or deletecollection says. */
export interface ListOptions {
  readonly labelSelector: Selector | undefined;
  readonly fieldSelector: FieldSelector | undefined;
  /** As given; empty when not. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

const none: ListOptions = {
  labelSelector: undefined, fieldSelector: undefined, resourceVersion: '', resourceVersionMatch: '', limit: 0, continue: '',
  allowWatchBookmarks: false, sendInitialEvents: undefined, timeoutSeconds: undefined,
};

/** As they are written; throws BadRequest for what cannot be read. */
function parseSelectors(query: URLSearchParams): Pick<ListOptions, 'labelSelector' | 'fieldSelector'> {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  try {
    const labelSelector = labels === '' ? undefined : parseLabelSelector(labels);
    const fieldSelector = fields === '' ? undefined : parseFieldSelector(fields);
    return {
      labelSelector: labelSelector?.empty === true ? undefined : labelSelector,
      fieldSelector: fieldSelector?.empty === true ? undefined : fieldSelector,
    };
  } catch (error) {
    throw error instanceof SelectorError ? badRequestError(error.message) : error;
  }
}

/** The field selector in the names that objects offer. Throws BadRequest for fields that the resource cannot be selected by. */
function convertFields(selector: FieldSelector | undefined, { schema, home }: StoredResource): FieldSelector | undefined {
  if (selector === undefined) return undefined;
  try {
    // What an empty object offers is what all offer.
    return convertFieldLabels(selector, schema, Object.keys(home.definition.selectableFields?.({ metadata: {} }) ?? {}));
  } catch (error) {
    throw error instanceof SelectorError ? badRequestError(error.message) : error;
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!/^[-+]?\d+$/.test(text)) throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (!Number.isSafeInteger(value)) throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

/**
 * Reads and checks the query of a list or watch. `name`: the one object that the path, or the selector, narrows it to.
 * Throws BadRequest, or Invalid for combinations that mean nothing, in upstream's order.
 */
export function parseListOptions(query: URLSearchParams | undefined, served: StoredResource, { watch, name }: { readonly watch: boolean; readonly name: string }): ListOptions {
  if (query === undefined || query.size === 0) return none;
  const initial = query.get('sendInitialEvents');
  const options: ListOptions = {
    ...parseSelectors(query),
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: Math.max(0, integer(query, 'limit') ?? 0),
    continue: query.get('continue') ?? '',
    allowWatchBookmarks: queryFlag(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null ? undefined : queryFlag(initial),
    timeoutSeconds: integer(query, 'timeoutSeconds'),
  };
  const errors = watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const fieldSelector = convertFields(options.fieldSelector, served);
  if (name !== '' && fieldSelector !== undefined && fieldSelector.requiredValue('metadata.name') !== name) throw badRequestError("fieldSelector metadata.name doesn't match requested name");
  return fieldSelector === options.fieldSelector ? options : { ...options, fieldSelector };
}

function listErrors(options: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersionMatch: match } = options;
  if (match !== '') {
    if (options.resourceVersion === '') errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (options.continue !== '') errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && options.resourceVersion === '0') errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors(options: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersionMatch: match } = options;
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match !== '') {
    if (options.sendInitialEvents === undefined) errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
    if (options.continue !== '') errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  }
  return errors;
}

const maxUint64 = 2 ** 64;

/** What is wrong with the text of a resource version; undefined: nothing. */
function resourceVersionError(text: string): string | undefined {
  const problem = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) >= maxUint64 ? 'value out of range' : undefined;
  return problem === undefined ? undefined : `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`;
}

/** A resource version in a query as a number. Upstream has no name for the error: 500 without a reason. */
export function parseResourceVersion(text: string): number {
  const problem = resourceVersionError(text);
  if (problem !== undefined) throw new ApiError('', problem);
  return Number(text);
}

/** As `parseResourceVersion`, for lists, which throw BadRequest. */
export function parseListResourceVersion(text: string): number {
  const problem = resourceVersionError(text);
  if (problem !== undefined) throw badRequestError(`invalid resource version: ${problem}`);
  return Number(text);
}

/** 504 for a resource version that this server has not seen yet. */
export function tooLargeResourceVersion(wanted: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  });
}

/** What of a resource a request is about: a namespace, one name, and what its selectors choose. */
export function filterOf(scope: { readonly namespace: string; readonly name: string }, options: ListOptions, served: Pick<StoredResource, 'schema' | 'custom' | 'definition'>): WatchFilter {
  const { labelSelector, fieldSelector } = options;
  const { custom } = served;
  const namespace = served.schema.namespaced ? (scope.namespace !== '' ? scope.namespace : (fieldSelector?.requiredValue('metadata.namespace') ?? '')) : '';
  const prefix = namespace === '' ? '' : `${namespace}/`;
  const name = scope.name === '' ? undefined : scope.name;
  // Most field selectors name an object: its key is enough for them.
  const byKey = fieldSelector?.requirements.every(({ field }) => field === 'metadata.name' || field === 'metadata.namespace') === true;
  const matches = labelSelector === undefined && fieldSelector === undefined && name === undefined
    ? undefined
    : (object: CachedObject): boolean =>
        (name === undefined || object.name === name)
        && (labelSelector === undefined || labelSelector.matches(object.labels))
        && (fieldSelector === undefined || fieldSelector.matches(byKey ? keyFields(object) : custom === undefined ? object.fields : { ...keyFields(object), ...served.definition.selectableFields?.(object.object) }));
  // Fields of a custom resource are those of the version that is asked for, which the cache does not know.
  const pinned = pinnedField(name, fieldSelector);
  return { prefix, matches, pinned: custom === undefined || pinned?.field === 'metadata.name' ? pinned : undefined };
}

/** Of a custom resource's filter, what can be decided by an object as it is stored, in whatever version. */
export function storedFilter(scope: { readonly namespace: string; readonly name: string }, options: ListOptions, served: StoredResource): WatchFilter {
  const byKey = options.fieldSelector?.requirements.every(({ field }) => field === 'metadata.name' || field === 'metadata.namespace') === true;
  return filterOf(scope, byKey ? options : { ...options, fieldSelector: undefined }, served);
}

const keyFields = ({ name, namespace }: CachedObject): Record<string, string> => ({ 'metadata.name': name, 'metadata.namespace': namespace });

function pinnedField(name: string | undefined, selector: FieldSelector | undefined): WatchFilter['pinned'] {
  const pinnedName = name ?? selector?.requiredValue('metadata.name');
  if (pinnedName !== undefined) return { field: 'metadata.name', value: pinnedName };
  for (const { field, operator, value } of selector?.requirements ?? []) if (operator === '=' && field !== 'metadata.namespace') return { field, value };
  return undefined;
}
