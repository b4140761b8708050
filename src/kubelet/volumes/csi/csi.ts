import type { SourcePlugin } from '../volume-plugin.ts';

/** A volume of a driver that runs on the node beside the kubelet. */
export const csi: SourcePlugin = {
  field: 'csi',
  mount(context, request) {
    if (context.csi === undefined) throw new Error(`not supported: CSI volume ${JSON.stringify(request.name)} on this node`);
    return context.csi.mount(request);
  },
};
