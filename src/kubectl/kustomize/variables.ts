import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import type { FieldSpec, Place } from './field-spec.ts';
import { atField, read, write } from './field-spec.ts';
import type { Variable } from './kustomization.ts';
import { calledEver } from './resource-list.ts';
import type { Id, Resource } from './resource.ts';
import { isClusterScoped, isSameId, isSameKind, kindText } from './resource.ts';
import { lookUp, stepsOf } from './value-path.ts';

const fieldOf = ({ fieldref }: Variable): string => (fieldref?.fieldPath ?? '') || 'metadata.name';

function idOf({ objref }: Variable): Id {
  const { apiVersion = '', group = '', version = '', kind = '', name, namespace = '' } = objref;
  const [first = '', second] = apiVersion.split('/');
  return { group: second === undefined ? group : first, version: apiVersion === '' ? version : second ?? first, kind, name, namespace };
}

/** As Go prints a variable. */
const variableText = (one: Variable): string => `{${one.name} ${kindText(idOf(one))} {${fieldOf(one)}}}`;
/** The same of one as it was written. */
export const givenText = ({ name, objref: { group, version, kind }, fieldref }: Variable): string => `{${name} ${kindText({ ...(group !== undefined && { group }), ...(version !== undefined && { version }), ...(kind !== undefined && { kind }) })} {${fieldref?.fieldPath ?? ''}}}`;

/** Takes variables into those of a build, and finds what each is read from. Throws for names that are taken. */
export function addVariables(variables: Map<string, Variable>, all: readonly Resource[], more: readonly Variable[]): void {
  for (const one of more) {
    const id = idOf(one);
    const exactly = id.namespace !== '' || isClusterScoped(id);
    const found = calledEver(all, (other) => (exactly ? isSameId(id, other) : id.name === other.name && isSameKind(id, other)));
    if (found.length > 1) throw new KubectlError(`found ${found.length} resId matches for var ${variableText(one)} (unable to disambiguate)`);
    found[0]?.variables.push(one.name);
  }
  mergeVariables(variables, more);
}

export function mergeVariables(variables: Map<string, Variable>, more: Iterable<Variable>): void {
  for (const one of more) {
    if (variables.has(one.name)) throw new KubectlError(`var '${one.name}' already encountered`);
    variables.set(one.name, one);
  }
}

function valueOf(all: readonly Resource[], variable: Variable): unknown {
  const from = all.find((one) => one.variables.includes(variable.name));
  if (from === undefined) throw new KubectlError(`var '${variableText(variable)}' cannot be mapped to a field in the set of known resources`);
  const value = lookUp(from.object, stepsOf(fieldOf(variable)).map((step) => step.replace(/^\[(\d+)\]$/, '$1')).flatMap((step) => /^(.+)\[(\d+)\]$/.exec(step)?.slice(1) ?? [step]));
  if (value === undefined) throw new KubectlError(`field specified in var '${variableText(variable)}' not found in corresponding resource`);
  return value;
}

/** `$(NAME)` in a text; `$$` is a dollar. A text that is nothing else becomes the value itself. */
function expanded(text: string, valueFor: (name: string) => unknown): unknown {
  const whole = /^\$\(([^)]*)\)$/.exec(text)?.[1];
  if (whole !== undefined) return valueFor(whole);
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (found, name: string | undefined) => (found === '$$' ? '$' : String(valueFor(name ?? '') as string)));
}

/** Puts the variables' values where fields hold their names. */
export function resolveVariables(all: readonly Resource[], variables: ReadonlyMap<string, Variable>, fields: readonly FieldSpec[]): void {
  if (variables.size === 0) return;
  const values = new Map([...variables.keys()].sort().map((name) => [name, valueOf(all, variables.get(name)!)]));
  const valueFor = (name: string): unknown => {
    const value = values.get(name);
    return value === undefined || value === null || typeof value === 'object' ? `$(${name})` : value;
  };
  const set = (place: Place): void => {
    const value = read(place);
    if (typeof value === 'string') return write(place, expanded(value, valueFor));
    if (Array.isArray(value)) {
      for (const [key, item] of (value as unknown[]).entries()) {
        if (typeof item !== 'string') throw new KubectlError('invalid value type expect a string');
        (value as unknown[])[key] = expanded(item, valueFor);
      }
    } else if (isMap(value)) for (const [key, child] of Object.entries(value)) if (typeof child === 'string') value[key] = expanded(child, valueFor);
  };
  for (const { object } of all) for (const field of fields) atField(object, field, { set });
}
