//! Where the rules of an agent come from: files of this machine, or the server that it sends to.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use avouch_finding::Time;
use avouch_forward::{Fetched, KeptRuleSet, RuleClient, RuleFollower, RuleTextSet, Server};
use avouch_pipeline::{Acceptances, RuleSet};

use crate::args::AgentArgs;
use crate::keeper::{self, SetStanding};
use crate::past::Brought;
use crate::{accepted, load, terminal};

/// How long a start waits for the server when nothing else is there to judge by, and when a set of before is.
const PATIENCE: Duration = Duration::from_secs(15);
const PATIENCE_WITH_COPY: Duration = Duration::from_secs(5);
/// The longest pause between two tries at the start.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The longest time for one look for other rules.
const ONE_LOOK: Duration = Duration::from_secs(30);

/// What was loaded together.
pub(crate) struct Loaded {
    pub(crate) rules: RuleSet,
    pub(crate) acceptances: Option<Acceptances>,
}

/// See the module.
pub(crate) enum RuleSource {
    /// Files that the arguments name.
    Files,
    /// A server.
    Server(Box<FromServer>),
}

/// The rules of a server.
pub(crate) struct FromServer {
    server: Server,
    kept: KeptRuleSet,
    /// What runs.
    set: RuleTextSet,
    /// Digest of the set that was seen last, whatever became of it.
    known: String,
    /// Why another set than the one that runs was not taken, or not all of the one that runs, and which.
    refused: Option<(String, String)>,
    follower: Option<RuleFollower>,
}

impl RuleSource {
    /// Loads rules for the first time. A server is waited for in bounds; while it is away, the set of before is taken.
    ///
    /// # Errors
    /// When there are no rules to judge by.
    pub(crate) fn first(args: &AgentArgs) -> anyhow::Result<(Self, Loaded)> {
        let Some(url) = args.forward.server.as_ref().filter(|_| args.rules_from_server) else {
            return Ok((Self::Files, of_files(args)?));
        };
        let (from, loaded) = FromServer::first(url, args)?;
        Ok((Self::Server(Box::new(from)), loaded))
    }

    /// Begins to look for other rules of the server.
    pub(crate) fn follow(&mut self, args: &AgentArgs) -> anyhow::Result<()> {
        match self {
            Self::Files => Ok(()),
            Self::Server(from) => from.follow(args),
        }
    }

    /// A set of the server that came since it was last asked for one.
    pub(crate) fn take(&self) -> Option<Box<RuleTextSet>> {
        match self {
            Self::Files => None,
            Self::Server(from) => from.follower.as_ref()?.take(),
        }
    }

    /// Has it look for other rules of the server now.
    pub(crate) fn look(&self) {
        if let Self::Server(from) = self
            && let Some(follower) = &from.follower
        {
            follower.look();
        }
    }

    /// Loads anew: the files, or the server's set that runs, under the selection that counts now; or `other` in its place.
    ///
    /// # Errors
    /// When a rule has an error. At the start a broken rule is left out; here it would take a rule away that watches.
    pub(crate) fn again(&self, args: &AgentArgs, other: Option<&RuleTextSet>) -> anyhow::Result<Loaded> {
        let loaded = match self {
            Self::Files => of_files(args)?,
            Self::Server(from) => of_set(args, other.unwrap_or(&from.set))?,
        };
        if let Some(errors) = load::errors(&loaded.rules) {
            bail!("rule files have errors: {errors}");
        }
        Ok(loaded)
    }

    /// A set runs from now on. It is kept for a start without the server.
    pub(crate) fn took(&mut self, set: RuleTextSet) {
        if let Self::Server(from) = self {
            from.refused = None;
            from.keep(&set);
            from.set = set;
        }
    }

    /// A set was not taken.
    pub(crate) fn refused(&mut self, set: &RuleTextSet, why: &str) {
        if let Self::Server(from) = self {
            from.refused = Some((set.digest().to_owned(), why.to_owned()));
        }
    }

    /// What facts say of it; `refused` is why rules were not loaded anew, when that is not about a set of the server.
    pub(crate) fn standing(&self, refused: Option<String>) -> SetStanding {
        match self {
            Self::Files => SetStanding { refused, ..SetStanding::default() },
            Self::Server(from) => {
                let (refused_set, why) = from.refused.clone().unzip();
                let (set, by) = (from.set.digest().to_owned(), from.set.by().to_owned());
                let (refused, refused_set) = match (refused, why) {
                    (Some(own), None) => (Some(own), String::new()),
                    (_, why) => (why, refused_set.unwrap_or_default()),
                };
                SetStanding { set, by, refused, refused_set }
            }
        }
    }

    /// Where mappings and acceptances come from.
    pub(crate) fn brought<'a>(&'a self, args: &'a AgentArgs) -> Brought<'a> {
        match self {
            Self::Files => Brought::Files(&args.mapping),
            Self::Server(from) => Brought::Served(&from.set.texts().mappings),
        }
    }

    /// For the line that says what is watched by; empty for files.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Files => String::new(),
            Self::Server(from) => format!(" of the server's set {}", short(from.set.digest())),
        }
    }

    /// What keeps it from seeing other rules of the server, for a health line.
    pub(crate) fn trouble(&self, now: Time) -> Option<String> {
        let Self::Server(from) = self else { return None };
        let follower = from.follower.as_ref()?;
        if follower.has_ended() {
            return Some("rules: the thread that looks for others BROKE".to_owned());
        }
        let failing = follower.failing()?;
        Some(format!("rules: the server was not seen for {} s: {}", now.seconds_since(failing.since), failing.why))
    }
}

