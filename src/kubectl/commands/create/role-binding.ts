import { KubectlError } from '../../errors.ts';
import { text } from '../../flags/flags.ts';
import { generatedCommand } from './generated.ts';
import { rbacGroup, subjectFlags, subjectsOf } from './subject-flags.ts';

export default generatedCommand({
  usage: 'rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  failure: 'failed to create rolebinding: ',
  description: 'Create a role binding for a particular role or cluster role.',
  examples: `
    # Create a role binding for user1, user2, and group1 using the admin cluster role
    kubectl create rolebinding admin --clusterrole=admin --user=user1 --user=user2 --group=group1

    # Create a role binding for service account monitoring:sa-dev using the admin role
    kubectl create rolebinding admin-binding --role=admin --serviceaccount=monitoring:sa-dev`,
  flags: { ...subjectFlags('role'), clusterrole: text('ClusterRole this RoleBinding should reference'), role: text('Role this RoleBinding should reference') },
  check({ flags: { role, clusterrole } }) {
    if ((role === '') === (clusterrole === '')) throw new KubectlError('exactly one of clusterrole or role must be specified');
  },
  make({ flags }, name) {
    const subjects = subjectsOf(flags);
    const roleRef = flags.role === '' ? { apiGroup: rbacGroup, kind: 'ClusterRole', name: flags.clusterrole } : { apiGroup: rbacGroup, kind: 'Role', name: flags.role };
    return { apiVersion: `${rbacGroup}/v1`, kind: 'RoleBinding', metadata: { name }, roleRef, ...(subjects.length > 0 && { subjects }) };
  },
});
