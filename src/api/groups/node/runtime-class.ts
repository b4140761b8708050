import type { FieldError } from '../../field-error.ts';
import { duplicate, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable, validateLabels } from '../../meta/object-meta.ts';
import { dns1123Label } from '../../meta/validation.ts';
import { deprecatedNodeLabels } from '../../pod/node-labels.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { validateResources } from '../../pod/validation/validate-resources.ts';
import { validateTolerations } from '../../pod/validation/validate-scheduling.ts';
import { runtimeclasses } from '../../resources.ts';
import type { Toleration } from '../../types/core/v1.ts';
import type { RuntimeClass, Scheduling } from '../../types/node/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

/** As Go shows its internal type. */
const shown = ({ key = '', operator = '', value = '', effect = '', tolerationSeconds }: Loose<Toleration>) => ({ Key: key, Operator: operator, Value: value, Effect: effect, TolerationSeconds: tolerationSeconds ?? null });

function validateScheduling({ nodeSelector, tolerations = [] }: Loose<Scheduling>, path: string, errors: FieldError[]): void {
  errors.push(...validateLabels(nodeSelector, `${path}.nodeSelector`));
  validateTolerations(tolerations, `${path}.tolerations`, errors);
  const seen = new Set<string>();
  tolerations.forEach((toleration, i) => {
    // For how long it is tolerated makes no difference.
    const identity = JSON.stringify({ ...shown(toleration), TolerationSeconds: null });
    if (seen.has(identity)) errors.push(duplicate(`${path}.tolerations[${i}]`, shown(toleration)));
    seen.add(identity);
  });
}

function validateRuntimeClass({ handler = '', overhead, scheduling }: Loose<RuntimeClass>): FieldError[] {
  const errors: FieldError[] = [];
  if (handler === '') errors.push(required('handler'));
  else addInvalid(errors, 'handler', handler, dns1123Label(handler));
  // Upstream checks the overhead as if it were limits.
  if (overhead !== undefined) validateResources({ limits: overhead.podFixed }, 'container', 'overhead', errors);
  if (scheduling !== undefined) validateScheduling(scheduling, 'scheduling', errors);
  return errors;
}

export const runtimeClassDefinition: ResourceDefinition<RuntimeClass> = {
  type: runtimeclasses,
  allowCreateOnUpdate: true,
  validate: validateRuntimeClass,
  update: { validateUpdate: (object, old) => [...validateRuntimeClass(object), ...validateImmutable('handler', object.handler, old.handler)] },
  warnings({ scheduling }) {
    return Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => deprecatedNodeLabels[key] ?? []).map((message) => `scheduling.nodeSelector: ${message}`);
  },
  columns: [nameColumn, column('Handler', ({ handler }) => handler), ageColumn],
};
