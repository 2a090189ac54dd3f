//! The documentation agrees with the repository: its pages, links, commands, plans and programs exist and work.

use crate::common::pages::{Block, Page, all, book, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_summary_lists_every_page_of_the_book() {
    let summary = Page::read(root().join("docs/SUMMARY.md"));
    let listed: BTreeSet<PathBuf> = summary.links.iter().map(|link| root().join("docs").join(link)).collect();
    let there: BTreeSet<PathBuf> =
        book().into_iter().map(|page| page.path).filter(|path| !path.ends_with("SUMMARY.md")).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md does not list {missing:?}");
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "docs/SUMMARY.md lists {gone:?}, which do not exist");
}

#[test]
fn every_link_leads_somewhere() {
    for page in all() {
        for link in &page.links {
            let (target, anchor) = page.target(link);
            assert!(target.exists(), "{}: the link {link} leads to nothing", page.name());
            if !anchor.is_empty() {
                let anchors = Page::read(target).anchors;
                assert!(anchors.contains(anchor), "{}: no heading for {link} among {anchors:?}", page.name());
            }
        }
    }
}

#[test]
fn links_of_the_book_stay_within_the_book() {
    let docs = root().join("docs");
    for page in book() {
        for link in &page.links {
            let within = page.target(link).0.canonicalize().is_ok_and(|path| path.starts_with(&docs));
            assert!(within, "{}: {link} is not in the book", page.name());
        }
    }
}

/// The commands of a block: lines of `sh` and indented blocks, and what is behind a prompt in `console` blocks.
fn commands(block: &Block) -> Vec<Vec<String>> {
    let text = block.text.replace("\\\n", " ");
    let language = block.info.split_whitespace().next().unwrap_or("");
    let lines: Vec<&str> = match language {
        "console" => {
            text.lines().filter_map(|line| line.split_once("$ ").map(|(_, command)| command)).collect()
        }
        "" | "sh" => text.lines().collect(),
        _ => vec![],
    };
    lines.into_iter().filter_map(shlex::split).filter(|words| !words.is_empty()).collect()
}

/// The arguments of `silenzio` in a command, if it is one of that program.
fn arguments(command: &[String]) -> Option<&[String]> {
    let command = command.split(|word| [">", "|", "&&", ";"].contains(&word.as_str())).next()?;
    let start = ["cargo", "run", "--release", "--"];
    match command.first()?.as_str() {
        "silenzio" => Some(command),
        "cargo" if command.len() > 4 && command.iter().zip(start).all(|(word, start)| word == start) => {
            Some(&command[3..])
        }
        _ => None,
    }
}

#[test]
fn every_command_line_is_understood() {
    let mut found = 0;
    for page in all() {
        for command in page.blocks.iter().flat_map(commands) {
            let Some(arguments) = arguments(&command) else { continue };
            found += 1;
            let matches = silenzio_cli::command_line().try_get_matches_from(arguments);
            if let Err(error) = matches {
                // Asking for help is not an error.
                assert_eq!(error.exit_code(), 0, "{}: `{}`\n{error}", page.name(), command.join(" "));
            }
        }
    }
    assert!(found > 40, "{found} commands are not all there are");
}

#[test]
fn every_file_that_a_command_names_exists() {
    for page in all() {
        for command in page.blocks.iter().flat_map(commands) {
            for word in &command {
                let named = ["plans/", "scripts/", ".ci/"].iter().any(|folder| word.starts_with(folder));
                if named && !word.contains('*') {
                    let there = root().join(word).exists();
                    assert!(
                        there,
                        "{}: `{}` names {word}, which does not exist",
                        page.name(),
                        command.join(" ")
                    );
                }
            }
        }
    }
}

/// Copies a folder of files.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// `sh` blocks work, one page after the other, each in a folder with the plans and data of the repository. Blocks
/// of `sh long` take too long, or need what a test should not install.
#[test]
fn quick_commands_work() {
    let program = Path::new(env!("CARGO_BIN_EXE_silenzio")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut run = 0;
    for page in all() {
        let blocks: Vec<&Block> = page.blocks.iter().filter(|block| block.info == "sh").collect();
        if blocks.is_empty() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        for name in ["plans", "plans/sweeps", "data"] {
            copy(&root().join(name), &folder.path().join(name));
        }
        for block in blocks {
            let script = ["-e", "-u", "-c", &block.text];
            let output = Command::new("bash")
                .args(script)
                .env("PATH", &path)
                .current_dir(folder.path())
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{}:\n{}\n{errors}", page.name(), block.text);
            run += 1;
        }
    }
    assert!(run >= 7, "{run} blocks are not all there are");
}

/// The program in a page's first block of a language, and the file that it is, without the comments at its top.
fn assert_program(page: &str, language: &str, file: &str, comment: &str) {
    let page = Page::read(root().join(page));
    let block = page.blocks.iter().find(|block| block.info == language).unwrap();
    let text = fs::read_to_string(root().join(file)).unwrap();
    let program = text.lines().skip_while(|line| line.starts_with(comment) || line.is_empty());
    let program: Vec<&str> = program.collect();
    assert_eq!(block.text.trim_end(), program.join("\n").trim_end(), "{} is not {file}", page.name());
}

#[test]
fn the_programs_of_the_readme_are_examples_that_tests_run() {
    assert_program("README.md", "rust", "examples/first_training.rs", "//!");
    assert_program("README.md", "python", "python/examples/first_training.py", "\"\"\"");
}

/// The reference of the command line, from its description.
fn reference() -> String {
    let mut program = silenzio_cli::command_line().term_width(100);
    program.build();
    let mut text = String::from(
        "# The command line\n\nWhat `silenzio --help` and `silenzio COMMAND --help` print. This page is generated: a test \
         compares it with the\nprogram, and `UPDATE_DOCUMENTS=1 cargo test --release -p silenzio-cli --test all documents` \
         writes it again.\n",
    );
    text += &section("silenzio", &mut program);
    for command in program.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        text += &section(&format!("silenzio {}", command.get_name()), command);
    }
    text
}

fn section(name: &str, command: &mut clap::Command) -> String {
    let help = command.clone().term_width(100).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end())
}

#[test]
fn the_reference_of_the_command_line_is_the_programs() {
    let path = root().join("docs/cli.md");
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, reference()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference(),
        "docs/cli.md is not what the program says: `UPDATE_DOCUMENTS=1 cargo test --release -p silenzio-cli --test all \
         documents` writes it again"
    );
}
