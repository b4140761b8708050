import type { ClusterRoleBinding, RoleBinding } from '../../../../api/types/rbac/v1.ts';
import { describer } from '../describer.ts';

export default describer<RoleBinding | ClusterRoleBinding>('rbac.authorization.k8s.io/v1', ({ metadata, roleRef, subjects = [] }, { page }) => {
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.line(0, 'Role:');
  page.field('Kind', roleRef.kind, 1);
  page.field('Name', roleRef.name, 1);
  page.table('Subjects', ['Kind', 'Name', 'Namespace'], subjects.map(({ kind, name, namespace = '' }) => [kind, name, namespace]));
});
