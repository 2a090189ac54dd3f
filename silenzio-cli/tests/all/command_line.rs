//! Completions and man pages, which are generated from the command line.

use crate::common::{folder, silenzio, text};
use std::fs;
use std::path::Path;

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = silenzio(Path::new("."), &["completions", shell]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let script = text(&output.stdout);
        for command in silenzio_cli::command_line().get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
        }
    }
}

#[test]
fn every_command_has_a_man_page() {
    let folder = folder(&[]);
    let output = silenzio(folder.path(), &["man", "share/man1"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for command in silenzio_cli::command_line().get_subcommands() {
        let path = folder.path().join(format!("share/man1/silenzio-{}.1", command.get_name()));
        let page = fs::read_to_string(&path).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{}", path.display());
    }
    assert!(folder.path().join("share/man1/silenzio.1").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder(&[("pages", b"a file")]);
    let output = silenzio(folder.path(), &["man", "pages"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: pages: cannot be written"), "{}", text(&output.stderr));
}
