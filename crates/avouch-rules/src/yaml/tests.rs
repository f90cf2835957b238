use avouch_diagnostics::FileId;

use super::*;

/// The first document's value of `key`, and for each word of it the text that stands at its place in the file.
fn words(file: &str) -> Vec<(String, String)> {
    let (docs, problem) = documents(FileId(0), file);
    assert_eq!(problem, None);
    let value = docs[0].get("k").unwrap();
    let text = value.mapped(file);
    assert_eq!(text.as_str(), value.text().unwrap());
    let mut out = Vec::new();
    for word in text.as_str().split_whitespace() {
        let at = word.as_ptr() as usize - text.as_str().as_ptr() as usize;
        let span = text.places().leaf(at..at + word.len());
        out.push((word.to_owned(), file[span.start as usize..span.end as usize].to_owned()));
    }
    out
}

#[test]
fn words_are_found_through_every_style() {
    for file in [
        "k: ab cd é.f gh",
        "k: ab\n  cd é.f\n  gh\n",
        "k: >\n  ab cd\n\n  é.f\n    gh\n",
        "k: |- # note\n  ab\n  cd\n  é.f gh\n# after\n",
        "k: 'ab cd\n\n  é.f gh'\n",
        "k: \"ab cd\n   é.f \\\n   gh\"",
        "\u{feff}k: ab cd é.f gh",
    ] {
        let found = words(file);
        assert_eq!(found.iter().map(|w| w.0.as_str()).collect::<Vec<_>>(), ["ab", "cd", "é.f", "gh"], "{file}");
        for (word, place) in found {
            assert_eq!(word, place, "{file}");
        }
    }
}

#[test]
fn escapes_are_undone() {
    assert_eq!(words("k: 'a ''b'' c'")[1], ("'b'".to_owned(), "''b'".to_owned()));
    let found = words(r#"k: "a \"b\" \\c d\n e""#);
    assert_eq!(found[1], ("\"b\"".to_owned(), "\\\"b\\".to_owned()));
    assert_eq!(found[2], ("\\c".to_owned(), "\\\\c".to_owned()));
    assert_eq!(found[4], ("e".to_owned(), "e".to_owned()));
}

#[test]
fn truth_values() {
    let value = |t: &str| documents(FileId(0), &format!("k: {t}")).0[0].get("k").unwrap().as_bool();
    for t in ["true", "True", "TRUE", "yes", "y", "Y", "on"] {
        assert_eq!(value(t), Some(true), "{t}");
    }
    assert_eq!(value("Off"), Some(false));
    for t in ["tRUE", "1", "truee", "", "é"] {
        assert_eq!(value(t), None, "{t}");
    }
}

#[test]
fn hostile_files_are_refused() {
    let problem = |t: &str| documents(FileId(0), t).1.map(|p| p.title).unwrap_or_default();
    assert!(problem(&format!("{}{}", "[".repeat(100), "]".repeat(100))).contains("nested deeper"));
    assert_ne!(problem(&"[".repeat(100_000)), "");
    assert_ne!(problem(&"- ".repeat(100_000)), "");
    assert_ne!(problem("a: *x"), "");
    assert!(problem("this : is : not : yaml").contains("not YAML"));
    let mut bomb = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let all = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("- &a{i} [{all}]\n"));
    }
    assert!(problem(&bomb).contains("aliases written out"));
}

#[test]
fn spans_end_with_the_last_part() {
    let file = "- a: 1\n  b: >\n    x\n\n# note\n\n- c: [1,\n 2]\n";
    let (docs, _) = documents(FileId(0), file);
    let cut = |n: &Node| file[n.span.start as usize..n.span.end as usize].to_owned();
    let items = docs[0].items().unwrap();
    assert_eq!(cut(&items[0]), "a: 1\n  b: >\n    x");
    assert_eq!(cut(&items[1]), "c: [1,\n 2]");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[ \\n\\t\\[\\]{}:,\\-\"'&*!|>%#?a-c0-9.\\\\é\u{feff}\u{0}\u{85}]{0,60}") {
        let (docs, _) = documents(FileId(0), &text);
        for doc in docs {
            let mut all = vec![doc];
            while let Some(node) = all.pop() {
                let _ = node.mapped(&text).places().leaf(0..1);
                all.extend(node.items().into_iter().flatten().cloned());
                all.extend(node.entries().into_iter().flatten().flat_map(|(k, v)| [Rc::clone(k), Rc::clone(v)]));
            }
        }
    }
}
