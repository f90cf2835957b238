//! What a reader gets out of the two files.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// The text of an HTML file without its head, and whether its tags are balanced.
pub(crate) fn html_text(html: &str) -> Result<String, String> {
    let body = html.split_once("<body>").ok_or("no body")?.1;
    let mut open: Vec<&str> = vec!["html", "body"];
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        // Attributes are written with `>` escaped, so a tag ends at the next one.
        let (tag, after) = after.split_once('>').ok_or("a tag does not end")?;
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !name.chars().all(|c| c.is_ascii_alphanumeric()) || name.is_empty() {
            return Err(format!("a tag that nobody wrote: <{tag}>"));
        }
        if matches!(name, "script" | "style" | "iframe" | "img" | "form" | "link" | "object") {
            return Err(format!("<{name}> in the body"));
        }
        // What stands outside of quotes: names of attributes.
        let names: String = tag.split('"').step_by(2).collect();
        if names.contains(" on") || names.contains("style=") {
            return Err(format!("a handler or a style in <{tag}>"));
        }
        if tag.starts_with('/') {
            let top = open.pop();
            if top != Some(name) {
                return Err(format!("</{name}> closes {top:?}"));
            }
        } else if !tag.ends_with('/') && name != "col" {
            open.push(name);
        }
        if name == "desc" && !tag.starts_with('/') {
            // Not shown: the words stand below the drawing as well.
            let (_, after) = rest.split_once("</desc>").ok_or("<desc> does not end")?;
            rest = after;
            open.pop();
        }
    }
    text.push_str(rest);
    if !open.is_empty() {
        return Err(format!("not closed: {open:?}"));
    }
    Ok(text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&"))
}

/// The pages' text without their heads and feet, in the order in which it is drawn; `None` where `pdftotext` is not
/// installed.
pub(crate) fn pdf_text(pdf: &[u8]) -> Option<String> {
    // The area between head and foot of a page, in points: the margins of `pdf/sheet.rs`.
    let area = ["-x", "0", "-y", "52", "-W", "612", "-H", "738"];
    let child = Command::new("pdftotext")
        .args(["-q", "-raw", "-enc", "UTF-8", "-r", "72"])
        .args(area)
        .args(["-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "pdftotext (poppler-utils) is not installed");
        println!("skipped: pdftotext (poppler-utils) is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().expect("stdin");
    let bytes = pdf.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = child.wait_with_output().expect("pdftotext runs");
    writer.join().expect("writer").expect("pdftotext reads");
    assert!(out.status.success(), "pdftotext refuses the file");
    Some(String::from_utf8(out.stdout).expect("UTF-8"))
}
