import { semanticEqual } from '../../meta/equal.ts';
import { formatLabels, formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { daemonsets } from '../../resources.ts';
import type { DaemonSet } from '../../types/apps/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration, keepField, statusRules } from '../strategy.ts';

/** Where apps/v1 keeps the generation of the template, which older versions had in the spec. */
export const templateGenerationKey = 'deprecated.daemonset.template.generation';

/** The generation of a daemon set's template; 0 when there is none. */
export function templateGenerationOf({ metadata }: DaemonSet): number {
  const text = metadata.annotations?.[templateGenerationKey] ?? '';
  return /^[0-9]+$/.test(text) ? Number(text) : 0;
}

function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [templateGenerationKey]: String(generation) };
}

/** Fills in what a daemon set leaves out, in place (upstream's SetDefaults_DaemonSet of apps/v1). */
export function applyDaemonSetDefaults(object: Loose<DaemonSet>): void {
  const spec = (object.spec ??= {});
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= 1;
    rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  applyPodTemplateDefaults((spec.template ??= {}));
}

const count = (name: string, of: (status: NonNullable<DaemonSet['status']>) => number | undefined) =>
  column<DaemonSet>(name, ({ status }) => (status === undefined ? 0 : (of(status) ?? 0)), { type: 'integer' });

export const daemonSetDefinition: ResourceDefinition<DaemonSet> = {
  type: daemonsets,
  allowUnconditionalUpdate: true,
  applyDefaults: applyDaemonSetDefaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    setTemplateGeneration(object, Math.max(1, templateGenerationOf(object)));
  },
  update: {
    prepareForUpdate(object, old) {
      keepField(object, old, 'status');
      bumpGeneration(object, old);
      const changed = !semanticEqual(object.spec?.template, old.spec?.template);
      setTemplateGeneration(object, templateGenerationOf(old) + Number(changed));
    },
  },
  subresources: { status: statusRules<DaemonSet>() },
  columns: [
    nameColumn,
    count('Desired', (status) => status.desiredNumberScheduled),
    count('Current', (status) => status.currentNumberScheduled),
    count('Ready', (status) => status.numberReady),
    count('Up-to-date', (status) => status.updatedNumberScheduled),
    count('Available', (status) => status.numberAvailable),
    column('Node Selector', ({ spec }) => formatLabels(spec?.template.spec?.nodeSelector)),
    ageColumn,
    ...containerColumns<DaemonSet>(({ spec }) => spec?.template.spec?.containers),
    column('Selector', ({ spec }) => formatLabelSelector(spec?.selector), { wide: true }),
  ],
};
