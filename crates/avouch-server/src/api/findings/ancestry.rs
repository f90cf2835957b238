//! The processes above the one that a finding is about, as far as its fields tell.

use avouch_finding::Finding;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::id::FindingId;
use super::one::whole;
use crate::App;
use crate::access::Who;
use crate::error::{ApiResult, ErrorBody};

/// Ancestors at most; no rule asks for more.
const MOST: usize = 64;

/// A process and those above it, it first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ancestry {
    processes: Vec<Process>,
}

/// A process, as far as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Process {
    pid: Option<i64>,
    name: String,
    cmdline: Option<String>,
    exe: Option<String>,
}

/// The process of a finding and its ancestors.
#[utoipa::path(
    get,
    path = "/findings/{id}/ancestry",
    tag = "findings",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Ancestry), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn ancestry(State(app): State<App>, who: Who, FindingId(id): FindingId) -> ApiResult<Json<Ancestry>> {
    let ledger = app.folder.ledger();
    let answer = app.readers.ask(move |reader| {
        let (_, finding) = whole(reader, &ledger, &id, &who)?;
        Ok(Ancestry { processes: finding.as_ref().map(processes).unwrap_or_default() })
    });
    Ok(Json(answer.await?))
}

/// The process itself, its parent, and so on. A rule shows the ancestors that it asks for: where one in between was not recorded, it stands
/// there without a name.
fn processes(finding: &Finding) -> Vec<Process> {
    let of = |n: usize| {
        // The field of the process, of the parent, of any ancestor; as rules write them.
        let text = |own: &str, parent: &str, any: &str| {
            let names =
                [(n == 0).then(|| own.to_owned()), (n == 1).then(|| parent.to_owned()), Some(format!("{any}[{n}]"))];
            names.into_iter().flatten().find_map(|name| text(finding, &name))
        };
        let pid = text("proc.pid", "proc.ppid", "proc.apid").and_then(|pid| pid.parse().ok());
        Process {
            pid,
            name: text("proc.name", "proc.pname", "proc.aname").unwrap_or_default(),
            cmdline: text("proc.cmdline", "proc.pcmdline", "proc.acmdline"),
            exe: text("proc.exepath", "proc.pexepath", "proc.aexepath")
                .or_else(|| text("proc.exe", "proc.pexe", "proc.aexe")),
        }
    };
    let mut processes: Vec<Process> = (0..MOST).map(of).collect();
    while processes.last().is_some_and(|process| *process == Process::default()) {
        processes.pop();
    }
    processes
}

fn text(finding: &Finding, field: &str) -> Option<String> {
    match finding.fields.get(field)? {
        Json_::String(text) if !text.is_empty() && text != "<NA>" => Some(text.clone()),
        Json_::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ancestors_come_in_order_and_those_in_between_have_their_place() {
        let fields = json!({
            "proc.name": "sh", "proc.pid": 7, "proc.cmdline": "sh -c id", "proc.exepath": "/bin/sh", "proc.pname": "cron",
            "proc.aname[3]": "systemd", "proc.apid[3]": "1", "proc.aname[4]": null, "proc.aname[70]": "no",
        });
        let finding = Finding { fields: fields.as_object().cloned().unwrap(), ..Finding::default() };
        let found = processes(&finding);
        let names: Vec<(Option<i64>, &str)> = found.iter().map(|p| (p.pid, p.name.as_str())).collect();
        assert_eq!(names, [(Some(7), "sh"), (None, "cron"), (None, ""), (Some(1), "systemd")]);
        assert_eq!((found[0].cmdline.as_deref(), found[0].exe.as_deref()), (Some("sh -c id"), Some("/bin/sh")));
        assert!(processes(&Finding::default()).is_empty());
    }
}
