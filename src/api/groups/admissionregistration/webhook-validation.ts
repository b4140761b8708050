/** What a webhook configuration must say; mutating and validating webhooks differ in one field. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { dns1123Subdomain } from '../../meta/validation.ts';
import { addOptionalEnum } from '../../pod/validation/rules.ts';
import type { MutatingWebhook } from '../../types/admissionregistration/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { addReviewVersions, addWebhookClient, reviewVersions } from '../webhook-client.ts';
import { checkerOf } from './expression-checks.ts';
import { addMatchConditions, addRule, failurePolicies, matchPolicies, reinvocationPolicies } from './matching-rules.ts';

type Errors = FieldError[];
/** Validating webhooks have no reinvocation policy. */
type Webhook = Loose<MutatingWebhook>;
interface Configuration { readonly webhooks?: readonly Webhook[] | undefined }

const noSideEffects = ['None', 'NoneOnDryRun'];
const sideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];

/** What the old configuration got away with, the new one may keep. */
interface Options {
  readonly sideEffects: readonly string[];
  readonly knownVersion: boolean;
  readonly uniqueNames: boolean;
  readonly allowInvalidValues: boolean;
  readonly matchConditions: boolean;
}

const selectorErrors = (selector: Loose<LabelSelector> | undefined, path: string, allowInvalidValues: boolean): FieldError[] => validateLabelSelector(selector as LabelSelector | undefined, path, { allowInvalidValues });
const conditionsOf = (hooks: readonly Webhook[]): unknown[] => hooks.map(({ matchConditions = [] }) => matchConditions);

function optionsFor(hooks: readonly Webhook[], old: readonly Webhook[] | undefined): Options {
  const before = old ?? [];
  return {
    sideEffects: before.every((hook) => noSideEffects.includes(hook.sideEffects ?? '')) ? noSideEffects : sideEffects,
    knownVersion: before.every(({ admissionReviewVersions: versions = [] }) => versions.length === 0 || versions.some((version) => reviewVersions.includes(version))),
    uniqueNames: new Set(before.map(({ name }) => name)).size === before.length,
    allowInvalidValues: before.some(({ namespaceSelector, objectSelector }) => selectorErrors(namespaceSelector, '', false).length + selectorErrors(objectSelector, '', false).length > 0),
    matchConditions: old === undefined || !semanticEqual(conditionsOf(hooks), conditionsOf(before)),
  };
}

function addFullName(errors: Errors, path: string, name: string): void {
  if (name === '') return void errors.push(required(path));
  const wrong = dns1123Subdomain(name);
  if (wrong.length > 0) errors.push(invalid(path, name, wrong.join(',')));
  else if (name.split('.').length < 3) errors.push(invalid(path, name, 'should be a domain with at least three segments separated by dots'));
}

function addWebhook(errors: Errors, path: string, hook: Webhook, options: Options): void {
  addFullName(errors, `${path}.name`, hook.name ?? '');
  hook.rules?.forEach((rule, i) => addRule(errors, `${path}.rules[${i}]`, rule));
  addOptionalEnum(errors, `${path}.failurePolicy`, hook.failurePolicy, failurePolicies);
  addOptionalEnum(errors, `${path}.matchPolicy`, hook.matchPolicy, matchPolicies);
  if (hook.sideEffects === undefined) errors.push(required(`${path}.sideEffects`, `must specify one of ${options.sideEffects.join(', ')}`));
  else if (!options.sideEffects.includes(hook.sideEffects)) errors.push(notSupported(`${path}.sideEffects`, hook.sideEffects, options.sideEffects));
  const { timeoutSeconds = 10 } = hook;
  if (timeoutSeconds > 30 || timeoutSeconds < 1) errors.push(invalid(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'));
  errors.push(...selectorErrors(hook.namespaceSelector, `${path}.namespaceSelector`, options.allowInvalidValues), ...selectorErrors(hook.objectSelector, `${path}.objectSelector`, options.allowInvalidValues));
  addOptionalEnum(errors, `${path}.reinvocationPolicy`, hook.reinvocationPolicy, reinvocationPolicies);
  addWebhookClient(errors, `${path}.clientConfig`, hook.clientConfig ?? {});
  if (options.matchConditions) addMatchConditions(errors, `${path}.matchConditions`, hook.matchConditions, (hook.matchConditions ?? []).length === 0 ? undefined : checkerOf({ authorizer: true, namespaceObject: true }));
}

/** `old`: what an update replaces; what was already wrong there is let be. */
export function validateWebhooks({ webhooks = [] }: Configuration, old?: Configuration): FieldError[] {
  const errors: FieldError[] = [];
  const options = optionsFor(webhooks, old === undefined ? undefined : (old.webhooks ?? []));
  const names = new Set<string>();
  webhooks.forEach((hook, i) => {
    const { name = '', admissionReviewVersions = [] } = hook;
    addWebhook(errors, `webhooks[${i}]`, hook, options);
    addReviewVersions(errors, `webhooks[${i}].admissionReviewVersions`, admissionReviewVersions, { known: options.knownVersion, none: `must specify one of ${reviewVersions.join(', ')}` });
    if (options.uniqueNames && name !== '' && names.has(name)) errors.push(duplicate(`webhooks[${i}].name`, name));
    names.add(name);
  });
  return errors;
}
