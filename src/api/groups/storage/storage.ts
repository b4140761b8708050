/** The kinds of storage.k8s.io. */
export { csiDriverDefinition } from './csi-driver.ts';
export { csiNodeDefinition } from './csi-node.ts';
export { csiStorageCapacityDefinition } from './csi-storage-capacity.ts';
export { storageClassDefinition } from './storage-class.ts';
export { volumeAttachmentDefinition } from './volume-attachment.ts';
export { volumeAttributesClassDefinition } from './volume-attributes-class.ts';
