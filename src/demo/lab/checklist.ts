/** One step on the way from a symptom to its cause. */
export interface Hint {
  readonly question: string;
  readonly command: string;
  /** What its answer tells. */
  readonly look: string;
}

type Ask = (namespace: string) => Hint;

/** The checklist: each step as a question, the command that answers it, and how to read the answer. In a packet's order. */
export const ask = {
  apiSays: (namespace) => ({
    question: 'What does the client itself say?',
    command: `kubectl logs -n ${namespace} deploy/api --tail=5`,
    look: 'ENOTFOUND or EAI_AGAIN: the name. ECONNREFUSED: the address is reached, and nobody listens. A timeout: packets are lost on the way.',
  }),
  apiCalls: (namespace) => ({
    question: 'Which name and port does the client call?',
    command: `kubectl set env -n ${namespace} deploy/api --list`,
    look: 'Compare DB_HOST and DB_PORT, letter by letter, with what exists: kubectl get services -A',
  }),
  servicesAre: (namespace) => ({
    question: 'Which Services are there, and on which ports?',
    command: `kubectl get services -n ${namespace}`,
    look: 'The name a client calls must be one of these, and the port one of its PORT(S).',
  }),
  resolver: (namespace) => ({
    question: 'Whom do the client’s Pods ask for names?',
    command: `kubectl exec -n ${namespace} deploy/api -- cat /etc/resolv.conf`,
    look: 'The nameserver should be the cluster DNS: kubectl get service kube-dns -n kube-system',
  }),
  dnsPolicy: (namespace) => ({
    question: 'Who told them to ask that server?',
    command: `kubectl get deploy api -n ${namespace} -o jsonpath='{.spec.template.spec.dnsPolicy}{"\\n"}{.spec.template.spec.dnsConfig}{"\\n"}'`,
    look: 'ClusterFirst, and no dnsConfig, is what a client of Services wants.',
  }),
  dbEndpoints: (namespace) => ({
    question: 'Has the Service any Pods behind it?',
    command: `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=db`,
    look: 'ENDPOINTS <unset>: it selects no Pod, or none that is ready. PORTS <unset>: its targetPort is the name of no port.',
  }),
  apiEndpoints: (namespace) => ({
    question: 'Has the Service any Pods behind it?',
    command: `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=api`,
    look: 'ENDPOINTS <unset>: it selects no Pod, or none that is ready.',
  }),
  selector: (namespace) => ({
    question: 'Does the Service select the Pods?',
    command: `kubectl get service db -n ${namespace} -o wide && kubectl get pods -n ${namespace} --show-labels`,
    look: 'Every pair under SELECTOR must be among the LABELS of the Pods.',
  }),
  pods: (namespace) => ({
    question: 'Are the Pods there, and ready?',
    command: `kubectl get deployments,pods -n ${namespace}`,
    look: 'READY 0/1 means that the Service sends them nothing; no Pod at all, that nobody wants one or none may be made.',
  }),
  dbPods: (namespace) => ({
    question: 'Why are they not ready?',
    command: `kubectl describe pods -n ${namespace} -l app=db`,
    look: 'The last Events at the bottom say it.',
  }),
  apiPods: (namespace) => ({
    question: 'Why are they not ready?',
    command: `kubectl describe pods -n ${namespace} -l app=api`,
    look: 'The last Events at the bottom say it.',
  }),
  apiCrash: (namespace) => ({
    question: 'What did the container say before it ended?',
    command: `kubectl logs -n ${namespace} -l app=api --tail=20 --previous`,
    look: 'The first line that names a file or a setting.',
  }),
  replicas: (namespace) => ({
    question: 'How many Pods are wanted?',
    command: `kubectl get deploy api -n ${namespace} -o jsonpath='{.spec.replicas}{"\\n"}'`,
    look: '0 wants none, and gets none.',
  }),
  ports: (namespace) => ({
    question: 'Does the Service lead to the port on which the Pods listen?',
    command: `kubectl get service db -n ${namespace} -o jsonpath='{.spec.ports}{"\\n"}' && kubectl get deploy db -n ${namespace} -o jsonpath='{.spec.template.spec.containers[0].ports}{"\\n"}'`,
    look: 'targetPort must be the number, or the exact name, of a containerPort; port is what clients call; both with the same protocol.',
  }),
  listens: (namespace) => ({
    question: 'On which address does the process listen?',
    command: `kubectl exec -n ${namespace} deploy/db -- cat /proc/net/tcp`,
    look: 'local_address 0100007F is 127.0.0.1: only the Pod itself gets in. 00000000 is every address; 1538 is port 5432.',
  }),
  dbArguments: (namespace) => ({
    question: 'Who told it to?',
    command: `kubectl get deploy db -n ${namespace} -o jsonpath='{.spec.template.spec.containers[0].args}{"\\n"}'`,
    look: 'A server in a Pod has to listen on 0.0.0.0.',
  }),
  policies: (namespace) => ({
    question: 'Is there a NetworkPolicy between them?',
    command: `kubectl get networkpolicies -n ${namespace} -o yaml`,
    look: 'A Pod that one policy selects may do only what some policy allows. Looking up a name needs port 53, too.',
  }),
} satisfies Readonly<Record<string, Ask>>;

/** The last step, for every failure. */
export const askTheDoctor = (namespace: string, service: 'db' | 'api', fromApi: boolean): Hint => ({
  question: 'What does the doctor say?',
  command: `svcdoctor check ${namespace}/${service}${fromApi ? ` --from ${namespace}/deploy/api` : ''}`,
  look: 'It names the cause, and the command that mends it.',
});
