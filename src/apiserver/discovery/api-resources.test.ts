import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseResources } from '../serving/choose-resources.ts';
import { Discovery } from './discovery.ts';

/** `kubectl api-resources -o wide --sort-by=name` of a v1.36 cluster, grouped; "all verbs" stands for the usual eight. */
const upstream = `
NAME                               SHORTNAMES  APIVERSION                       NAMESPACED  KIND                              VERBS                                      CATEGORIES
bindings                                       v1                               true        Binding                           create
componentstatuses                  cs          v1                               false       ComponentStatus                   get,list
configmaps                         cm          v1                               true        ConfigMap                         all verbs
endpoints                          ep          v1                               true        Endpoints                         all verbs
events                             ev          v1                               true        Event                             all verbs
limitranges                        limits      v1                               true        LimitRange                        all verbs
namespaces                         ns          v1                               false       Namespace                         create,delete,get,list,patch,update,watch
nodes                              no          v1                               false       Node                              all verbs
persistentvolumeclaims             pvc         v1                               true        PersistentVolumeClaim             all verbs
persistentvolumes                  pv          v1                               false       PersistentVolume                  all verbs
pods                               po          v1                               true        Pod                               all verbs                                  all
podtemplates                                   v1                               true        PodTemplate                       all verbs
replicationcontrollers             rc          v1                               true        ReplicationController             all verbs                                  all
resourcequotas                     quota       v1                               true        ResourceQuota                     all verbs
secrets                                        v1                               true        Secret                            all verbs
serviceaccounts                    sa          v1                               true        ServiceAccount                    all verbs
services                           svc         v1                               true        Service                           all verbs                                  all
mutatingadmissionpolicies                      admissionregistration.k8s.io/v1  false       MutatingAdmissionPolicy           all verbs                                  api-extensions
mutatingadmissionpolicybindings                admissionregistration.k8s.io/v1  false       MutatingAdmissionPolicyBinding    all verbs                                  api-extensions
mutatingwebhookconfigurations                  admissionregistration.k8s.io/v1  false       MutatingWebhookConfiguration      all verbs                                  api-extensions
validatingadmissionpolicies                    admissionregistration.k8s.io/v1  false       ValidatingAdmissionPolicy         all verbs                                  api-extensions
validatingadmissionpolicybindings              admissionregistration.k8s.io/v1  false       ValidatingAdmissionPolicyBinding  all verbs                                  api-extensions
validatingwebhookconfigurations                admissionregistration.k8s.io/v1  false       ValidatingWebhookConfiguration    all verbs                                  api-extensions
customresourcedefinitions          crd,crds    apiextensions.k8s.io/v1          false       CustomResourceDefinition          all verbs                                  api-extensions
apiservices                                    apiregistration.k8s.io/v1        false       APIService                        all verbs                                  api-extensions
controllerrevisions                            apps/v1                          true        ControllerRevision                all verbs
daemonsets                         ds          apps/v1                          true        DaemonSet                         all verbs                                  all
deployments                        deploy      apps/v1                          true        Deployment                        all verbs                                  all
replicasets                        rs          apps/v1                          true        ReplicaSet                        all verbs                                  all
statefulsets                       sts         apps/v1                          true        StatefulSet                       all verbs                                  all
selfsubjectreviews                             authentication.k8s.io/v1         false       SelfSubjectReview                 create
tokenreviews                                   authentication.k8s.io/v1         false       TokenReview                       create
localsubjectaccessreviews                      authorization.k8s.io/v1          true        LocalSubjectAccessReview          create
selfsubjectaccessreviews                       authorization.k8s.io/v1          false       SelfSubjectAccessReview           create
selfsubjectrulesreviews                        authorization.k8s.io/v1          false       SelfSubjectRulesReview            create
subjectaccessreviews                           authorization.k8s.io/v1          false       SubjectAccessReview               create
horizontalpodautoscalers           hpa         autoscaling/v2                   true        HorizontalPodAutoscaler           all verbs                                  all
cronjobs                           cj          batch/v1                         true        CronJob                           all verbs                                  all
jobs                                           batch/v1                         true        Job                               all verbs                                  all
certificatesigningrequests         csr         certificates.k8s.io/v1           false       CertificateSigningRequest         all verbs
leases                                         coordination.k8s.io/v1           true        Lease                             all verbs
endpointslices                                 discovery.k8s.io/v1              true        EndpointSlice                     all verbs
events                             ev          events.k8s.io/v1                 true        Event                             all verbs
flowschemas                                    flowcontrol.apiserver.k8s.io/v1  false       FlowSchema                        all verbs
prioritylevelconfigurations                    flowcontrol.apiserver.k8s.io/v1  false       PriorityLevelConfiguration        all verbs
ingressclasses                                 networking.k8s.io/v1             false       IngressClass                      all verbs
ingresses                          ing         networking.k8s.io/v1             true        Ingress                           all verbs
ipaddresses                        ip          networking.k8s.io/v1             false       IPAddress                         all verbs
networkpolicies                    netpol      networking.k8s.io/v1             true        NetworkPolicy                     all verbs
servicecidrs                                   networking.k8s.io/v1             false       ServiceCIDR                       all verbs
runtimeclasses                                 node.k8s.io/v1                   false       RuntimeClass                      all verbs
poddisruptionbudgets               pdb         policy/v1                        true        PodDisruptionBudget               all verbs
clusterrolebindings                            rbac.authorization.k8s.io/v1     false       ClusterRoleBinding                all verbs
clusterroles                                   rbac.authorization.k8s.io/v1     false       ClusterRole                       all verbs
rolebindings                                   rbac.authorization.k8s.io/v1     true        RoleBinding                       all verbs
roles                                          rbac.authorization.k8s.io/v1     true        Role                              all verbs
deviceclasses                                  resource.k8s.io/v1               false       DeviceClass                       all verbs
resourceclaims                                 resource.k8s.io/v1               true        ResourceClaim                     all verbs
resourceclaimtemplates                         resource.k8s.io/v1               true        ResourceClaimTemplate             all verbs
resourceslices                                 resource.k8s.io/v1               false       ResourceSlice                     all verbs
priorityclasses                    pc          scheduling.k8s.io/v1             false       PriorityClass                     all verbs
csidrivers                                     storage.k8s.io/v1                false       CSIDriver                         all verbs
csinodes                                       storage.k8s.io/v1                false       CSINode                           all verbs
csistoragecapacities                           storage.k8s.io/v1                true        CSIStorageCapacity                all verbs
storageclasses                     sc          storage.k8s.io/v1                false       StorageClass                      all verbs
volumeattachments                              storage.k8s.io/v1                false       VolumeAttachment                  all verbs
volumeattributesclasses            vac         storage.k8s.io/v1                false       VolumeAttributesClass             all verbs
`;
const allVerbs = 'create,delete,deletecollection,get,list,patch,update,watch';

