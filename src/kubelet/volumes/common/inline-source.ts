import type { Volume } from '../../../api/types/core/v1.ts';
import { mountSource } from '../source-registry.ts';
import type { DirectoryPlugin } from '../volume-plugin.ts';

/** A source that a pod names itself, without a claim. */
export function inlineSource(field: 'hostPath' | 'nfs' | 'csi'): DirectoryPlugin {
  return {
    kind: 'directory',
    field,
    async mount(context, pod, volume) {
      const mounted = await mountSource(context, { pod, name: volume.name, source: { [field]: volume[field] }, readOnly: isReadOnly(volume), mountOptions: [], isBlock: false, accessModes: [] });
      if (mounted === undefined) throw new Error(`not supported: volume ${JSON.stringify(volume.name)} of type ${field}`);
      return mounted;
    },
  };
}

function isReadOnly(volume: Volume): boolean {
  return (volume.nfs ?? volume.csi)?.readOnly === true;
}