impl FromServer {
    fn first(url: &str, args: &AgentArgs) -> anyhow::Result<(Self, Loaded)> {
        let server = keeper::server(url, &args.forward)?;
        let kept = KeptRuleSet::new(&keeper::spool(&args.forward, args.keep.data.as_deref()));
        let copy = kept.load().unwrap_or_else(|error| {
            terminal::complain(&anyhow::Error::new(error).context("the set of rules of before cannot be used"));
            None
        });
        let patience = if copy.is_some() { PATIENCE_WITH_COPY } else { PATIENCE };
        let client = RuleClient::new(within(&server, patience));
        let fetched = ask(&mut client.context("rules cannot be asked for")?, patience);
        let from = |set: RuleTextSet, known: String, refused| Self {
            server,
            kept: kept.clone(),
            set,
            known,
            refused,
            follower: None,
        };
        let set = match (fetched, copy) {
            (Ok(set), copy) => return of_fetched(args, *set, copy, &kept, from),
            (Err(why), Some(copy)) => {
                let digest = short(copy.digest());
                terminal::say(&format!("{why}; the set of rules of before, {digest}, goes on\n"));
                copy
            }
            (Err(why), None) => bail!(
                "{why}; and `{}` holds no set of before: without rules nothing would be watched. Start it when the server can be \
                 reached, or give files with --rules",
                kept.path().display()
            ),
        };
        // It compiled once. What a selection of today or another version makes of it is not known.
        let loaded = of_set(args, &set)?;
        let known = set.digest().to_owned();
        let refused = load::errors(&loaded.rules).map(|errors| (known.clone(), errors));
        Ok((from(set, known, refused), loaded))
    }

    fn follow(&mut self, args: &AgentArgs) -> anyhow::Result<()> {
        let every = Duration::try_from_secs_f64(args.rules_every.max(0.1)).unwrap_or(Duration::from_secs(3_600));
        let client = RuleClient::new(within(&self.server, ONE_LOOK))?;
        let told = Box::new(|line: &str| terminal::say(&format!("{line}\n")));
        let follower = RuleFollower::start(client, Some(self.known.clone()), every, told);
        self.follower = Some(follower.context("failed to start the thread that looks for other rules")?);
        Ok(())
    }

    fn keep(&self, set: &RuleTextSet) {
        keep(&self.kept, set);
    }
}

/// From a set that came at the start, and the one of before.
fn of_fetched(
    args: &AgentArgs,
    set: RuleTextSet,
    copy: Option<RuleTextSet>,
    kept: &KeptRuleSet,
    from: impl FnOnce(RuleTextSet, String, Option<(String, String)>) -> FromServer,
) -> anyhow::Result<(FromServer, Loaded)> {
    let digest = set.digest().to_owned();
    let fetched = of_set(args, &set);
    let why = match &fetched {
        Ok(loaded) => match load::errors(&loaded.rules) {
            None => {
                keep(kept, &set);
                return fetched.map(|loaded| (from(set, digest, None), loaded));
            }
            Some(errors) => errors,
        },
        Err(error) => format!("{error:#}"),
    };
    let name = short(&digest);
    let before = copy.filter(|copy| copy.digest() != digest).and_then(|copy| {
        let loaded = of_set(args, &copy).ok().filter(|loaded| !loaded.rules.has_errors())?;
        Some((copy, loaded))
    });
    if let Some((copy, loaded)) = before {
        let old = short(copy.digest());
        terminal::say(&format!("the server's set of rules {name} is refused: {why}; that of before, {old}, goes on\n"));
        return Ok((from(copy, digest.clone(), Some((digest, why))), loaded));
    }
    // Most rules watch more than none.
    let loaded = fetched.with_context(|| format!("the server's set of rules {name} cannot be used"))?;
    terminal::say(&format!("of the server's set of rules {name} only what has no error runs: {why}\n"));
    Ok((from(set, digest.clone(), Some((digest, why))), loaded))
}

/// Asks for the set until it comes, the server refuses, or time is over.
fn ask(client: &mut RuleClient, patience: Duration) -> Result<Box<RuleTextSet>, String> {
    let until = Instant::now() + patience;
    let mut pause = Duration::from_millis(250);
    loop {
        let (why, after) = match client.fetch(None) {
            Fetched::Set(set) => return Ok(set),
            Fetched::Same => (String::new(), None),
            Fetched::Failed { why, after } => (why, after),
            Fetched::Refused { why } => return Err(format!("server {} gives no rules: {why}", client.base())),
        };
        let wait = after.unwrap_or(pause);
        if Instant::now() + wait >= until {
            return Err(format!("server {} gave no rules within {} s: {why}", client.base(), patience.as_secs()));
        }
        std::thread::sleep(wait);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn keep(kept: &KeptRuleSet, set: &RuleTextSet) {
    if let Err(error) = kept.save(set) {
        let error = anyhow::Error::new(error);
        terminal::complain(&error.context("the rules that run are not kept for a start without the server"));
    }
}

fn of_files(args: &AgentArgs) -> anyhow::Result<Loaded> {
    let config = load::config(&args.select)?;
    let rules = load::rule_set(&args.load, config.compile, &args.mapping)?;
    let acceptances = accepted::load(&args.keep.acceptances, &rules)?;
    Ok(Loaded { rules, acceptances })
}

fn of_set(args: &AgentArgs, set: &RuleTextSet) -> anyhow::Result<Loaded> {
    let texts = set.texts();
    let rules = load::rule_set_of(&args.load, load::config(&args.select)?.compile, texts)?;
    let acceptances = accepted::of_texts(load::pairs(&texts.acceptances), &rules)?;
    Ok(Loaded { rules, acceptances: Some(acceptances) })
}

/// The same server, and so much time for one request.
fn within(server: &Server, timeout: Duration) -> Server {
    let mut server = server.clone();
    server.timeout = timeout;
    server
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
