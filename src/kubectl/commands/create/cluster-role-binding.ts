import { text } from '../../flags/flags.ts';
import { generatedCommand } from './generated.ts';
import { rbacGroup, subjectFlags, subjectsOf } from './subject-flags.ts';

export default generatedCommand({
  usage: 'clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  failure: 'failed to create clusterrolebinding: ',
  description: 'Create a cluster role binding for a particular cluster role.',
  examples: `
    # Create a cluster role binding for user1, user2, and group1 using the cluster-admin cluster role
    kubectl create clusterrolebinding cluster-admin --clusterrole=cluster-admin --user=user1 --user=user2 --group=group1`,
  flags: { ...subjectFlags('clusterrole'), clusterrole: text('ClusterRole this ClusterRoleBinding should reference', { required: true }) },
  make({ flags }, name) {
    const subjects = subjectsOf(flags);
    return { apiVersion: `${rbacGroup}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: flags.clusterrole }, ...(subjects.length > 0 && { subjects }) };
  },
});
