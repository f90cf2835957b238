//! Diagnostics as text, one-liners, JSON and SARIF.

mod concise;
mod json;
mod lines;
mod sarif;
mod text;

pub use concise::render_concise;
pub use json::render_json;
pub use sarif::render_sarif;
pub use text::render_text;

#[cfg(test)]
mod tests;
