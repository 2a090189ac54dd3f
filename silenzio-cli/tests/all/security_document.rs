//! `docs/security.md` has estimates of exactly what `silenzio parameters` lists.

use crate::common::{silenzio, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../../docs/security.md");

/// The columns of a problem, which come before those of the attacks.
const PROBLEM: [&str; 4] = ["dimension", "modulus", "secret", "noise"];

/// The header and the rows of the table in the document whose first column has this name.
fn table(first: &str) -> (Vec<&'static str>, Vec<Vec<&'static str>>) {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let start = format!("| {first} |");
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(&start));
    let head = cells(lines.next().unwrap());
    let rows: Vec<_> = lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.len() == head.len()), "the table of {first}");
    (head, rows)
}

/// log2 of a cost: infinite for an attack beyond the estimator's range, `None` for an estimate that did not end.
fn bits(cell: &str) -> Option<f64> {
    match cell.trim_matches('*') {
        "–" => None,
        "∞" => Some(f64::INFINITY),
        number => Some(number.parse().unwrap()),
    }
}

/// The problem of an encryption as the document writes it.
fn problem(encryption: &Value) -> Vec<String> {
    let secret = &encryption["secret"];
    let mut distribution = secret["distribution"].as_str().unwrap().to_string();
    if let Some(block) = secret.get("block") {
        distribution += &format!(", blocks of {block}");
    }
    vec![
        encryption["dimension"].to_string(),
        format!("2^{}", encryption["log2_modulus"]),
        distribution,
        format!("2^{:.2}", encryption["log2_std"].as_f64().unwrap()),
    ]
}

fn encryptions() -> Vec<Value> {
    let output = silenzio(Path::new("."), &["parameters", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["version"], env!("CARGO_PKG_VERSION"));
    outcome["encryptions"].as_array().unwrap().clone()
}

#[test]
fn the_document_lists_every_encryption_of_the_program() {
    let (head, rows) = table("engine");
    assert_eq!(head[..3], ["engine", "set", "encryption"]);
    assert_eq!(head[3..], PROBLEM);
    let listed = encryptions().into_iter().map(|encryption| {
        let names =
            ["engine", "set", "encryption"].map(|name| encryption[name].as_str().unwrap().to_string());
        [names.to_vec(), problem(&encryption)].concat()
    });
    assert_eq!(rows, listed.collect::<Vec<_>>(), "scripts/estimate_security.py makes the tables");
}

#[test]
fn every_problem_is_estimated_at_128_bits_or_more() {
    let (head, rows) = table("dimension");
    let (least, attacks) = head[PROBLEM.len()..].split_last().unwrap();
    assert!(head.starts_with(&PROBLEM) && *least == "least");
    for attack in ["usvp", "bdd", "bdd_hybrid", "bdd_mitm_hybrid", "dual", "dual_hybrid"] {
        assert!(attacks.contains(&attack), "no {attack}");
    }
    let estimated: BTreeSet<Vec<&str>> = rows.iter().map(|row| row[..PROBLEM.len()].to_vec()).collect();
    assert_eq!(estimated.len(), rows.len(), "a problem is there twice");
    let listed: BTreeSet<Vec<String>> = encryptions().iter().map(problem).collect();
    let listed: BTreeSet<Vec<&str>> =
        listed.iter().map(|cells| cells.iter().map(String::as_str).collect()).collect();
    assert_eq!(estimated, listed, "scripts/estimate_security.py makes the tables");
    for row in &rows {
        let (least, costs) = row[PROBLEM.len()..].split_last().unwrap();
        let costs: Vec<Option<f64>> = costs.iter().map(|cell| bits(cell)).collect();
        let least = bits(least).unwrap();
        assert_eq!(costs.iter().flatten().copied().fold(f64::INFINITY, f64::min), least, "{row:?}");
        assert!(least >= 128.0, "{row:?}");
        // Estimates for large rings take hours. Only usvp is quick, and it says that they have hundreds of bits.
        let unfinished = costs.contains(&None);
        assert!(!unfinished || costs[0].is_some_and(|usvp| usvp > 256.0), "{row:?}");
    }
}

#[test]
fn people_get_a_line_for_every_encryption() {
    let output = silenzio(Path::new("."), &["parameters"]);
    assert_eq!(text(&output.stdout).lines().count(), 1 + encryptions().len());
}
