import { formatLabels, labelSelectorAsSelector } from '../../../../api/meta/labels.ts';
import type { DaemonSet } from '../../../../api/types/apps/v1.ts';
import { describer } from '../describer.ts';
import { podsStatus, writePodTemplate } from '../pod-template.ts';

export default describer<DaemonSet>('apps/v1', async (set, describing) => {
  const { page } = describing;
  const { metadata, spec, status } = set;
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.field('Selector', labelSelectorAsSelector(spec?.selector).toString());
  page.field('Node-Selector', formatLabels(spec?.template.spec?.nodeSelector));
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.line(0, `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`);
  page.line(0, `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`);
  page.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`);
  page.line(0, `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`);
  page.line(0, `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`);
  page.field('Pods Status', await podsStatus(set, spec?.selector, describing));
  writePodTemplate(page, spec?.template);
  await describing.events();
});
