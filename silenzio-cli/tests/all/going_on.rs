//! Trainings that continue from encrypted models, and trainings with more data that came later.

use crate::common::{CSV, PLAN, folder, refuse, run, run_json, silenzio, text};
use serde_json::Value;

/// Softmax regression on four samples of [`CSV`], one step an epoch.
fn plan(engine: &str) -> String {
    format!(
        "{PLAN}limit = 4\n[model]\nhidden = []\n[training]\nepochs = 1\nbatch = 4\nlearning_rate = 1.0\n\
         [engine]\nkind = \"{engine}\"\n"
    )
}

const LATER: &str = "kind,b,a\nright,0.1,0.9\nleft,0.9,0.0\n";

#[test]
fn more_data_later_and_more_steps_without_decrypting() {
    for engine in ["exact", "approximate"] {
        let folder = folder(&[
            ("plan.toml", plan(engine).as_bytes()),
            ("data.csv", CSV.as_bytes()),
            ("later.csv", LATER.as_bytes()),
            ("unlabelled.csv", b"a,b\n0.1,0.2\n"),
            ("strange.csv", b"a,b,kind\n0.1,0.2,middle\n"),
        ]);
        let folder = folder.path();
        run_json(folder, "keygen plan.toml");
        run_json(folder, "encrypt plan.toml");
        let like =
            "encrypt --like preprocessing.json --out later.silenzio --preprocessing later.json --samples";
        for (samples, named) in [
            ("unlabelled.csv", &["unlabelled.csv", "no labels"][..]),
            ("strange.csv", &["strange.csv", "middle"]),
            ("nothing.csv", &["nothing.csv"]),
        ] {
            refuse(folder, &format!("{like} {samples}"), named);
        }
        assert!(!folder.join("later.json").exists());
        let encrypted = run_json(folder, &format!("{like} later.csv"));
        assert_eq!((&encrypted["samples"], &encrypted["plan"]["task"]["samples"]), (&2.into(), &2.into()));

        let both = run_json(folder, "train data.silenzio later.silenzio --out both.silenzio");
        assert_eq!((&both["finished"], &both["steps"]), (&Value::Bool(true), &2.into()));
        let inspected = run_json(folder, "inspect both.silenzio");
        assert_eq!(inspected["plan"]["plan"]["task"]["samples"], 6);
        assert_eq!(inspected["plan"]["data"].as_array().unwrap().len(), 2);
        assert_eq!(inspected["plan"]["earlier"], Value::Null);

        run_json(folder, "train later.silenzio --initial both.silenzio --out next.silenzio");
        let inspected = run_json(folder, "inspect next.silenzio");
        let earlier = &inspected["plan"]["earlier"];
        assert_eq!((&earlier["steps"], &earlier["samples"]), (&2.into(), &6.into()));
        assert!(run(folder, "inspect next.silenzio").contains("after 2 steps on 6 samples"));

        // The record of the later set lists the first one, and not the other way round.
        for name in ["both", "next"] {
            let decrypt = format!("decrypt {name}.silenzio --out {name}.safetensors");
            refuse(folder, &decrypt, &[name, "another data set"]);
            run_json(folder, &format!("{decrypt} --preprocessing later.json"));
            run_json(folder, &format!("evaluate {name}.safetensors data.csv"));
        }
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        assert_ne!(read("both.safetensors"), read("next.safetensors"));
        // Inputs that are encrypted like the first set are inputs of the model, too.
        run_json(folder, "encrypt --inputs data.csv --out inputs.silenzio");
        run_json(folder, "infer both.silenzio inputs.silenzio");
        run_json(folder, "decrypt logits.silenzio --preprocessing later.json --out predictions.csv");

        refuse(folder, "train data.silenzio data.silenzio --out x", &["data.silenzio", "given twice"]);
        refuse(folder, "train data.silenzio --initial later.silenzio --out x", &["later.silenzio", "model"]);
    }
}

#[test]
fn options_that_belong_together() {
    let folder = folder(&[("plan.toml", plan("exact").as_bytes())]);
    for (arguments, named) in [
        ("encrypt --like preprocessing.json", "--samples"),
        ("encrypt plan.toml --samples later.csv", "--samples"),
        ("encrypt plan.toml --like preprocessing.json --samples later.csv", "cannot be used with"),
        ("train", "<DATA>"),
    ] {
        let output = silenzio(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
    }
}
