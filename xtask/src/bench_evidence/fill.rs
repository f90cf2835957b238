//! Outputs of rules, filled in with made-up values.

use serde_json::{Map, Value as Json};

/// Numbers in no order, the same in every run (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// True in so many of a thousand cases.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let n = self.below(of.len() as u64);
        usize::try_from(n).ok().and_then(|n| of.get(n)).copied().unwrap_or_default()
    }
}

/// An output: texts, and fields between them.
pub(super) struct Template(Vec<Piece>);

enum Piece {
    Text(String),
    Field(String),
}

impl Template {
    /// `%name` and `%name[argument]` are fields.
    pub(super) fn parse(output: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = output;
        while let Some((text, after)) = rest.split_once('%') {
            pieces.push(Piece::Text(text.to_owned()));
            let name =
                after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))).unwrap_or(after.len());
            let end = match after.get(name..) {
                Some(tail) if tail.starts_with('[') => tail.find(']').map_or(after.len(), |n| name + n + 1),
                _ => name,
            };
            let (field, tail) = after.split_at(end);
            pieces.push(Piece::Field(field.trim_end_matches('.').to_owned()));
            rest = tail;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self(pieces)
    }

    /// The output and its fields.
    pub(super) fn fill(&self, dice: &mut Dice) -> (String, Map<String, Json>) {
        let (mut text, mut fields) = (String::new(), Map::new());
        for piece in &self.0 {
            match piece {
                Piece::Text(t) => text.push_str(t),
                Piece::Field(name) => {
                    let value = value(name, dice);
                    text.push_str(&value);
                    fields.insert(name.clone(), Json::String(value));
                }
            }
        }
        (text, fields)
    }
}

/// A value as a field of that name might have it; few different ones where life has few.
fn value(name: &str, dice: &mut Dice) -> String {
    let programs = ["bash", "sh", "python3", "curl", "java", "nginx", "node", "cat", "find", "kubectl", "tar", "ssh"];
    let users = ["root", "www-data", "deploy", "postgres", "ann", "ben", "carol", "nobody"];
    let namespaces = ["shop", "payments", "search", "data", "monitoring", "kube-system", "ci"];
    let images = ["shop/cart", "shop/web", "search/index", "data/etl", "library/postgres", "library/nginx"];
    let workloads = ["cart", "web", "index", "etl", "db", "proxy"];
    match name.split('[').next().unwrap_or_default() {
        "proc.name" | "proc.pname" | "proc.aname" => dice.one(&programs).to_owned(),
        "proc.exepath" | "proc.exe" => format!("/usr/bin/{}", dice.one(&programs)),
        "proc.cmdline" | "proc.pcmdline" | "proc.acmdline" => {
            format!(
                "{} --config /etc/app/{}.conf --job {}",
                dice.one(&programs),
                dice.one(&workloads),
                dice.below(5000)
            )
        }
        "user.name" | "user.loginname" => dice.one(&users).to_owned(),
        "ka.user.name" => format!("system:serviceaccount:{}:{}", dice.one(&namespaces), dice.one(&workloads)),
        "ct.user" | "ct.user.arn" => format!("arn:aws:iam::123456789012:user/{}", dice.one(&users)),
        "container.id" => format!("{:012x}", dice.below(4000).wrapping_mul(68_719_477)),
        "container.name" => format!("{}-{}", dice.one(&workloads), dice.below(40)),
        "container.image.repository" | "container.image" => format!("registry.example.com/{}", dice.one(&images)),
        "k8s.ns.name" | "ka.target.namespace" => dice.one(&namespaces).to_owned(),
        "k8s.pod.name" | "ka.target.pod.name" => format!("{}-{:05x}", dice.one(&workloads), dice.below(600)),
        "fd.name" | "fs.path.name" => format!("/var/lib/{}/file-{}", dice.one(&workloads), dice.below(20_000)),
        "ka.target.name" => format!("{}-{}", dice.one(&workloads), dice.below(300)),
        "ct.srcip" | "fd.rip" | "fd.sip" | "fd.cip" => {
            format!("10.{}.{}.{}", dice.below(4), dice.below(250), dice.below(250))
        }
        _ => format!("{}-{}", dice.one(&workloads), dice.below(1000)),
    }
}
