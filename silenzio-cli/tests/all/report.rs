//! `silenzio report`: pages from results of all kinds, and from malicious files.

use crate::common::{CSV, PLAN, folder, silenzio, text};
use serde_json::{Value, json};
use std::path::Path;

const HOSTILE: &str = "<script>alert('1')</script>\"&\u{1}\u{202e}";

/// A training on ciphertexts, as `rehearse --json` prints it.
fn training(class: &str, file: &str) -> Value {
    json!({
        "plan": { "data": { "file": file }, "engine": { "kind": "approximate" }, "training": { "seed": 1 } },
        "network": "4-8-2",
        "test_accuracy": 0.9,
        "accuracies": [0.5, 0.8, 0.9],
        "steps_per_epoch": 10,
        "confusion": { "classes": [class, "b"], "counts": [[9, 1], [0, 10]] },
        "cost": {
            "threads": 2, "steps": 25, "samples": 100, "key_seconds": 1.5, "key_bytes": 3_000_000,
            "encryption_seconds": 0.1, "training_seconds": 250.0, "overhead": null,
            "operations": { "bootstraps": { "coarse": 100, "fine": 2000 }, "others": { "external products": 7 } },
        },
    })
}

/// Checks that a page is one file in which elements are nested correctly, and returns it.
fn page(folder: &Path) -> String {
    let html = std::fs::read_to_string(folder.join("out/index.html")).unwrap();
    let addresses = html.matches("http").count() - html.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(addresses, 0, "the page names an address");
    let mut open: Vec<&str> = Vec::new();
    let body = html.split_once("<body>").unwrap().1;
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        match tag.strip_prefix('/') {
            Some("body" | "html") => {}
            Some(name) => assert_eq!(open.pop(), Some(name), "closed out of turn"),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    html
}

/// The plots beside a page, which must all be XML.
fn plots(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.join("out")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "svg") {
            let svg = std::fs::read_to_string(&path).unwrap();
            let document = roxmltree::Document::parse(&svg).unwrap();
            assert!(document.descendants().all(|node| node.tag_name().name() != "script"));
            assert!(document.descendants().any(|node| node.tag_name().name() == "text"), "text stays text");
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    names.sort();
    names
}

fn report(folder: &Path, runs: &[&str]) {
    let output = silenzio(folder, &[&["report", "--force", "--out", "out"], runs].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn results_of_all_kinds_make_a_page() {
    let plan = format!("{PLAN}[model]\nhidden = [3]\n[training]\nepochs = 4\n");
    let grid = "plan = 'plan.toml'\n[grid]\ntraining.learning_rate = [0.1, 0.2]\nengine.bits.deltas = [4]\n";
    let folder = folder(&[
        ("plan.toml", plan.as_bytes()),
        ("data.csv", CSV.as_bytes()),
        ("grid.toml", grid.as_bytes()),
        ("trained.json", training("a", "data.csv").to_string().as_bytes()),
    ]);
    let simulated = silenzio(folder.path(), &["simulate", "plan.toml", "--seeds", "2", "--json"]);
    std::fs::write(folder.path().join("simulated.json"), simulated.stdout).unwrap();
    assert!(silenzio(folder.path(), &["sweep", "grid.toml"]).status.success());
    report(folder.path(), &["simulated.json", "trained.json", "grid.csv"]);

    assert_eq!(
        plots(folder.path()),
        [
            "run-1-bootstraps",
            "run-1-confusion-simulated",
            "run-1-learning-curves",
            "run-2-bootstraps",
            "run-2-confusion-encrypted",
            "run-2-learning-curves",
            "run-2-seconds",
            "sweep-1-2-training-learning_rate",
        ]
    );
    let html = page(folder.path());
    for part in
        ["data, 2-3-2, exact engine", "90.0%", "Learning curves", "training.learning_rate", "left", "2,100"]
    {
        assert!(html.contains(part), "{part:?} is not on the page");
    }
}

#[test]
fn what_the_program_prints_is_what_a_page_is_made_from() {
    let folder = folder(&[("data.csv", CSV.as_bytes())]);
    let settings = "[model]\nhidden = [2]\n[training]\nepochs = 1\nbatch = 2\n";
    for (name, engine) in
        [("exact", ""), ("approximate", "[engine]\nkind = 'approximate'\nweight_noise = 1e3\n")]
    {
        let plan = format!("{name}.toml");
        std::fs::write(folder.path().join(&plan), format!("{PLAN}{settings}{engine}")).unwrap();
        for command in ["simulate", "rehearse"] {
            let printed = silenzio(folder.path(), &[command, &plan, "--steps", "1", "--json"]);
            assert!(printed.status.success(), "{}", text(&printed.stderr));
            std::fs::write(folder.path().join(format!("{command}.json")), printed.stdout).unwrap();
        }
        report(folder.path(), &["simulate.json", "rehearse.json"]);
        for plot in
            ["run-1-bootstraps", "run-1-confusion-encrypted", "run-1-learning-curves", "run-1-seconds"]
        {
            assert!(plots(folder.path()).contains(&plot.to_owned()), "{plot} of the {name} engine");
        }
    }
}

#[test]
fn a_simulation_and_a_training_of_one_plan_share_their_plots() {
    let trained = training("a", "data.csv");
    let mut plan = trained["plan"].clone();
    plan["training"]["seed"] = 7.into();
    let seed = |number: u64| {
        json!({
            "seed": number, "float_accuracies": [0.6, 0.9], "simulated_accuracies": [0.5, 0.85], "steps": 20,
            "simulated_seconds": 0.5, "operations": { "bootstraps": { "coarse": 5, "fine": 6 }, "others": {} },
        })
    };
    let simulated = json!({ "plan": plan, "network": "4-8-2", "seeds": [seed(7), seed(8)] });
    let folder = folder(&[
        ("trained.json", trained.to_string().as_bytes()),
        ("simulated.json", simulated.to_string().as_bytes()),
    ]);
    report(folder.path(), &["trained.json", "simulated.json"]);
    assert!(plots(folder.path()).iter().all(|name| name.starts_with("run-1-")));
    let curves = std::fs::read_to_string(folder.path().join("out/run-1-learning-curves.svg")).unwrap();
    for series in ["float", "simulated", "encrypted"] {
        assert!(curves.contains(series), "{series} is not in the legend");
    }
}

#[test]
fn texts_of_files_stay_texts() {
    let sweep = format!(
        "grid,point,seed,\"{field}\",measured_on,float_accuracy,simulated_accuracy,float_accuracies,simulated_accuracies,steps,\
         bootstraps,bootstraps_by_kind,wrapped_products,seconds,error\n\
         x,1,1,\"{field}\",test,1,1,[1],[1],1,0,{{}},0,1,\n\
         x,2,1,../../../x,validation,1,1,[0.5],[0.5],1,0,{{}},0,1,\n\
         x,3,1,c,,,,,,,,,,,\"{field}\"\n",
        field = HOSTILE.replace('"', "\"\"")
    );
    let trained = training(HOSTILE, HOSTILE).to_string();
    let folder = folder(&[("hostile.json", trained.as_bytes()), ("<b>.csv", sweep.as_bytes())]);
    report(folder.path(), &["hostile.json", "<b>.csv"]);
    let html = page(folder.path());
    assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains('\u{1}'));
    assert!(html.contains("&lt;script&gt;alert('1')&lt;/script&gt;&quot;&amp;"));
    assert_eq!(plots(folder.path()).len(), 5);
}

#[test]
fn odd_but_possible_results() {
    let mut early = training("a", "data.csv");
    early["accuracies"] = json!([]);
    early["confusion"] = Value::Null;
    let mut wide = training("a", "wide.csv");
    let classes: Vec<String> = (0..40).map(|class| class.to_string()).collect();
    wide["confusion"] = json!({ "classes": classes, "counts": vec![vec![u64::MAX; 40]; 40] });
    wide["cost"]["operations"]["bootstraps"] = json!({ "coarse": u64::MAX, "fine": u64::MAX });
    wide["accuracies"] = json!(vec![1.0; 3000]);
    let header = "grid,point,seed,a,measured_on,float_accuracy,simulated_accuracy,float_accuracies,simulated_accuracies,steps,\
                  bootstraps,bootstraps_by_kind,wrapped_products,seconds,error\n";
    let torn = format!("{header}x,1,1,2,test,1,1,[1],[1],1,0,{{}},0,1,\nx,2,1,3,test,1,1,[1");
    let folder = folder(&[
        ("early.json", early.to_string().as_bytes()),
        ("wide.json", wide.to_string().as_bytes()),
        ("empty.csv", header.as_bytes()),
        ("torn.csv", torn.as_bytes()),
    ]);
    report(folder.path(), &["early.json", "wide.json", "empty.csv", "torn.csv"]);
    page(folder.path());
    assert!(!plots(folder.path()).iter().any(|name| name.contains("confusion")), "too many classes to draw");
}

#[test]
fn files_that_are_no_results() {
    let with = |pointer: &str, value: Value| {
        let mut changed = training("a", "data.csv");
        *changed.pointer_mut(pointer).unwrap() = value;
        changed.to_string()
    };
    let header = "grid,point,seed,a,measured_on,float_accuracy,simulated_accuracy,float_accuracies,simulated_accuracies,steps,\
                  bootstraps,bootstraps_by_kind,wrapped_products,seconds,error\n";
    let row = |row: &str| format!("{header}x,1,1,2,test,1,1,[1],[1],1,0,{{}},0,1,\n{row}\n");
    for (content, named) in [
        (String::new(), "neither"),
        ("a,b\n1,2\n".into(), "neither"),
        ("{".into(), "not JSON"),
        ("{}".into(), "missing field `plan`"),
        ("{\"seeds\": 3}".into(), "not the result of a simulation"),
        (json!({ "plan": {}, "network": "", "seeds": [] }).to_string(), "seeds: there is none"),
        (with("/accuracies", json!([1.5])), "accuracies: 1.5"),
        (with("/accuracies", json!("high")), "not the result of a rehearsal"),
        (with("/cost/training_seconds", json!(-1.0)), "cost.training_seconds"),
        (with("/confusion/counts", json!([[1, 2]])), "confusion.counts"),
        ("grid,point,seed,a\n".into(), "line 1"),
        (row("x,1,1"), "15"),
        (row("x,1,1,2,test,1,1,[1],[1],many,0,{},0,1,"), "line 3: steps = `many`"),
        (row("x,1,1,2,test,1,1,[1],[7],1,0,{},0,1,"), "line 3: simulated_accuracies: 7"),
        (row("x,1,1,2,luck,1,1,[1],[1],1,0,{},0,1,"), "line 3: measured_on = `luck`"),
        (row("x,one,1,2,test,1,1,[1],[1],1,0,{},0,1,"), "line 3: point = `one`"),
    ] {
        let folder = folder(&[("run", content.as_bytes())]);
        let output = silenzio(folder.path(), &["report", "run", "--out", "out"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{content}: {stderr}");
        assert!(
            stderr.starts_with("error: run: ") && stderr.contains(named),
            "{named:?} is not in\n{stderr}"
        );
        assert!(!folder.path().join("out").exists());
    }
    let folder = folder(&[("binary", &[0xff, 0x00])]);
    for file in ["binary", "nowhere"] {
        let output = silenzio(folder.path(), &["report", file, "--out", "out"]);
        assert!(output.status.code() == Some(1) && text(&output.stderr).contains(file));
    }
}
