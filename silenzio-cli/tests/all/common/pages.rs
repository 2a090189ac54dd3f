//! The Markdown pages of the repository: their links, headings and blocks of code.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap()
}

/// A page.
pub struct Page {
    /// Where it is.
    pub path: PathBuf,
    /// The links that are not to another site, as written.
    pub links: Vec<String>,
    /// The anchors of its headings.
    pub anchors: BTreeSet<String>,
    /// Its blocks of code.
    pub blocks: Vec<Block>,
}

/// A block of code.
pub struct Block {
    /// The text after its fence, such as `sh long`; empty for an indented block.
    pub info: String,
    /// The code.
    pub text: String,
}

impl Page {
    /// Reads a page.
    pub fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let (mut links, mut anchors, mut blocks) = (Vec::new(), BTreeSet::new(), Vec::new());
        let (mut heading, mut block): (Option<String>, Option<Block>) = (None, None);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. })
                    if !dest_url.contains("://") && !dest_url.starts_with("mailto:") =>
                {
                    links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    anchors.insert(anchor(&heading.take().unwrap()));
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info,
                        CodeBlockKind::Indented => CowStr::from(""),
                    };
                    block = Some(Block { info: info.into_string(), text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(block.take()),
                Event::Text(part) | Event::Code(part) => {
                    if let Some(block) = &mut block {
                        block.text.push_str(&part);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        Self { path, links, anchors, blocks }
    }

    /// The target of a link: a path, and the anchor there, which may be empty.
    pub fn target<'a>(&self, link: &'a str) -> (PathBuf, &'a str) {
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { self.path.clone() } else { self.path.parent().unwrap().join(path) };
        (target, anchor)
    }

    /// The path of the page from the root of the repository.
    pub fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }
}

/// The anchor that readers of Markdown give to a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().trim().replace(' ', "-")
}

/// The pages of the book.
pub fn book() -> Vec<Page> {
    let mut paths = Vec::new();
    find(&root().join("docs"), &mut paths);
    paths.into_iter().map(Page::read).collect()
}

/// All pages: those of the book, and all others.
pub fn all() -> Vec<Page> {
    let elsewhere =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| markdown(path));
    let folders = ["data/README.md", "python/README.md"].map(|name| root().join(name));
    book().into_iter().chain(elsewhere.chain(folders).map(Page::read)).collect()
}

fn markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, found);
        } else if markdown(&path) {
            found.push(path);
        }
    }
}
