import type { FieldError } from '../../field-error.ts';
import { forbidden, notSupported, required, tooLong } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { byteLength, dns1123Label } from '../../meta/validation.ts';
import { addDomainPrefixedPath, addInvalid } from '../../pod/validation/rules.ts';
import { ingressclasses } from '../../resources.ts';
import type { IngressClass, IngressClassParametersReference } from '../../types/networking/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { addTypedReference } from './ingress-validation.ts';

const maxControllerBytes = 250;
const scopes = ['Cluster', 'Namespace'];

function addParameters(errors: FieldError[], parameters: Loose<IngressClassParametersReference>): void {
  const path = 'spec.parameters';
  const { scope, namespace } = parameters;
  addTypedReference(errors, path, parameters);
  if (scope === undefined) errors.push(required(`${path}.scope`));
  else if (!scopes.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, scopes));
  else if (scope === 'Cluster' && namespace !== undefined) errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else addInvalid(errors, `${path}.namespace`, namespace, dns1123Label(namespace));
  }
}

function validateIngressClass({ spec = {} }: Loose<IngressClass>): FieldError[] {
  const errors: FieldError[] = [];
  const { controller = '', parameters } = spec;
  if (byteLength(controller) > maxControllerBytes) errors.push(tooLong('spec.controller', maxControllerBytes));
  addDomainPrefixedPath(errors, 'spec.controller', controller);
  if (parameters !== undefined) addParameters(errors, parameters);
  return errors;
}

const rules = standardRules<IngressClass>({ status: false, generation: true });

/** Which controller serves the Ingresses that name this class. */
export const ingressClassDefinition: ResourceDefinition<IngressClass> = {
  type: ingressclasses,
  allowUnconditionalUpdate: true,
  applyDefaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  prepareForCreate: rules.prepareForCreate,
  validate: validateIngressClass,
  update: {
    ...rules.update,
    validateUpdate: (object, old) => [...validateImmutable('spec.controller', object.spec?.controller ?? '', old.spec?.controller ?? ''), ...validateIngressClass(object)],
  },
  columns: [
    nameColumn,
    column('Controller', ({ spec }) => spec?.controller ?? ''),
    column('Parameters', ({ spec }) => {
      const parameters = spec?.parameters;
      return parameters === undefined ? '<none>' : `${parameters.kind}${parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`}/${parameters.name}`;
    }),
    ageColumn,
  ],
};
