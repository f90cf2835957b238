//! What the estate is reported by, and the audit log of its cluster.

pub(crate) const CONTROLS: &str = "
list:
  id: acme
  version: 1
  title: Controls of Acme
  entity: Acme
  approved: {by: [Board], on: 2026-06-20}
  valid: {from: 2026-06-25}
controls:
  - id: AC-01
    title: Programs stay what they are
    statement: Nobody runs commands through a web server; each such event is looked at within four hours.
    owner: platform
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.1, CC6.8]
    evidence: {rules: {names: [Shell started by a web server, Log file emptied, Shell history removed]}, sources: [syscall]}
    targets: {acknowledge: {critical: 4h, error: 4h}}
  - id: CM-01
    title: Changes go through the pipeline
    statement: Workloads are changed by the pipeline only.
    owner: platform
    frequency: per-event
    type: detective
    nature: it-dependent
    satisfies: [CC8.1]
    evidence: {rules: {names: [Workload changed outside the pipeline]}, sources: [k8s_audit], populations: [changes]}
  - id: MO-01
    title: The estate is watched
    statement: Each node is watched without a break.
    owner: security
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC7.2]
    evidence: {sources: [syscall], populations: [observation-gaps, nodes]}
";

pub(crate) const ACCEPTANCES: &str = "
acceptances:
  - id: ACC-1
    control: AC-01
    rule: Shell history removed
    subject: {user.name: [root]}
    reason: The nightly job clears the history of its own account until it is moved.
    requester: carol
    approver: dave
    ticket: OPS-12
    from: 2026-07-02
    expires: 2026-07-04
";

pub(crate) const AUDIT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"00000000-0000-4000-8000-000000000001","stage":"ResponseComplete","requestURI":"/apis/apps/v1/namespaces/shop/deployments/web","verb":"patch","user":{"username":"alice@example.com","groups":["system:authenticated"]},"sourceIPs":["203.0.113.7"],"userAgent":"kubectl-edit/v1.30.0 (linux/amd64) kubernetes/abcdef0","objectRef":{"resource":"deployments","namespace":"shop","name":"web","apiGroup":"apps","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-07-06T09:00:00.000000Z","stageTimestamp":"2026-07-06T09:00:00.010000Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"00000000-0000-4000-8000-000000000003","stage":"ResponseStarted","requestURI":"/api/v1/namespaces/shop/pods/web-5f7/exec?command=sh&container=web&stdin=true&stdout=true&tty=true","verb":"create","user":{"username":"bob@example.com","groups":["system:authenticated"]},"sourceIPs":["198.51.100.7"],"userAgent":"kubectl/v1.30.0","objectRef":{"resource":"pods","namespace":"shop","name":"web-5f7","apiVersion":"v1","subresource":"exec"},"responseStatus":{"metadata":{},"code":101},"requestReceivedTimestamp":"2026-07-06T09:10:00.000000Z","stageTimestamp":"2026-07-06T09:10:00.010000Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"00000000-0000-4000-8000-000000000002","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods","verb":"list","user":{"username":"system:serviceaccount:kube-system:deployment-controller","groups":["system:authenticated"]},"sourceIPs":["10.0.0.7"],"objectRef":{"resource":"pods","namespace":"shop","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-07-06T09:30:00.000000Z","stageTimestamp":"2026-07-06T09:30:00.010000Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}
"#;
