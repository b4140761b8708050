import type { CSINode } from '../../../../api/types/storage/v1.ts';
import { describer } from '../describer.ts';
import { goList, longTime } from '../page.ts';

export default describer<CSINode>('storage.k8s.io/v1', async ({ metadata, spec }, { page, events }) => {
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('CreationTimestamp', longTime(metadata.creationTimestamp));
  page.line(0, 'Spec:');
  const drivers = spec?.drivers as typeof spec['drivers'] | null | undefined;
  if (drivers !== undefined && drivers !== null) page.line(1, 'Drivers:');
  for (const { name, nodeID, allocatable, topologyKeys } of drivers ?? []) {
    page.line(2, `${name}:`);
    page.field('Node ID', nodeID, 3);
    if (allocatable?.count !== undefined) {
      page.line(3, 'Allocatables:');
      page.field('Count', allocatable.count, 4);
    }
    if (topologyKeys !== undefined && topologyKeys !== null) page.field('Topology Keys', goList(topologyKeys), 3);
  }
  await events();
});
