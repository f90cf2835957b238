//! `avouch rules explain`: a code, a rule, or a rule on an event.

use std::io::Write;

use anyhow::{Context, bail};
use avouch_diagnostics::near_names;
use avouch_engine::{CompileOptions, Explanation, RuleStatus};
use avouch_pipeline::{Detection, Input, Judged, Replay, ReplayOptions, RuleSet, RuleSetOptions, Sink, codes};
use avouch_rules::ResolvedRule;

use crate::args::{ExplainArgs, Format};
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let mut out = std::io::stdout().lock();
    let mut all = codes().into_iter().chain(avouch_controls::codes::ALL.iter().copied());
    if let Some(code) = all.find(|c| c.id.eq_ignore_ascii_case(&args.subject) || c.name == args.subject) {
        writeln!(out, "{} {}", code.id, code.name)?;
        if let Some(falco) = code.falco {
            writeln!(out, "Falco calls it {falco}.")?;
        }
        for part in [code.meaning, code.example, code.fix].into_iter().filter(|p| !p.is_empty()) {
            writeln!(out, "\n{}", part.trim_end())?;
        }
        return Ok(Outcome::Fine);
    }
    if args.rules.is_empty() {
        bail!("`{}` is no diagnostic code; to explain a rule, name its files with --rules", args.subject);
    }
    let options = RuleSetOptions { compile: CompileOptions::default(), ..RuleSetOptions::default() };
    let rules = RuleSet::load(&args.rules, &options)?;
    let names = || rules.loaded.rules.iter().map(|r| r.name.as_str());
    let place = names().position(|n| n.eq_ignore_ascii_case(&args.subject));
    let Some((place, rule)) = place.and_then(|i| Some((i, rules.loaded.rules.get(i)?))) else {
        let near = near_names(&args.subject, names(), 1).into_iter().next();
        bail!(
            "no rule is named `{}`{}",
            args.subject,
            near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
        );
    };
    match &args.file {
        None => describe(&mut out, &rules, place, rule)?,
        Some(path) => {
            let mut input = Input::open(path)?;
            let RuleStatus::Loaded { program, rule: index } =
                rules.compiled.status.get(place).copied().unwrap_or(RuleStatus::Failed)
            else {
                bail!("rule `{}` does not run: it is disabled or broken", rule.name);
            };
            let number = args.event.context("--event is missing")?;
            let mut sink = One { number, program, index, rules: &rules, explanation: None, seen: false };
            let mut replay = Replay::new(&rules, ReplayOptions::default());
            let result = replay.run(&mut input, &mut sink);
            match (sink.explanation, sink.seen) {
                (Some(e), _) if args.format == Format::Json => writeln!(out, "{}", e.to_json())?,
                (Some(e), _) => writeln!(out, "{}", e.to_text(terminal::colour()))?,
                (None, true) => bail!(
                    "event {number} is of another source than `{}`, which rule `{}` judges",
                    rule.source,
                    rule.name
                ),
                (None, false) => {
                    result?;
                    bail!("no event with number {number} reaches the rules in `{}`", path.display());
                }
            }
        }
    }
    Ok(Outcome::Fine)
}

fn describe(out: &mut impl Write, rules: &RuleSet, place: usize, rule: &ResolvedRule) -> std::io::Result<()> {
    writeln!(out, "{}  ({}, {})", rule.name, rule.priority.name(), rule.source)?;
    writeln!(out, "\n{}", rule.desc.trim_end())?;
    if let Some(c) = rules.criteria.get(place) {
        let ids: Vec<String> = c.primary.iter().map(|c| format!("{} {}", c.id, c.title)).collect();
        if !ids.is_empty() {
            writeln!(out, "\nEvidence for: {}", ids.join("; "))?;
        }
        if let Some(reason) = &c.reason {
            writeln!(out, "Because: {reason}")?;
        }
        for (label, list) in [("NIST 800-53", &c.nist_800_53), ("PCI DSS", &c.pci_dss), ("ATT&CK", &c.attack)] {
            if !list.is_empty() {
                writeln!(out, "{label}: {}", list.join(", "))?;
            }
        }
    }
    if let Some(RuleStatus::Loaded { program, rule: index }) = rules.compiled.status.get(place)
        && let Some(program) = rules.compiled.programs.get(*program)
    {
        let mut names: Vec<&str> = program.event_types(*index).iter().map(|t| t.name()).collect();
        names.sort_unstable();
        names.dedup();
        let shown = if names.len() > 40 { format!("{} event types", names.len()) } else { names.join(", ") };
        writeln!(out, "\nJudged on: {shown}")?;
    }
    writeln!(
        out,
        "\nCondition, lists and macros resolved:\n  {}",
        avouch_rules::print_condition(&rule.condition, true)
    )?;
    writeln!(out, "\nOutput: {}", rule.output)
}

/// Waits for one event.
struct One<'r> {
    number: u64,
    program: usize,
    index: avouch_engine::RuleIndex,
    rules: &'r RuleSet,
    explanation: Option<Explanation>,
    seen: bool,
}

impl Sink for One<'_> {
    fn detection(&mut self, _detection: &Detection<'_>) {}

    fn wants_events(&self) -> bool {
        true
    }

    fn judged(&mut self, judged: &Judged<'_>) {
        if judged.event.num != self.number {
            return;
        }
        self.seen = true;
        if let Some(program) = self.rules.compiled.programs.get(self.program)
            && std::ptr::eq(program, judged.program)
        {
            self.explanation = program.explain(self.index, judged.event.ty, &judged.reader, judged.arena);
        }
    }
}
