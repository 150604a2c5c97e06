//! The style sheet and the script, under names that change with their content, so that browsers may keep them.

use std::sync::LazyLock;

use hafs_proto::ContentHash;

/// Where the pages are. The session's cookie goes nowhere else.
pub const ROOT: &str = "/web";

/// A file that pages need.
#[derive(Debug)]
pub struct Asset {
    /// Its address.
    pub path: String,
    /// Its media type.
    pub media: &'static str,
    /// What is in it.
    pub text: &'static str,
}

/// The style sheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("style", "css", "text/css; charset=utf-8", include_str!("../assets/style.css")));
/// The script.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("page", "js", "text/javascript; charset=utf-8", include_str!("../assets/page.js"))
});

fn asset(name: &str, kind: &str, media: &'static str, text: &'static str) -> Asset {
    let hash: String = ContentHash::of(text.as_bytes()).to_string().chars().take(12).collect();
    Asset { path: format!("{ROOT}/assets/{name}-{hash}.{kind}"), media, text }
}
