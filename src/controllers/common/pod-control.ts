import type { KubeObject } from '../../api/meta/object.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod, PodTemplateSpec } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import { isNamespaceTerminating, messageOf } from './errors.ts';

/** Makes and deletes an owner's pods, and says so in events on the owner (upstream's RealPodControl). */
export interface PodControl<O extends KubeObject> {
  /** Rejects when the server refuses; a namespace that is being deleted gets no event. */
  create(owner: O, template: PodTemplateSpec | undefined, options?: { readonly generateName?: string }): Promise<Pod>;
  /** Rejects with NotFound, and without an event, when the pod is gone already. */
  delete(owner: O, pod: Pod): Promise<void>;
}

/** The pod that a template describes, owned by `owner`. */
export function podFromTemplate<O extends KubeObject>(owner: O, type: ResourceType<O>, template: PodTemplateSpec | undefined, generateName = `${nameOf(owner)}-`): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: namespaceOf(owner),
      generateName,
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(finalizers !== undefined && { finalizers }),
      ownerReferences: [controllerReference(owner, type)],
    },
    ...(template?.spec !== undefined && { spec: template.spec }),
  };
}

export function createPodControl<O extends KubeObject>(type: ResourceType<O>, client: Client, recorder: EventRecorder): PodControl<O> {
  return {
    async create(owner, template, { generateName } = {}) {
      try {
        const created = await client.create(pods, podFromTemplate(owner, type, template, generateName));
        recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${nameOf(created)}`);
        return created;
      } catch (error) {
        if (!isNamespaceTerminating(error)) recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        throw error;
      }
    },
    async delete(owner, pod) {
      try {
        await client.delete(pods, { namespace: namespaceOf(pod), name: nameOf(pod) });
      } catch (error) {
        if (!isReason(error, 'NotFound')) recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
      recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${nameOf(pod)}`);
    },
  };
}
