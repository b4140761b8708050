/** The kubelet's interfaces with drivers of dynamic resources, as protobufjs has descriptors: names and numbers only. */

const claim = { fields: { namespace: { type: 'string', id: 1 }, uid: { type: 'string', id: 2 }, name: { type: 'string', id: 3 } } };
const claims = { fields: { claims: { type: 'Claim', id: 1, rule: 'repeated' } } };
const inside = <T>(names: readonly string[], nested: T): { nested: Record<string, object> } => names.reduceRight<{ nested: Record<string, object> }>((rest, name) => ({ nested: { [name]: rest } }), { nested: nested as Record<string, object> });

/** Package k8s.io.kubelet.pkg.apis.dra.v1; v1beta1 has the same messages. */
export const draPlugin = inside(['k8s', 'io', 'kubelet', 'pkg', 'apis', 'dra', 'v1'], {
  DRAPlugin: {
    methods: {
      NodePrepareResources: { requestType: 'NodePrepareResourcesRequest', responseType: 'NodePrepareResourcesResponse' },
      NodeUnprepareResources: { requestType: 'NodeUnprepareResourcesRequest', responseType: 'NodeUnprepareResourcesResponse' },
    },
  },
  Claim: claim,
  NodePrepareResourcesRequest: claims,
  NodePrepareResourcesResponse: { fields: { claims: { keyType: 'string', type: 'NodePrepareResourceResponse', id: 1 } } },
  NodePrepareResourceResponse: { fields: { devices: { type: 'Device', id: 1, rule: 'repeated' }, error: { type: 'string', id: 2 } } },
  Device: {
    fields: {
      request_names: { type: 'string', id: 1, rule: 'repeated' }, pool_name: { type: 'string', id: 2 }, device_name: { type: 'string', id: 3 },
      cdi_device_ids: { type: 'string', id: 4, rule: 'repeated' }, share_id: { type: 'string', id: 5 },
    },
  },
  NodeUnprepareResourcesRequest: claims,
  NodeUnprepareResourcesResponse: { fields: { claims: { keyType: 'string', type: 'NodeUnprepareResourceResponse', id: 1 } } },
  NodeUnprepareResourceResponse: { fields: { error: { type: 'string', id: 1 } } },
});

/** Package v1alpha1 of what drivers say of their devices' health. */
export const draHealth = inside(['v1alpha1'], {
  DRAResourceHealth: { methods: { NodeWatchResources: { requestType: 'NodeWatchResourcesRequest', responseType: 'NodeWatchResourcesResponse' } } },
  NodeWatchResourcesRequest: { fields: {} },
  HealthStatus: { values: { UNKNOWN: 0, HEALTHY: 1, UNHEALTHY: 2 } },
  DeviceIdentifier: { fields: { pool_name: { type: 'string', id: 1 }, device_name: { type: 'string', id: 2 } } },
  DeviceHealth: {
    fields: {
      device: { type: 'DeviceIdentifier', id: 1 }, health: { type: 'HealthStatus', id: 2 }, last_updated_time: { type: 'int64', id: 3 },
      health_check_timeout_seconds: { type: 'int64', id: 4 }, message: { type: 'string', id: 5 },
    },
  },
  NodeWatchResourcesResponse: { fields: { devices: { type: 'DeviceHealth', id: 1, rule: 'repeated' } } },
});
