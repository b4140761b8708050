import { formatTime } from '../../../base/clock.ts';
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1035Label, dns1123Subdomain, pathSegment, portNumber } from '../../meta/validation.ts';
import { addInvalid, addRequired } from '../../pod/validation/rules.ts';
import { apiservices } from '../../resources.ts';
import type { APIService } from '../../types/apiregistration/v1.ts';
import { fromBase64 } from '../../x509/pem.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';

type Service = Loose<APIService>;
type Errors = FieldError[];

function availabilityOf({ status }: APIService): string {
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  if (available === undefined) return 'Unknown';
  return available.status === 'True' || (available.reason ?? '') === '' ? available.status : `${available.status} (${available.reason ?? ''})`;
}

/** An API service is called after the version that it serves. */
function addName(errors: Errors, { metadata, spec }: Service): void {
  const name = metadata?.name ?? '';
  const wanted = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
  if (name === '') return;
  const wrong = pathSegment(name);
  addInvalid(errors, 'metadata.name', name, wrong);
  if (wrong.length === 0 && name !== wanted) errors.push(invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`));
}

function validateApiService(object: Service): FieldError[] {
  const errors: Errors = [];
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service, caBundle = '', insecureSkipTLSVerify = false } = object.spec ?? {};
  addName(errors, object);
  if (group === '' && version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '') addInvalid(errors, 'spec.group', group, dns1123Subdomain(group));
  addInvalid(errors, 'spec.version', version, dns1035Label(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'));
  if (versionPriority <= 0 || versionPriority > 1000) errors.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  if (service === undefined) {
    if (caBundle !== '') errors.push(invalid('spec.caBundle', `${(fromBase64(caBundle) ?? []).length} bytes`, 'local APIServices may not have a caBundle'));
    if (insecureSkipTLSVerify) errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  const { namespace, name, port = 0 } = service;
  addRequired(errors, 'spec.service.namespace', namespace);
  addRequired(errors, 'spec.service.name', name);
  const wrong = portNumber(port);
  if (wrong.length > 0) errors.push(invalid('spec.service.port', port, `port is not valid: ${wrong.join(', ')}`));
  if (insecureSkipTLSVerify && caBundle !== '') errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

function validateStatus({ status }: Service): FieldError[] {
  const statuses = ['True', 'False', 'Unknown'];
  return (status?.conditions ?? []).flatMap(({ status: state = '' }, i) => (statuses.includes(state) ? [] : [notSupported(`status.conditions[${i}].status`, state, statuses)]));
}

const rules = standardRules<APIService>({ status: true, generation: false });

/** Who serves a version of a group: this server, or another behind a Service. */
export const apiServiceDefinition: ResourceDefinition<APIService> = {
  type: apiservices,
  // What the name must be depends on the spec: it is checked with the rest.
  nameRule: () => [],
  applyDefaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate(object, context) {
    rules.prepareForCreate(object, context);
    if (object.spec?.service === undefined) {
      object.status = { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: formatTime(context.nowMs), reason: 'Local', message: 'Local APIServices are always available' }] };
    }
  },
  validate: validateApiService,
  update: { ...rules.update, validateUpdate: validateApiService },
  subresources: { status: statusAloneRules({ validateUpdate: validateStatus }) },
  columns: [
    nameColumn,
    column('Service', ({ spec }) => (spec?.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`)),
    column('Available', availabilityOf),
    ageColumn,
  ],
};
