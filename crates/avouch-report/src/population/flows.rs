//! `observed-flows`: who talked to whom, connections added up over the period.

use std::path::Path;

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::activity::Flows;

const SPEC: Spec = Spec {
    id: "observed-flows",
    title: "Flows: who talked to whom",
    definition: "One row for each party (pod, container or node), way, address, port and protocol of which a connection was recorded in \
                 the period on a node whose agent records activity, within its budget. Added up from the population of connections. \
                 `reach` is told from the address alone.",
    source: "activity in the ledger (agent --activity)",
    columns: &[
        "id",
        "cluster",
        "node",
        "namespace",
        "name",
        "way",
        "protocol",
        "address",
        "port",
        "reach",
        "connections",
        "failed",
        "first",
        "last",
        "programs",
        "seq",
    ],
};

/// Writes it. `recorded` is the number of records of connections of the period.
///
/// # Errors
/// When its files cannot be written.
pub(super) fn flows(flows: &Flows, recorded: u64, test: Test, dir: &Path) -> Result<Population, PopulationError> {
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    for (n, f) in (1_u64..).zip(flows.iter()) {
        let programs: Vec<&str> = f.programs.iter().map(String::as_str).collect();
        writer.row(&[
            &format!("F{n}"),
            &f.party.cluster,
            &f.party.node,
            &f.party.namespace,
            &f.party.name,
            f.way.word(),
            &f.protocol,
            &f.address,
            &f.port.to_string(),
            f.reach.word(),
            &f.connections.to_string(),
            &f.failed.to_string(),
            &f.first.to_string(),
            &f.last.to_string(),
            &programs.join(", "),
            &f.record.to_string(),
        ])?;
    }
    let whole = "records of connections that are in no flow";
    let whole = if recorded == 0 {
        Test::not_run(whole, "no connection was recorded in the period")
    } else {
        Test::equal(whole, 0, flows.beyond.0)
    };
    writer.finish(vec![test, whole])
}
