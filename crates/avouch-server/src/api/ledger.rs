//! One record of the ledger, with what shows that it belongs to a signed head.

use avouch_bundle::{Exhibit, prove};
use avouch_finding::Time;
use avouch_ledger::{Digest, Reader, RecordRef, read_keys};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::error::{ApiError, ApiResult, ErrorBody, chain};

/// Kinds of records that whoever may look at findings may read: findings, what was done about them, activity, what was watched. Others tell of
/// people, settings and the ledger itself; whoever may read reports reads those in a report's bundle, too.
const OPEN: [&str; 16] = [
    "finding",
    "act",
    "acknowledgement",
    "disposition",
    "assignment",
    "note",
    "delivery",
    "command",
    "connection",
    "file",
    "left_out",
    "start",
    "stop",
    "rules",
    "observation",
    "gap",
];

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadFindings, routes!(record))
}

/// A record, and what vouches for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerRecord {
    /// Id of the ledger.
    ledger: String,
    /// Number of the record, from 1.
    seq: u64,
    /// Sort of fact: `finding`.
    kind: String,
    /// When it happened, as its source says.
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    /// Node or service that told it.
    source: String,
    /// The run of the source.
    run: String,
    /// Number among the records of the run.
    source_seq: u64,
    /// Secrets that were replaced in it.
    redacted: u64,
    /// SHA-256 of its line, in hex.
    hash: String,
    /// SHA-256 of the line before it; zeros for the first.
    prev: String,
    /// The signed head that covers it; `null` until one does, a minute at most.
    head: Option<CoveringHead>,
    /// What `avouch verify` reads: written to a file, it can be checked without this server.
    exhibit: ExhibitOut,
    /// The command that checks the file.
    command: String,
}

/// A signed head over the segment of a record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoveringHead {
    /// The first record that it covers.
    first_seq: u64,
    /// The last one.
    last_seq: u64,
    /// When it was signed, by the clock of the signer.
    #[schema(format = DateTime)]
    time: String,
    /// Id of the key that signed.
    key: String,
    /// Root over the records, in hex.
    merkle_root: String,
    /// Hashes from the record to the root, in hex.
    path: Vec<String>,
}

/// A record in the form of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExhibitOut {
    /// `avouch.record/1`.
    format: String,
    /// The line of the record as it stands in the ledger.
    record: String,
    /// The signed head.
    #[schema(value_type = Option<Object>)]
    head: Option<avouch_ledger::SignedHead>,
    /// From the record to the root in the head.
    #[schema(value_type = Option<Object>)]
    proof: Option<avouch_bundle::Proof>,
    /// The key that the head names, as PEM. It comes from here, so it proves nothing by itself.
    key: Option<String>,
}

/// One record of the ledger with its place in it: hash, hash of the one before, signed head, proof.
#[utoipa::path(
    get, path = "/ledger/records/{number}", tag = "ledger",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, body = LedgerRecord), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn record(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
) -> ApiResult<Json<LedgerRecord>> {
    let bad = || ApiError::bad("bad_number", "a record is named by its number, from 1").param("number");
    let seq = number.parse::<u64>().ok().filter(|n| *n > 0).ok_or_else(bad)?;
    let (folder, id) = (app.folder.ledger(), app.centre.ledger().to_owned());
    // Among the questions to the store, so that no more than a few segments are read at a time.
    let answer = app.readers.ask(move |_| {
        let failed = |e: avouch_ledger::LedgerError| ApiError::internal(chain(&e));
        let missing = || ApiError::not_found(format!("no record {seq}"));
        let reader = Reader::open(&folder).map_err(failed)?;
        let line = reader.read_at(seq).map_err(failed)?.ok_or_else(missing)?;
        let read = RecordRef::parse(&line).map_err(|part| ApiError::internal(format!("record {seq}: its `{part}`")))?;
        let time = Time(read.time.0);
        if !who.sees(time) {
            return Err(missing());
        }
        if !OPEN.contains(&read.kind) && !who.may(Permission::ReadReports) {
            return Err(ApiError::forbidden(format!(
                "a record of the kind `{}` needs the permission `read_reports`",
                read.kind
            )));
        }
        let evidence = prove(&reader, seq).map_err(failed)?;
        let keys = read_keys(&folder).map_err(failed)?;
        let exhibit = match &evidence {
            Some(evidence) => Exhibit::proven(evidence, keys.iter().find(|k| k.id() == evidence.head.head.key)),
            None => Exhibit::unproven(String::from_utf8_lossy(&line).into_owned()),
        };
        Ok(LedgerRecord {
            ledger: id,
            seq,
            kind: read.kind.to_owned(),
            time,
            source: read.source.to_owned(),
            run: read.run.to_owned(),
            source_seq: read.source_seq,
            redacted: read.redacted,
            hash: Digest::of(&line).to_string(),
            prev: read.prev.to_string(),
            head: evidence.map(|evidence| {
                let head = evidence.head.head;
                CoveringHead {
                    first_seq: head.first_seq,
                    last_seq: head.last_seq,
                    time: head.time,
                    key: head.key,
                    merkle_root: head.merkle_root.to_string(),
                    path: evidence.proof.path.iter().map(Digest::to_string).collect(),
                }
            }),
            command: format!("avouch verify record-{seq}.json --key avouch.pub"),
            exhibit: ExhibitOut {
                format: exhibit.format,
                record: exhibit.record,
                head: exhibit.head,
                proof: exhibit.proof,
                key: exhibit.key,
            },
        })
    });
    answer.await.map(Json)
}
