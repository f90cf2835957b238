//! The control list of the rich period, and its second version.

/// Controls of the rich period, first version.
pub const LIST: &str = "
list:
  id: acme
  version: 1
  title: Controls of Acme
  entity: Acme Ltd
  approved: {by: [Board of Acme], on: 2026-06-20}
  valid: {from: 2026-06-25}
controls:
  - id: AC-01
    title: Shells in production
    statement: Nobody opens a shell in a production container without a ticket.
    owner: platform lead
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.1, CC6.1.pof03, nist:AC-6, pci:7.2.5]
    evidence:
      rules: {names: [Terminal shell in container]}
      sources: [syscall]
      checks: [POD_SECURITY]
      populations: [detections, privileged-sessions]
    not_covered:
      - {what: POD_SECURITY, why: Configuration of workloads is reviewed by hand each quarter; ask the platform lead.}
    targets: {acknowledge: {warning: 4h}, resolve: {warning: 1d}}
  - id: AC-02
    title: Access policy
    statement: The access policy is written, approved and read once a year.
    owner: legal
    frequency: yearly
    type: preventive
    nature: manual
    satisfies: [CC5.3]
  - id: NET-01
    title: Root of the cloud account
    statement: The root user of the cloud account is not used.
    owner: cloud lead
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.6]
    evidence: {sources: [aws_cloudtrail]}
  - id: MAL-01
    title: Software nobody approved
    statement: Programs that nobody approved are found when they run.
    owner: security lead
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.8, CC6.8.pof02, CC7.1]
    evidence:
      rules: {names: [Miner started]}
      sources: [syscall]
    targets: {acknowledge: {critical: 30m}, resolve: {critical: 4h}}
  - id: MON-01
    title: Watching
    statement: All nodes and the audit log of the cluster are watched without a break.
    owner: security lead
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC7.2, CC7.2.pof01]
    evidence:
      sources: [syscall, k8s_audit]
      populations: [nodes, observation-gaps]
  - id: TR-01
    title: Triage
    statement: Each finding is looked at and decided in time.
    owner: security lead
    frequency: per-event
    type: detective
    nature: it-dependent
    satisfies: [CC7.3]
    evidence:
      rules: {all: true}
      populations: [detections, acceptances]
    targets: {acknowledge: {critical: 30m, warning: 4h}, resolve: {critical: 4h, warning: 2d}}
  - id: CM-01
    title: Changes past the pipeline
    statement: Production is changed by the pipeline alone.
    owner: platform lead
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC8.1]
    evidence:
      rules: {names: [Object changed by hand]}
      sources: [k8s_audit]
      checks: [CHANGE_APPROVED]
      populations: [changes, rule-changes]
";

/// The second version: one statement says more.
pub fn second_list() -> String {
    LIST.replace("version: 1", "version: 2")
        .replace("on: 2026-06-20", "on: 2026-07-06")
        .replace("by: [Board of Acme]", "by: [J. Doe, Head of Security]")
        .replace("from: 2026-06-25", "from: 2026-07-08")
        .replace("without a ticket.", "without a ticket that another person approved.")
}
