//! No receipt, status, error or `Debug` shows a secret, also when the receiver repeats it.

use avouch_finding::{Delivered, Severity};
use avouch_notify::Config;

use crate::sink::{Reply, Sink};
use crate::world::{Tell as _, World, finding, start};

#[test]
fn a_receiver_that_repeats_what_it_got_gives_no_secret_away() {
    for (means, status) in [
        ("slack: {url: 'env:URL'}", 400),
        ("teams: {url: 'env:URL'}", 500),
        ("webhook: {url: 'env:URL'}", 200),
        ("pagerduty: {routing_key: 'env:KEY', base: 'BASE'}", 400),
        ("opsgenie: {api_key: 'env:KEY', base: 'BASE'}", 422),
        ("webhook: {url: 'BASE', secret: 'env:KEY', secret_headers: {authorization: 'env:KEY'}}", 500),
        ("alertmanager: {url: 'BASE', token: 'env:KEY'}", 400),
        ("falcosidekick: {url: 'env:URL'}", 400),
    ] {
        let sink = Sink::start(move |request, _| {
            // The short texts first: an answer is told by its beginning.
            let said = format!("{} {:?} {}", request.path, request.headers, String::from_utf8_lossy(&request.body));
            Reply::Say(status, "", said.replace('{', ""))
        });
        let world = World::new(&[("KEY", "hunter2hunter2"), ("URL", &format!("{}/services/hunter2hunter2", sink.url))]);
        let yaml = format!(
            "channels: [{{name: it, to: {{{}}}, retry: {{attempts: 1}}}}]\nroutes: [{{name: all, channels: [it], group_wait: 0s}}]",
            means.replace("BASE", &sink.url)
        );
        let config = Config::parse("x", &yaml).unwrap();
        let (notifier, receipts) = start(&yaml, &world);
        notifier.findings(&[finding(1, "r", Severity::High)]);
        let receipt = receipts.wait_for(1).remove(0);
        assert_eq!(receipt.state, if status == 200 { Delivered::Delivered } else { Delivered::Failed }, "{means}");
        let request = &sink.requests()[0];
        let got = format!("{} {:?} {}", request.path, request.headers, String::from_utf8_lossy(&request.body));
        let signed = means.contains("secret:");
        assert!(got.contains("hunter2") || signed, "the receiver did get it: {got}");
        let shown =
            format!("{receipt:?} {:?} {config:?} {}", notifier.status(), serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("hunter2"), "{means}: {shown}");
    }
}

#[test]
fn an_address_that_cannot_be_reached_is_told_without_its_path() {
    let port = crate::receiver::free_port();
    let world = World::new(&[("URL", &format!("http://127.0.0.1:{port}/services/hunter2"))]);
    let yaml = "channels: [{name: it, to: {slack: {url: 'env:URL'}}, retry: {attempts: 1}}]\nroutes: [{name: all, channels: [it], group_wait: 0s}]";
    let (notifier, receipts) = start(yaml, &world);
    notifier.findings(&[finding(1, "r", Severity::High)]);
    let receipt = receipts.wait_for(1).remove(0);
    assert!(receipt.answer.contains(&format!("127.0.0.1:{port}")) && !receipt.answer.contains("hunter2"));
    world.set("URL", "not an address hunter2");
    notifier.reload(Config::parse("x", yaml).unwrap()).unwrap();
    let why = notifier.status().channels[0].broken.clone().unwrap();
    assert!(why.contains("env:URL") && !why.contains("hunter2"), "{why}");
}
