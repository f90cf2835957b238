//! The end of a replay, in words and tables.

use avouch_controls::Standing;
use avouch_pipeline::Summary;

/// Rules shown in the summary; the rest is counted.
const SHOWN_RULES: usize = 20;

/// What was read, lost and found.
pub(crate) fn text(summary: &Summary) -> String {
    let mut out = String::from("\n");
    let mut line = |label: &str, text: String| out.push_str(&format!("{label:<12} {text}\n"));
    let sources: Vec<String> = summary.sources().iter().map(|(s, n)| format!("{s} {n}")).collect();
    let mut events = format!("{} from {} inputs", summary.events, summary.inputs);
    if !sources.is_empty() {
        events.push_str(&format!("; judged: {}", sources.join(", ")));
    }
    if summary.hidden > 0 {
        events.push_str(&format!("; {} only build state", summary.hidden));
    }
    if summary.outside_window > 0 {
        events.push_str(&format!("; {} outside --from and --to", summary.outside_window));
    }
    line("events", events);
    let priorities: Vec<String> = summary.by_priority.iter().map(|(p, n)| format!("{} {n}", p.name())).collect();
    line(
        "detections",
        match priorities.as_slice() {
            [] => "none".to_owned(),
            list => format!("{} ({})", summary.detections(), list.join(", ")),
        },
    );
    let rules = summary.rules();
    for (name, n) in rules.iter().take(SHOWN_RULES) {
        line("", format!("{n:>7}  {name}"));
    }
    if rules.len() > SHOWN_RULES {
        line("", format!("and {} more rules", rules.len() - SHOWN_RULES));
    }
    let detected: Vec<String> = summary
        .roll_up()
        .rows()
        .iter()
        .filter(|r| r.standing == Standing::Detected)
        .map(|r| format!("{} {}", r.criterion.id, r.detections))
        .collect();
    if !detected.is_empty() {
        line("criteria", detected.join(", "));
    }
    let losses = summary.all_losses();
    if losses.is_empty() {
        line("losses", "none: every event was decoded and applied".to_owned());
    }
    for (i, (what, n)) in losses.iter().enumerate() {
        line(if i == 0 { "losses" } else { "" }, format!("{n:>7}  {what}"));
    }
    for (i, problem) in summary.problems.iter().enumerate() {
        line(if i == 0 { "problems" } else { "" }, problem.clone());
    }
    out
}

/// Detections by criterion. Criteria that nothing here can serve are one line, so that silence is not read as a pass.
pub(crate) fn criteria(summary: &Summary) -> String {
    let mut out = String::new();
    let rows = summary.roll_up().rows();
    let mut push = |text: String| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    push(String::new());
    push(
        "SOC 2 criteria: what the rules that watched detected (evidence for criteria, not a verdict on them)"
            .to_owned(),
    );
    push(format!("{:<8} {:<44} {:>5} {:>10}  {}", "", "", "rules", "detections", "most frequent"));
    let watched = |s: Standing| matches!(s, Standing::Detected | Standing::Silent);
    for row in rows.iter().filter(|r| watched(r.standing)) {
        let detections = match row.standing {
            Standing::Detected => row.detections.to_string(),
            _ => "silent".to_owned(),
        };
        let top: Vec<String> = row
            .rules
            .iter()
            .filter(|r| r.detections > 0)
            .take(2)
            .map(|r| format!("{} ({})", r.name, r.detections))
            .collect();
        let title = shortened(&row.criterion.title, 44);
        push(format!(
            "{:<8} {title:<44} {:>5} {detections:>10}  {}",
            row.criterion.id,
            row.rules.len(),
            top.join(", ")
        ));
    }
    for (standing, what) in [
        (Standing::Touched, "touched only by rules that serve another criterion first"),
        (Standing::NoRule, "nothing watched"),
    ] {
        let ids: Vec<&str> = rows.iter().filter(|r| r.standing == standing).map(|r| r.criterion.id.as_str()).collect();
        if !ids.is_empty() {
            push(format!("{what}: {}", ids.join(" ")));
        }
    }
    let unobserved: Vec<String> =
        summary.unobserved().iter().map(|(source, n)| format!("{source} ({n} rules)")).collect();
    if !unobserved.is_empty() {
        push(format!(
            "loaded for sources of which no event was read, so that they watched nothing: {}",
            unobserved.join(", ")
        ));
    }
    let roll_up = summary.roll_up();
    let unmapped = roll_up.unmapped();
    if !unmapped.is_empty() {
        let n: u64 = unmapped.iter().map(|r| r.detections).sum();
        push(format!("rules that serve no criterion: {}, with {n} detections", unmapped.len()));
    }
    out
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}
