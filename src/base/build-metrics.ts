import type { InstantGauge } from './metrics-text.ts';
import { versionInfo } from './version-info.ts';

/** What runs here. */
export function buildMetrics(): InstantGauge[] {
  const { buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion, major, minor, platform } = versionInfo;
  const labels = { build_date: buildDate, compiler, git_commit: gitCommit, git_tree_state: gitTreeState, git_version: gitVersion, go_version: goVersion, major, minor, platform };
  return [{ name: 'kubernetes_build_info', help: '[BETA] A metric with a constant \'1\' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.', read: () => [[labels, 1]] }];
}
