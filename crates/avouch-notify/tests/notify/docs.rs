//! The examples of the page are right.

use avouch_notify::{Config, Notifier};

#[test]
fn the_examples_of_the_page_are_read_and_there_is_one_for_each_means() {
    let page = include_str!("../../../../docs/NOTIFICATIONS.md");
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    let config = Config::parse("first", blocks[0]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((config.channels.len(), config.routes.len()), (2, 2));
    // Of the second block each entry is what stands under `to`.
    let mut entries: Vec<String> = Vec::new();
    for line in blocks[1].lines() {
        match entries.last_mut().filter(|_| line.starts_with(' ')) {
            Some(entry) => entry.push_str(line),
            None => entries.push(line.to_owned()),
        }
    }
    let channels: String =
        entries.iter().enumerate().map(|(n, e)| format!("- {{name: c{n}, to: {{{e}}}}}\n")).collect();
    let config = Config::parse("second", &format!("channels:\n{channels}")).unwrap_or_else(|e| panic!("{e}"));
    let mut means: Vec<&str> = config.channels.iter().map(|c| c.to.means()).collect();
    means.sort_unstable();
    let wanted = [
        "alertmanager",
        "email",
        "falcosidekick",
        "file",
        "opsgenie",
        "pagerduty",
        "slack",
        "stdout",
        "syslog",
        "teams",
        "webhook",
    ];
    assert_eq!(means, wanted);
}

/// A server shares it between threads.
#[test]
fn a_notifier_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Notifier>();
}
