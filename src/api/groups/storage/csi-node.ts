import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage } from '../../meta/object-meta.ts';
import { byteLength, qualifiedName } from '../../meta/validation.ts';
import { addDriverName, addInvalid, addNonNegative, addRequired } from '../../pod/validation/rules.ts';
import { csinodes } from '../../resources.ts';
import type { CSINode, CSINodeDriver } from '../../types/storage/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

const maxNodeIdBytes = 256;

function addDriver(errors: FieldError[], path: string, driver: Loose<CSINodeDriver>, names: Set<string>): void {
  const { name = '', nodeID = '', allocatable, topologyKeys = [] } = driver;
  addDriverName(errors, `${path}.name`, name);
  addRequired(errors, `${path}.nodeID`, nodeID);
  if (byteLength(nodeID) > maxNodeIdBytes) errors.push(invalid(`${path}.nodeID`, nodeID, `must be ${maxNodeIdBytes} characters or less`));
  addNonNegative(errors, `${path}.allocatable.count`, allocatable?.count);
  if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  names.add(name);
  topologyKeys.forEach((key, i) => {
    if (key === '') errors.push(required(path));
    if (topologyKeys.indexOf(key) < i) errors.push(duplicate(path, key));
    addInvalid(errors, path, key, qualifiedName(key));
  });
}

function validateCsiNode({ spec }: Loose<CSINode>): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  spec?.drivers?.forEach((driver, i) => addDriver(errors, `spec.drivers[${i}]`, driver, names));
  return errors;
}

/** What of a driver may not change: all but how many volumes the node takes. */
const fixedParts = ({ name = '', nodeID = '', topologyKeys }: Loose<CSINodeDriver>) => ({ Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null, Allocatable: null });

function validateUpdate(object: Loose<CSINode>, old: Loose<CSINode>): FieldError[] {
  const errors = validateCsiNode(object);
  for (const before of old.spec?.drivers ?? []) {
    for (const driver of object.spec?.drivers ?? []) {
      if (driver.name !== before.name) continue;
      const fixed = fixedParts(driver);
      if (!semanticEqual(fixed, fixedParts(before))) errors.push(invalid('spec.drivers', fixed, immutableMessage));
    }
  }
  return errors;
}

export const csiNodeDefinition: ResourceDefinition<CSINode> = {
  type: csinodes,
  validate: validateCsiNode,
  update: { validateUpdate },
  columns: [nameColumn, column('Drivers', ({ spec }) => spec.drivers.length, { type: 'integer' }), ageColumn],
};
