//! Connections: made, accepted, listened for.

use std::net::IpAddr;

use avouch_finding::Connection;

use super::{OF_PATHS, Teller};
use crate::recorded::Recorded;

/// `EINPROGRESS` of Linux.
const IN_PROGRESS: i64 = 115;

impl Teller<'_> {
    /// The first of condensed connections.
    pub(super) fn connection(&mut self, c: &Connection) {
        let call = match (c.call.as_str(), c.direction.as_str()) {
            // What older records do not tell, but only one call does.
            ("", "out") => "connect",
            ("", "listen") => "listen",
            (call, _) => call,
        };
        self.call(call);
        self.opens_nothing();
        self.absent(OF_PATHS);
        self.no_path_args(|_| false);
        self.who(&c.who);
        self.result(c);
        self.text("fd.sockfamily", "ip");
        self.absent(&["fd.directory", "fd.filename", "fd.containerdirectory"]);
        match c.family.as_str() {
            "ipv4" => self.family("ipv4", "4"),
            "ipv6" => self.family("ipv6", "6"),
            _ => {}
        }
        // A call that failed left the socket as it was, and its record tells where it was to go.
        let failed = c.results.keys().any(|result| result.starts_with("errno"));
        if let (Ok(address), false) = (c.address.parse::<IpAddr>(), failed) {
            self.ends(c, address);
        }
    }

    fn family(&mut self, word: &str, character: &str) {
        self.text("fd.type", word);
        self.text("fd.typechar", character);
    }

    /// What came out, where it came out the same each time.
    fn result(&mut self, c: &Connection) {
        let mut results = c.results.keys();
        let (Some(one), None) = (results.next(), results.next()) else { return };
        match one.as_str() {
            // What is accepted has a number that is not told.
            "ok" if c.direction == "in" => {
                self.text("evt.res", "SUCCESS");
                self.flag("evt.failed", false);
            }
            "ok" => self.returned(0),
            "in_progress" => {
                self.int("evt.rawres", -IN_PROGRESS);
                self.text("evt.res", "EINPROGRESS");
                self.flag("evt.failed", true);
            }
            other => {
                if let Some(errno) = other.strip_prefix("errno ").and_then(|n| n.parse::<i64>().ok()) {
                    self.int("evt.rawres", errno.saturating_neg());
                    self.flag("evt.failed", true);
                }
            }
        }
    }

    fn ends(&mut self, c: &Connection, address: IpAddr) {
        let port = u64::from(c.port);
        if c.direction == "listen" {
            self.uint("fd.sport", port);
            self.absent(&["fd.cip", "fd.cport", "fd.cnet"]);
            self.flag("fd.is_server", true);
            self.protocol(c);
            for field in ["fd.ip", "fd.net"] {
                self.set(field, || Recorded::List(vec![Recorded::Ip(address)]));
            }
            for field in ["fd.port", "fd.proto"] {
                self.set(field, || Recorded::List(vec![Recorded::Uint(port)]));
            }
            return;
        }
        // Whether this machine's own address was reached; loopback ones count as local for activity, and not always for rules.
        if c.direction == "out" && !address.is_loopback() {
            self.flag("fd.is_server", c.local);
        }
        let Ok(own) = c.own_address.parse::<IpAddr>() else { return };
        self.protocol(c);
        let (client, server) = if c.direction == "in" { (address, own) } else { (own, address) };
        let client_port = u64::from(c.client_port);
        for (field, ip) in [("fd.cip", client), ("fd.cnet", client), ("fd.sip", server), ("fd.snet", server)] {
            self.set(field, || Recorded::Ip(ip));
        }
        self.uint("fd.cport", client_port);
        self.uint("fd.sport", port);
        for field in ["fd.ip", "fd.net"] {
            self.set(field, || Recorded::List(vec![Recorded::Ip(client), Recorded::Ip(server)]));
        }
        for field in ["fd.port", "fd.proto"] {
            self.set(field, || Recorded::List(vec![Recorded::Uint(client_port), Recorded::Uint(port)]));
        }
        self.set("fd.cproto", || Recorded::text(&client_port.to_string()));
        self.set("fd.sproto", || Recorded::text(&port.to_string()));
        // A connection that did not come about is named by what was asked for.
        let came_about = c.results.len() == 1 && c.results.contains_key("ok");
        if let (true, IpAddr::V4(from), IpAddr::V4(to)) = (came_about, client, server) {
            self.set("fd.name", || Recorded::text(&format!("{from}:{client_port}->{to}:{port}")));
        }
    }

    fn protocol(&mut self, c: &Connection) {
        if c.protocol != "unknown" {
            self.text("fd.l4proto", &c.protocol);
        }
    }
}
