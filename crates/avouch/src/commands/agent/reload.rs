//! Other rules while a run goes on: files that were loaded anew, or another set of the server.

use avouch_finding::Time;
use avouch_forward::RuleTextSet;
use avouch_pipeline::live::records::{PolicyChange, Record, RulesChange, rfc3339};
use avouch_pipeline::live::{Live, LiveSink as _, LiveSource, Now};

use super::output::Output;
use super::words::rules_text;
use super::{collected, plan, wants_activity};
use crate::args::AgentArgs;
use crate::rule_source::{Loaded, RuleSource};
use crate::terminal;

/// Loads the rules anew, or another set of the server in their place. When they cannot be used, the old ones go on, and the terminal,
/// the records and the facts say so.
pub(super) fn rules(
    args: &AgentArgs,
    run: &mut Live,
    source: &mut dyn LiveSource,
    now: Now,
    out: &mut Output,
    from: &mut RuleSource,
    set: Option<RuleTextSet>,
) {
    // A set of the server is no word to read the policy anew.
    let by_signal = set.is_none();
    let loaded = from.again(args, set.as_ref()).and_then(|loaded| {
        source.set_interest(&plan(&loaded.rules, wants_activity(args)).interest)?;
        Ok(loaded)
    });
    let refused = match loaded {
        Ok(Loaded { rules, acceptances }) => {
            run.change_rules(rules);
            if let Some(set) = set {
                from.took(set);
            }
            if let Some(keeper) = &mut out.keeper {
                let told = keeper.brought(acceptances.as_ref(), from.brought(args), Time(now.wall));
                told.unwrap_or_else(|e| terminal::complain(&e));
            }
            run.change_acceptances(acceptances);
            terminal::say(&format!("rules loaded anew: {}{}\n", rules_text(run.rules_state()), from.words()));
            None
        }
        Err(error) => {
            if let Some(set) = &set {
                from.refused(set, &format!("{error:#}"));
            }
            let error = error.context("rules were not loaded anew; the old ones go on");
            terminal::complain(&error);
            Some(format!("{error:#}"))
        }
    };
    if let Some(keeper) = &mut out.keeper {
        keeper.rules(run.rules(), Time(now.wall), &from.standing(refused.clone()));
    }
    let plan = plan(run.rules(), wants_activity(args));
    let policy = if by_signal { reload_policy(args, out) } else { None };
    out.record(Record::Rules(RulesChange {
        time: rfc3339(now.wall),
        rules: run.rules_state().clone(),
        collected: collected(&plan.interest),
        refused,
        policy,
    }));
}

/// Reads the policy of responses anew, where there is one. The old one goes on when it cannot be used.
fn reload_policy(args: &AgentArgs, out: &mut Output) -> Option<PolicyChange> {
    let (Some(file), Some(responses)) = (&args.respond, &mut out.responses) else { return None };
    let refused = match responses.reload(file) {
        Ok(acts) => {
            out.tell(acts);
            terminal::say("policy of responses loaded anew\n");
            None
        }
        Err(error) => {
            let error = error.context("the policy of responses was not loaded anew; the old one goes on");
            terminal::complain(&error);
            Some(format!("{error:#}"))
        }
    };
    Some(PolicyChange { file: file.display().to_string(), refused })
}
