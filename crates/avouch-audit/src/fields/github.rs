//! `github.*`: GitHub webhooks. Declared so that rules over it load with a warning; there is no source for it yet.

use avouch_event::FieldType;

use super::row::Row;

const CLASS: &str = "github";

const fn text(name: &'static str, doc: &'static str) -> Row {
    Row::sourceless(CLASS, name, FieldType::Charbuf, doc)
}

pub(super) const ROWS: &[Row] = &[
    text("github.type", "Webhook_type added by the plugin."),
    text("github.action", "Value at /action."),
    text("github.user", "Value at /sender/login."),
    text("github.repo", "Value at /repository/html_url (old name).").deprecated(),
    text("github.repo.url", "Value at /repository/html_url."),
    text("github.repo.name", "Html_url without the https://github.com/ prefix."),
    text("github.repo.description", "Value at /repository/description."),
    text("github.org", "Value at /organization/login."),
    text("github.owner", "Value at /repository/owner/login."),
    text("github.repo.public", "True unless /repository/private."),
    text("github.collaborator.name", "Value at /member/login."),
    text("github.collaborator.role", "Value at /changes/permission/to."),
    text("github.webhook.id", "Value at /hook/id."),
    text("github.webhook.type", "Value at /hook/type."),
    text("github.commit.added", "Added files of all commits, comma list."),
    text("github.commit.modified", "Modified files of all commits, comma list."),
    text("github.commit.removed", "Removed files of all commits, comma list."),
    text("github.diff.has_secrets", "True when the plugin's scan of pushed diffs found a secret."),
    text("github.diff.committed_secrets.desc", "Descriptions of found secrets."),
    text("github.diff.committed_secrets.files", "Files holding found secrets."),
    text("github.diff.committed_secrets.lines", "Line numbers of found secrets."),
    text("github.diff.committed_secrets.links", "Source links of found secrets."),
    text("github.workflow.has_miners", "True when the plugin's scan of the workflow found a miner."),
    text("github.workflow.miners.type", "Kinds of miners found."),
    text("github.workflow.filename", "Value at /workflow/path."),
];
