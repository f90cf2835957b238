//! `getopt(words, optstring)`: options of a command line, as the C function of that name finds them, but for long options,
//! which are stepped over. Stops at `--` and at the first word that is no option.

/// One option found: its letter (`?` when unknown), and its value if it takes one.
struct Found<'a> {
    letter: &'a [u8],
    value: Option<&'a [u8]>,
    /// Takes a value, but the words ended.
    missing: bool,
}

/// Gives option letters and values in order. An option whose value is missing gives an empty text instead of its letter.
pub(crate) fn all<'a>(words: &[&'a [u8]], options: &[u8], mut give: impl FnMut(&'a [u8])) {
    walk(words, options, |f| {
        if f.missing {
            give(&[]);
        } else {
            give(f.letter);
            if let Some(value) = f.value {
                give(value);
            }
        }
    });
}

/// The last value of option `letter`: the letter itself if it takes none, empty if its value is missing.
pub(crate) fn last<'a>(words: &[&'a [u8]], options: &[u8], letter: u8) -> Option<&'a [u8]> {
    let mut out = None;
    walk(words, options, |f| {
        if f.letter == [letter] {
            out = Some(if f.missing { &b""[..] } else { f.value.unwrap_or(f.letter) });
        }
    });
    out
}

fn walk<'a>(words: &[&'a [u8]], options: &[u8], mut found: impl FnMut(Found<'a>)) {
    // A leading colon only changes how C reports a missing value.
    let options = options.strip_prefix(b":").unwrap_or(options);
    let mut i = 0;
    while let Some(word) = words.get(i).copied() {
        i += 1;
        let Some(cluster) = word.strip_prefix(b"-").filter(|c| !c.is_empty()) else { return };
        if cluster == b"-" {
            return;
        }
        if cluster.first() == Some(&b'-') {
            continue;
        }
        let mut at = 0;
        while let Some(letter) = cluster.get(at..at + 1) {
            at += 1;
            let known = letter.first().filter(|l| **l != b':').and_then(|l| memchr::memchr(*l, options));
            let Some(place) = known else {
                found(Found { letter: b"?", value: None, missing: false });
                continue;
            };
            if options.get(place + 1) != Some(&b':') {
                found(Found { letter, value: None, missing: false });
                continue;
            }
            let rest = cluster.get(at..).unwrap_or(&[]);
            let value = if rest.is_empty() {
                i += 1;
                words.get(i - 1).copied()
            } else {
                Some(rest)
            };
            found(Found { letter, value, missing: value.is_none() });
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str], options: &str) -> String {
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        let mut found = Vec::new();
        all(&words, options.as_bytes(), |b| found.push(String::from_utf8_lossy(b).into_owned()));
        found.join(",")
    }

    #[test]
    fn clusters_values_and_ends() {
        assert_eq!(run(&["-l", "-p", "8080", "-e", "/bin/sh"], "lp:e:"), "l,p,8080,e,/bin/sh");
        assert_eq!(run(&["-lpe", "/bin/sh"], "lp:e:"), "l,p,e");
        assert_eq!(run(&["-thello"], "t:"), "t,hello");
        assert_eq!(run(&["-n", "--", "-t"], "nt:"), "n");
        assert_eq!(run(&["file", "-f"], "f"), "");
        assert_eq!(run(&["-x", "-n"], "n"), "?,n");
        assert_eq!(run(&["--exec", "-e"], "e"), "e");
        assert_eq!(run(&["-t"], "t:"), "");
        assert_eq!(run(&["-", "-n"], "n"), "");
        assert_eq!(run(&["-:"], "a:"), "?");
    }

    #[test]
    fn last_value_of_one_option() {
        let words: [&[u8]; 4] = [b"-t", b"v1", b"-t", b"v2"];
        assert_eq!(last(&words, b"t:", b't'), Some(&b"v2"[..]));
        assert_eq!(last(&words[..3], b"t:", b't'), Some(&b""[..]));
        assert_eq!(last(&[b"-n"], b"nt:", b't'), None);
        assert_eq!(last(&[b"-n"], b"nt:", b'n'), Some(&b"n"[..]));
    }
}
