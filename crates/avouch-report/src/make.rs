//! Makes a report: reads store and ledger, computes, writes every file.

use std::path::{Path, PathBuf};

use avouch_controls::{ControlHistory, ControlList, Period, RequestItem, Time as ControlTime};
use avouch_coverage::Span;
use avouch_document::pdf::Paper;
use avouch_finding::Kind;
use avouch_ledger::{Digest, LedgerError, Reader as LedgerReader, RecordRef, SignedHead};
use avouch_store::Reader;
use serde_json::{Value as Json, json};

use crate::activity::RequestError;
use crate::bundle::{FileError, copy_ledger, failed, pretty, write, write_packets};
use crate::facts::{AsOf, Place};
use crate::first::{First, FirstPass};
use crate::gather::{self, GatherError, Question, gather};
use crate::input::{ListUsed, Results, Scope};
use crate::population::{self, PopulationError, Sample, hex};
use crate::{Judging, acceptance_results, chapters, control_results, deviations, ocsf, oscal, pbc, rule_results};

/// What is to be made.
pub struct Request {
    /// The period.
    pub period: Span,
    /// What the user said.
    pub scope: Scope,
    /// Versions of the control list, each with its text.
    pub lists: Vec<(ControlList, ListUsed, String)>,
    /// What the auditor asks for, item by item.
    pub requests: Vec<RequestItem>,
    /// How days are judged.
    pub judging: Judging,
    /// Folder of the ledger.
    pub ledger_dir: PathBuf,
    /// Where the report goes: a folder that is empty or not there.
    pub out: PathBuf,
    /// Size of the pages.
    pub paper: Paper,
}

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum MakeError {
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Population(#[from] PopulationError),
    #[error(transparent)]
    Requests(#[from] RequestError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("failed to copy the ledger into the bundle")]
    Copy(#[from] crate::bundle::CopyError),
    #[error("failed to write the packets of a sample")]
    Packet(#[from] crate::bundle::PacketError),
    #[error("failed to read the ledger")]
    Ledger(#[from] LedgerError),
    #[error("failed to write the manifest")]
    Bundle(#[from] avouch_bundle::BundleError),
    #[error("failed to make the PDF")]
    Pdf(#[from] avouch_document::pdf::PdfError),
    #[error("`{}` is not empty: a report does not write over another", .0.display())]
    NotEmpty(PathBuf),
}

/// What was made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Findings of the period.
    pub findings: u64,
    /// Deviations, and how many of them are open.
    pub deviations: (usize, usize),
    /// Nothing at all is known of the period.
    pub no_evidence: bool,
    /// SHA-256 of the manifest, in hex.
    pub manifest: String,
    /// Up to where the ledger was read.
    pub as_of: AsOf,
}

/// Makes the report.
///
/// # Errors
/// When something cannot be read or written. What was written so far stays in the folder.
pub fn make(store: &mut Reader, request: &Request, step: &mut dyn FnMut(&str)) -> Result<Made, MakeError> {
    let out = &request.out;
    if out.read_dir().is_ok_and(|mut d| d.next().is_some()) {
        return Err(MakeError::NotEmpty(out.clone()));
    }
    let bundle = out.join("bundle");
    let populations_dir = bundle.join("populations");
    std::fs::create_dir_all(&populations_dir).map_err(failed("make the folder", &populations_dir))?;
    let ledger = LedgerReader::open(&request.ledger_dir)?;
    let as_of = as_of(store, &ledger)?;
    let question = Question { period: request.period, clusters: &request.scope.clusters, as_of: as_of.clone() };

    step("findings");
    let mut first = FirstPass::create(out, &populations_dir, &request.scope.version)?;
    let (facts, shown) = gather::<MakeError>(store, &question, &mut |f| first.finding(f))?;
    let before = gather::before(store, &question)?;

    step("controls");
    let lists: Vec<&ControlList> = request.lists.iter().map(|(list, ..)| list).collect();
    let period = Period { from: ControlTime(request.period.from.0), to: ControlTime(request.period.to.0) };
    let (history, _) = ControlHistory::new(&lists, period);
    let controls = control_results(&facts, &history, request.judging);
    let rules = rule_results(&facts);
    let acceptances = acceptance_results(&facts);
    let deviations = deviations(&facts, &controls, &acceptances);

    step("populations");
    let First { detections, changes: (changes, latest_changes), candidates, ocsf } = first.finish(&facts)?;
    let mut populations = vec![
        detections,
        changes,
        population::nodes(&facts, &populations_dir)?,
        population::gaps(&facts, &populations_dir)?,
        population::rule_changes(&facts, &populations_dir)?,
        population::acceptances(&facts, &populations_dir)?,
        population::tool_changes(&facts, &populations_dir)?,
    ];
    let asked = population::Asked {
        beyond: candidates.beyond,
        requests: candidates.read(&request.ledger_dir)?,
        known_nodes: !request.scope.clusters.is_empty(),
    };
    let (of_activity, activity) = population::activity(&facts, store, asked, &populations_dir)?;
    populations.extend(of_activity);
    let evidence_dir = bundle.join("evidence");
    std::fs::create_dir_all(&evidence_dir).map_err(failed("make the folder", &evidence_dir))?;
    let days = population::control_days(&facts, &controls, &evidence_dir)?;
    write(&evidence_dir.join("index.json"), pretty(&json!([days])).as_bytes())?;
    let samples: Vec<Sample> = populations
        .iter()
        .filter(|p| request.scope.sample > 0 && p.count > 0)
        .map(|p| population::sample(p, &request.scope.seed, request.scope.sample))
        .collect();
    let used: Vec<ListUsed> = request.lists.iter().map(|(_, used, _)| used.clone()).collect();
    let results = Results {
        scope: &request.scope,
        facts: &facts,
        history: &history,
        lists: &used,
        judging: request.judging,
        controls: &controls,
        rules: &rules,
        acceptances: &acceptances,
        deviations: &deviations,
        populations: &populations,
        samples: &samples,
        activity: &activity,
        shown: &shown,
        changes: &latest_changes,
        requests: &request.requests,
        before: before.as_ref(),
    };

    step("ledger");
    if as_of.last.seq > 0 {
        copy_ledger(&request.ledger_dir, &bundle.join("ledger"), 1, as_of.last.seq)?;
    }
    step("samples");
    // From the copy: a proof then leads to a head that is in the bundle, and is the same whenever it is made.
    if !samples.is_empty() {
        let ledger = LedgerReader::open(&bundle.join("ledger"))?;
        let of = |s: &Sample| populations.iter().find(|p| p.spec.id == s.population);
        let drawn: Vec<_> = samples.iter().filter_map(|s| of(s).map(|p| (p, s))).collect();
        write_packets(&bundle, &ledger, store, &facts, &drawn)?;
    }
    anchors(store, &bundle, &as_of)?;
    for (_, used, text) in &request.lists {
        write(&bundle.join("controls").join(&used.file), text.as_bytes())?;
    }
    write(&bundle.join("populations/index.json"), pretty(&json!(populations)).as_bytes())?;
    write(&bundle.join("README.txt"), READ_ME.as_bytes())?;

    step("documents");
    let answers = pbc::answers(&results);
    write(&out.join("pbc/answers.csv"), &pbc::csv(&answers))?;
    write(&out.join("pbc/answers.json"), pretty(&json!(answers)).as_bytes())?;
    let document = chapters::document(&results);
    write(&out.join("report.html"), avouch_document::html::render(&document).as_bytes())?;
    write(&out.join("report.pdf"), &avouch_document::pdf::render(&document, request.paper)?)?;
    exports(out, &results)?;

    step("manifest");
    let about = about(&results, out, &ocsf)?;
    let hashed = populations.iter().flat_map(|p| [(p.jsonl(), &p.digest), (p.csv(), &p.csv_digest)]);
    let known = hashed.filter_map(|(path, digest)| Some((path, Digest::parse(digest.as_bytes())?))).collect();
    avouch_bundle::write_manifest_with(&bundle, about, &known, &avouch_bundle::signing_key(&request.ledger_dir)?)?;
    let manifest = file_digest(&bundle.join("manifest.json"))?;
    Ok(Made {
        findings: facts.findings.len() as u64,
        deviations: (deviations.len(), deviations.iter().filter(|d| !d.closed).count()),
        no_evidence: facts.is_empty(),
        manifest,
        as_of,
    })
}

/// The last record that the store has, that a head vouches for, and that says something of the watched world: records about
/// exports, logins and the ledger itself do not make the next report of the same period another one.
fn as_of(store: &mut Reader, ledger: &LedgerReader) -> Result<AsOf, MakeError> {
    let freshness = store.freshness(avouch_store::Period::ALL).map_err(GatherError::from)?;
    let Some(position) = freshness.ledgers.into_iter().next() else { return Ok(AsOf::default()) };
    let heads = ledger.heads()?.filter_map(Result::ok);
    let signed = heads.filter_map(|line| SignedHead::parse(&line).ok()).map(|s| s.head.last_seq).max();
    let mut seq = position.seq.min(signed.unwrap_or_default());
    while seq > 0 {
        let Some(line) = ledger.read_at(seq)? else { break };
        let kind = RecordRef::parse(&line).map_or("", |r| r.kind);
        if !(kind.starts_with("ledger.") || matches!(kind, "export" | "login" | "anchor")) {
            let last = Place { seq, hash: Digest::of(&line).to_string() };
            return Ok(AsOf { ledger: position.ledger, last });
        }
        seq -= 1;
    }
    Ok(AsOf { ledger: position.ledger, last: Place::default() })
}

/// Where heads were published, as the ledger says: whoever holds one of them can find a cut tail.
fn anchors(store: &mut Reader, bundle: &Path, as_of: &AsOf) -> Result<(), MakeError> {
    let facts = store.facts(Kind::Anchor, avouch_store::Period::ALL).map_err(GatherError::from)?;
    let known = facts.into_iter().filter(|f| f.record.seq <= as_of.last.seq);
    let body =
        |f: avouch_store::StoredFact| json!({"record": f.record.seq, "anchor": f.fact.body().unwrap_or_default()});
    let published: Vec<Json> = known.map(body).collect();
    Ok(write(&bundle.join("anchors/published.json"), pretty(&json!(published)).as_bytes())?)
}

/// OSCAL and the compliance findings of OCSF.
fn exports(out: &Path, results: &Results<'_>) -> Result<(), MakeError> {
    // The manifest has the digests of these files; they cannot have its own.
    let bundle = oscal::BundleRef { digest: "", href: "../bundle" };
    let documents = [
        ("oscal/assessment-results.json", oscal::assessment_results(results, &bundle)),
        ("oscal/poam.json", oscal::poam(results, &bundle)),
    ];
    for (name, document) in documents {
        let (path, mut bytes) = (out.join(name), Vec::new());
        document.write(&mut bytes).map_err(failed("write", &path))?;
        write(&path, &bytes)?;
    }
    let (path, mut bytes) = (out.join("ocsf/compliance_findings.jsonl"), Vec::new());
    let mut writer = ocsf::Writer::new(&mut bytes);
    for part in ocsf::control_findings(results) {
        writer.compliance(&part).map_err(failed("write", &path))?;
    }
    writer.finish().map_err(failed("write", &path))?;
    Ok(write(&path, &bytes)?)
}

/// What the manifest says besides its files.
fn about(results: &Results<'_>, out: &Path, detections: &str) -> Result<Json, MakeError> {
    let facts = results.facts;
    let mut beside = serde_json::Map::new();
    // The largest of all was hashed while it was written.
    beside.insert("ocsf/detection_findings.jsonl".to_owned(), json!(detections));
    let names = [
        "report.html",
        "report.pdf",
        "oscal/assessment-results.json",
        "oscal/poam.json",
        "ocsf/compliance_findings.jsonl",
        "pbc/answers.csv",
        "pbc/answers.json",
    ];
    for name in names {
        beside.insert(name.to_owned(), json!(file_digest(&out.join(name))?));
    }
    Ok(json!({
        "what": "period report of evidence for SOC 2 criteria",
        "made_by": format!("avouch {}", results.scope.version),
        "program_sha256": results.scope.program,
        "entity": results.scope.entity,
        "system": results.scope.system,
        "query": {
            "framework": "soc2",
            "from": facts.period.from.to_string(),
            "to": facts.period.to.to_string(),
            "clusters": results.scope.clusters,
            "sample": results.scope.sample,
            "seed": results.scope.seed,
            "least_watched_ppm": results.judging.least_watched,
        },
        "draft": results.scope.draft,
        "ledger": {"id": facts.as_of.ledger, "last_seq": facts.as_of.last.seq, "last_hash": facts.as_of.last.hash},
        "controls": results.lists.iter().map(|l| json!({"id": l.id, "version": l.version, "digest": l.digest})).collect::<Vec<_>>(),
        "counts": {
            "findings": facts.findings.len(),
            "deviations": results.deviations.len(),
            "populations": results.populations.iter().map(|p| (p.spec.id.to_owned(), json!(p.count))).collect::<serde_json::Map<_, _>>(),
        },
        // Files that stand beside the bundle.
        "beside": beside,
    }))
}

fn file_digest(path: &Path) -> Result<String, FileError> {
    use sha2::Digest as _;
    use std::io::Read as _;
    let mut file = std::fs::File::open(path).map_err(failed("read", path))?;
    let (mut hash, mut buffer) = (sha2::Sha256::new(), vec![0; 256 << 10]);
    loop {
        let n = file.read(&mut buffer).map_err(failed("read", path))?;
        if n == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}

/// SHA-256, in hex, of the program that runs; empty where it cannot be read. An auditor compares it with that of the release.
#[must_use]
pub fn program_digest() -> String {
    std::env::current_exe().ok().and_then(|path| file_digest(&path).ok()).unwrap_or_default()
}

const READ_ME: &str = "\
This folder is the evidence that the report beside it was made from.

  manifest.json, manifest.sig   every file with its size and SHA-256, signed by the key of the ledger
  populations/                  complete lists of the period, as CSV and as JSON lines; index.json has their digests and tests
  evidence/                     each control on each day: the numbers behind the strips and shares of the report
  samples/                      one folder for each drawn item, when a sample was asked for; its proof.json can be
                                verified alone
  ledger/                       the records themselves, linked and signed, up to the record that the report names
  anchors/                      where signed heads were published
  controls/                     the control lists that were used

To verify it, without a network:   avouch verify FOLDER
docs/LEDGER.md of avouch describes the format, for whoever writes a verifier of their own.
";
