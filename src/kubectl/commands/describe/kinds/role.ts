import type { ClusterRole, Role } from '../../../../api/types/rbac/v1.ts';
import { compactRules, resourceText, ruleText } from '../../auth/rules.ts';
import { describer } from '../describer.ts';
import { goList } from '../page.ts';

export default describer<Role | ClusterRole>('rbac.authorization.k8s.io/v1', ({ metadata, rules }, { page }) => {
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  const compact = compactRules(rules ?? []).map((rule) => ({ rule, text: ruleText(rule) })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  page.table('PolicyRule', ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'], compact.map(({ rule }) => [resourceText(rule), goList(rule.nonResourceURLs), goList(rule.resourceNames), goList(rule.verbs)]));
});
