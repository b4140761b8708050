import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, required, tooLong } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage } from '../../meta/object-meta.ts';
import { byteLength, dns1123Subdomain, rangeMessage } from '../../meta/validation.ts';
import { addDriverName, addInvalid } from '../../pod/validation/rules.ts';
import { volumeattachments } from '../../resources.ts';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../../types/storage/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import { validatePersistentVolumeSpec } from '../core/persistent-volume-validation.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';

const maxMetadataBytes = 256 * 1024;
const maxMessageBytes = 1024;
const oneSource = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function addSource(errors: FieldError[], path: string, { inlineVolumeSpec, persistentVolumeName }: Loose<VolumeAttachmentSource>): void {
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) errors.push(forbidden(path, oneSource));
  else if (inlineVolumeSpec !== undefined) validatePersistentVolumeSpec(inlineVolumeSpec, `${path}.inlineVolumeSpec`, errors, { inline: true });
  else if (persistentVolumeName === undefined) errors.push(required(path, oneSource));
  else if (persistentVolumeName === '') errors.push(required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName'));
}

function addVolumeError(errors: FieldError[], path: string, error: Loose<VolumeError> | undefined): void {
  if (error === undefined) return;
  const { message = '', errorCode } = error;
  // The length that is named is not the one that counts: upstream's slip.
  if (byteLength(message) > maxMessageBytes) errors.push(tooLong(`${path}.message`, maxMetadataBytes));
  if (errorCode !== undefined && errorCode < 0) errors.push(invalid(`${path}.errorCode`, errorCode, rangeMessage(0, 2 ** 31 - 1)));
}

function validateVolumeAttachment({ spec = {}, status = {} }: Loose<VolumeAttachment>): FieldError[] {
  const errors: FieldError[] = [];
  const { nodeName = '', attacher = '' } = spec;
  addDriverName(errors, 'spec.attacher', attacher);
  addSource(errors, 'spec.source', spec.source ?? {});
  addInvalid(errors, 'spec.nodeName', nodeName, dns1123Subdomain(nodeName));
  let totalBytes = 0;
  for (const [key, value] of Object.entries(status.attachmentMetadata ?? {})) totalBytes += byteLength(key) + byteLength(value);
  if (totalBytes > maxMetadataBytes) errors.push(tooLong('status.attachmentMetadata', maxMetadataBytes));
  addVolumeError(errors, 'status.attachError', status.attachError);
  addVolumeError(errors, 'status.detachError', status.detachError);
  const volumeName = spec.source?.persistentVolumeName;
  if (volumeName !== undefined) addInvalid(errors, 'spec.source.persistentVolumeName', volumeName, dns1123Subdomain(volumeName));
  return errors;
}

function validateUpdate(object: Loose<VolumeAttachment>, old: VolumeAttachment): FieldError[] {
  const errors = validateVolumeAttachment(object);
  const { attacher = '', source = {}, nodeName = '' } = object.spec ?? {};
  if (!semanticEqual(object.spec, old.spec)) {
    const shown = { Attacher: attacher, Source: { PersistentVolumeName: source.persistentVolumeName ?? null, InlineVolumeSpec: source.inlineVolumeSpec ?? null }, NodeName: nodeName };
    errors.push(invalid('spec', shown, immutableMessage));
  }
  return errors;
}

const rules = standardRules<VolumeAttachment>({ status: true, generation: false });

export const volumeAttachmentDefinition: ResourceDefinition<VolumeAttachment> = {
  type: volumeattachments,
  ...rules,
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  validate: validateVolumeAttachment,
  update: { ...rules.update, validateUpdate },
  subresources: { status: statusAloneRules({ validateUpdate }) },
  columns: [
    nameColumn,
    column('Attacher', ({ spec }) => spec.attacher, { format: 'name' }),
    column('PV', ({ spec }) => spec.source.persistentVolumeName ?? ''),
    column('Node', ({ spec }) => spec.nodeName),
    column('Attached', ({ status }) => status?.attached ?? false, { type: 'boolean' }),
    ageColumn,
  ],
};