interface Listed { readonly name: string; readonly shortNames?: string[]; readonly namespaced: boolean; readonly kind: string; readonly verbs: string[]; readonly categories?: string[] }
interface Group { readonly name: string; readonly versions: { readonly groupVersion: string }[]; readonly preferredVersion: { readonly groupVersion: string } }

/** What kubectl makes of discovery: every resource once, in its group's preferred version or else the first that has it. */
async function apiResources(runtimeConfig: Readonly<Record<string, string>> = {}, featureGates: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { served } = await chooseResources({ runtimeConfig, featureGates });
  const discovery = new Discovery(() => served);
  const read = (path: string): unknown => JSON.parse(new TextDecoder().decode(discovery.respond(path, 'application/json')!.body));
  const groups = (read('/apis') as { groups: Group[] }).groups.map(({ name, versions }) => ({ name, paths: versions.map(({ groupVersion }) => [groupVersion, `/apis/${groupVersion}`] as const) }));
  const rows: string[] = [];
  for (const { paths } of [{ name: '', paths: [['v1', '/api/v1'] as const] }, ...groups].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const found = new Map<string, string>();
    for (const [groupVersion, path] of paths) {
      for (const { name, shortNames = [], namespaced, kind, verbs, categories = [] } of (read(path) as { resources: Listed[] }).resources) {
        if (name.includes('/') || found.has(name)) continue;
        found.set(name, [name, shortNames.join(','), groupVersion, String(namespaced), kind, verbs.join(',') === allVerbs ? 'all verbs' : verbs.join(','), categories.join(',')].join(' '));
      }
    }
    rows.push(...[...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row));
  }
  return rows.map((row) => row.replaceAll(/ +/g, ' ').trim());
}

test('kubectl api-resources lists what upstream lists by default', async () => {
  const expected = upstream.trim().split('\n').slice(1).map((row) => row.replaceAll(/ +/g, ' '));
  assert.equal(expected.length, 67);
  assert.deepEqual(await apiResources(), expected);
});

test('it follows what is turned on and off', async () => {
  const rows = await apiResources({ 'autoscaling/v2': 'false', 'scheduling.k8s.io/v1alpha2': 'true', 'batch/v1/jobs': 'false' }, { GenericWorkload: 'true' });
  assert.ok(rows.includes('horizontalpodautoscalers hpa autoscaling/v1 true HorizontalPodAutoscaler all verbs all'));
  assert.ok(rows.some((row) => row.startsWith('workloads scheduling.k8s.io/v1alpha2')));
  assert.ok(!rows.some((row) => row.startsWith('jobs ')));
});
