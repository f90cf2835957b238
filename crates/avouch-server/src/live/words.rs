//! Free text as the store's index reads it, for findings that do not stand there yet.

/// Words that a text has to contain: phrases, each a run of words one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    phrases: Vec<Vec<String>>,
    /// The very last word may go on.
    open: bool,
}

/// Runs of letters and digits, in lower case.
fn words(text: &str) -> Vec<String> {
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_lowercase).collect()
}

impl Words {
    /// Reads it as [`avouch_store::Filter::text`] says.
    pub(super) fn new(text: &str) -> Self {
        let mut phrases = Vec::new();
        for (n, piece) in text.split('"').enumerate() {
            // Pieces between quotes stay whole.
            let (whole, apart) = if n % 2 == 1 { (Some(piece), "") } else { (None, piece) };
            for phrase in whole.into_iter().chain(apart.split_whitespace()) {
                let phrase: String = phrase.chars().filter(|c| *c != '\0').collect();
                phrases.push(words(&phrase));
            }
        }
        phrases.retain(|phrase| !phrase.is_empty());
        Self { phrases, open: text.ends_with(char::is_alphanumeric) }
    }

    /// Whether a text contains them all.
    pub(super) fn are_in(&self, text: &str) -> bool {
        if self.phrases.is_empty() {
            return true;
        }
        let text = words(text);
        let last = self.phrases.len() - 1;
        self.phrases.iter().enumerate().all(|(n, phrase)| {
            let open = self.open && n == last;
            text.windows(phrase.len()).any(|run| same(run, phrase, open))
        })
    }
}

fn same(run: &[String], phrase: &[String], open: bool) -> bool {
    let (Some((end, run)), Some((wanted, phrase))) = (run.split_last(), phrase.split_last()) else { return false };
    run == phrase && (end == wanted || open && end.starts_with(wanted.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str, text: &str) -> bool {
        Words::new(query).are_in(text)
    }

    #[test]
    fn words_are_whole_but_for_the_very_last() {
        let text = "A shell read /etc/passwd (user=root command=cat /etc/passwd)";
        for query in [
            "shell",
            "SHELL passwd",
            "/etc/pass",
            "etc/passwd",
            "\"shell read\"",
            "root cat",
            "",
            " / ",
            "\"user root\"",
        ] {
            assert!(found(query, text), "{query}");
        }
        for query in ["shel passwd", "/etc/pass ", "passwd/etc", "\"read shell\"", "\"shell etc\"", "hell", "ro\0ot2"] {
            assert!(!found(query, text), "{query}");
        }
        assert!(found("ro\0ot", text), "as the store, which takes it out");
    }
}
