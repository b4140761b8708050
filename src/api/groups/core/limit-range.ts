import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { compareQuantity, milliValue } from '../../meta/quantity.ts';
import { qualifiedName } from '../../meta/validation.ts';
import { isOvercommitAllowed } from '../../pod/validation/resource-names.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { validateContainerResourceName, validateResourceName } from '../../pod/validation/validate-resources.ts';
import { limitranges } from '../../resources.ts';
import type { LimitRange, LimitRangeItem } from '../../types/core/v1.ts';
import { createdAtColumns } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { roundQuantities } from './container-defaults.ts';

type Limit = Loose<LimitRangeItem>;

const types = ['Pod', 'Container', 'PersistentVolumeClaim'];
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** What a container is given that says nothing: the most it may have, and as request what it is limited to, or the least. */
function applyDefaults({ spec }: Loose<LimitRange>): void {
  for (const limit of spec?.limits ?? []) {
    if (limit.type === 'Container') {
      const given = { ...limit.max, ...limit.default };
      const requests = { ...limit.min, ...given, ...limit.defaultRequest };
      if (Object.keys(given).length > 0) limit.default = given;
      if (Object.keys(requests).length > 0) limit.defaultRequest = requests;
    }
    for (const list of lists) roundQuantities(limit[list]);
  }
}

function validateType(type: string, path: string, errors: FieldError[]): void {
  const wrong = qualifiedName(type);
  addInvalid(errors, path, type, wrong);
  if (wrong.length === 0 && !type.includes('/') && !types.includes(type)) errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'));
}

/** What the amounts of one resource must be to each other. */
function validateAmounts(name: string, { min = {}, max = {}, default: defaults = {}, defaultRequest: requests = {}, maxLimitRequestRatio: ratios = {} }: Limit, path: string, errors: FieldError[]): void {
  // A resource may have a name that every object of JavaScript answers to.
  const [least, most, limit, request, ratio] = [min, max, defaults, requests, ratios].map((amounts) => (Object.hasOwn(amounts, name) ? amounts[name] : undefined));
  const above = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && compareQuantity(a, b) > 0;
  const wrong = (list: (typeof lists)[number], value: string | undefined, detail: string): void => void errors.push(invalid(`${path}.${list}[${name}]`, value, detail));
  if (above(least, most)) wrong('min', least, `min value ${least} is greater than max value ${most}`);
  if (above(least, request)) wrong('defaultRequest', request, `min value ${least} is greater than default request value ${request}`);
  if (above(request, most)) wrong('defaultRequest', request, `default request value ${request} is greater than max value ${most}`);
  if (above(request, limit)) wrong('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`);
  // Upstream shows the bound here, not the default.
  if (above(least, limit)) wrong('default', least, `min value ${least} is greater than default value ${limit}`);
  if (above(limit, most)) wrong('default', most, `default value ${limit} is greater than max value ${most}`);
  if (above('1', ratio)) wrong('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`);
  if (ratio !== undefined && least !== undefined && most !== undefined) {
    const widest = milliValue(most) / milliValue(least);
    if (milliValue(ratio) / 1000 > widest) wrong('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${widest.toFixed(6)}`);
  }
  if (!isOvercommitAllowed(name) && limit !== undefined && request !== undefined && compareQuantity(limit, request) !== 0) {
    wrong('defaultRequest', request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`);
  }
}

function validateLimit(limit: Limit, path: string, errors: FieldError[]): void {
  const { type = '' } = limit;
  const ofPods = type === 'Pod';
  const names = new Set<string>();
  const visit = (list: (typeof lists)[number]): void => {
    for (const name of Object.keys(limit[list] ?? {})) {
      const at = `${path}.${list}[${name}]`;
      if (ofPods || type === 'Container') validateContainerResourceName(name, at, errors);
      else validateResourceName(name, at, errors);
      names.add(name);
    }
  };
  visit('max');
  visit('min');
  for (const list of ['default', 'defaultRequest'] as const) {
    if (!ofPods) visit(list);
    else if (Object.keys(limit[list] ?? {}).length > 0) errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
  }
  if (type === 'PersistentVolumeClaim' && limit.min?.['storage'] === undefined && limit.max?.['storage'] === undefined) {
    errors.push(required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
  }
  visit('maxLimitRequestRatio');
  const { default: _default, defaultRequest: _request, ...bounds } = limit;
  for (const name of names) validateAmounts(name, ofPods ? bounds : limit, path, errors);
}

function validateLimitRange({ spec }: Loose<LimitRange>): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  spec?.limits?.forEach((limit, i) => {
    const { type = '' } = limit;
    const path = `spec.limits[${i}]`;
    validateType(type, `${path}.type`, errors);
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    validateLimit(limit, path, errors);
  });
  return errors;
}

export const limitRangeDefinition: ResourceDefinition<LimitRange> = {
  type: limitranges,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  applyDefaults,
  validate: validateLimitRange,
  update: { validateUpdate: validateLimitRange },
  columns: createdAtColumns,
};
