//! Control lists, acceptances and the other files of `controls/`.

use avouch_controls::check_file;
use avouch_diagnostics::{SourceMap, render_concise, render_text};

/// Any text is looked at as the file that it seems to be, and every problem can be shown.
pub fn controls(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut map = SourceMap::default();
    let file = map.add("list.yaml", text);
    let (kind, problems) = check_file(file, text);
    assert_eq!(check_file(file, text).0, kind, "a text says the same twice");
    assert_eq!(problems.is_empty(), render_concise(&map, &problems).is_empty(), "every problem is told");
    drop(render_text(&map, &problems, false));
}
